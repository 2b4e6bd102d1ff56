// The tables as types, for the queries of this folder only. Rows never leave store/: each aggregate maps them to the
// domain's types itself. What makes the tables is in migrations/.
import type { ColumnType } from 'kysely'
import type { WebhookAlgorithm } from '../core/ports.ts'
import type { CredentialMode, ImageUrlMode, PictureShape, Protocol, Tenant } from '../core/types.ts'
import type { DeliveriesTable, FrameDigestsTable, SessionFramesTable, SessionsTable } from './session-schema.ts'

/** A 64-bit integer: some drivers hand it over as text or bigint; `toNumber` reads all three. */
export type Integer = ColumnType<number | string | bigint, number, number>
/** Milliseconds since 1970, UTC: one form that no driver reinterprets. */
export type Instant = Integer
export type NullableInteger = ColumnType<number | string | bigint | null, number | null, number | null>
export type NullableInstant = NullableInteger

export interface GalleriesTable {
  uid: string
  tenant_id: string
  id: string
  /** Follows from the uid; see gallery-codes.ts. */
  code: string
  name: string | null
  description: string | null
  pack: string
  /** JSON text. */
  policy: string
  revision: Integer
  /** Kept with every change, so that a count costs one row however large the gallery. */
  subject_count: Integer
  face_count: Integer
  created_at: Instant
  updated_at: Instant
  /** Set: hidden, and its id free for another gallery. */
  erased_at: NullableInstant
}

export interface SubjectsTable {
  uid: string
  gallery_uid: string
  id: string
  /** JSON text. */
  metadata: string
  face_count: Integer
  /** The gallery's revision that the last change made. */
  revision: Integer
  created_at: Instant
  updated_at: Instant
}

/**
 * The template lies in the face's own row, last: an enrolment writes one row and three index entries in place of two
 * rows and four, an erasure deletes one row, and what is read without templates never touches the pages they overflow
 * to. Ids sort by time, so a walk along (gallery_uid, id) reads the rows almost in the order of their writing.
 */
export interface FacesTable {
  id: string
  gallery_uid: string
  subject_uid: string
  pack: string
  box_x: number
  box_y: number
  box_width: number
  box_height: number
  confidence: number
  created_at: Instant
  /** Float32, little-endian, sealed as "face:ID" (see Vault). */
  template: Uint8Array
}

export interface PicturesTable {
  face_id: string
  blob_key: string
  media_type: string
  bytes: Integer
}

/**
 * What was erased, without biometric data and without the caller's own ids. No face_id: the whole subject; no
 * subject_uid either: the whole gallery.
 */
export interface TombstonesTable {
  sequence: ColumnType<number | string | bigint, never, never>
  gallery_uid: string
  face_id: string | null
  subject_uid: string | null
  /** The gallery's revision that the erasure made. */
  revision: Integer
  erased_at: Instant
}

/** Numbers that some protocols name faces and galleries by; outlive them for a while. */
export interface NumbersTable {
  tenant_id: string
  kind: string
  number: Integer
  /** A face's id, or a gallery's uid. */
  uid: string
  /** The uid of a face's gallery; empty for a gallery. */
  parent_uid: string
  /** Set: what it stands for was erased. */
  deleted_at: NullableInstant
  /** JSON text. */
  details: string | null
}

export interface NumberCountersTable {
  tenant_id: string
  kind: string
  last: Integer
}

export interface RegionTables {
  galleries: GalleriesTable
  subjects: SubjectsTable
  faces: FacesTable
  pictures: PicturesTable
  tombstones: TombstonesTable
  numbers: NumbersTable
  number_counters: NumberCountersTable
  sessions: SessionsTable
  session_frames: SessionFramesTable
  frame_digests: FrameDigestsTable
  deliveries: DeliveriesTable
}

export interface TenantsTable {
  id: string
  name: string | null
  status: Tenant['status']
  image_urls: ImageUrlMode | null
  picture_shape: PictureShape
  created_at: Instant
  /** Null: the usual time. */
  frame_hours: NullableInteger
  result_days: NullableInteger
}

/** At most one a tenant. */
export interface WebhooksTable {
  tenant_id: string
  url: string
  algorithm: WebhookAlgorithm
  /** Sealed as "webhook:TENANT". */
  sealed_secret: Uint8Array
  created_at: Instant
}

export interface CredentialsTable {
  id: string
  protocol: Protocol
  tenant_id: string
  region_id: string
  gallery_id: string | null
  name: string | null
  /** JSON text: an array of scopes. */
  scopes: string
  public_id: string | null
  secret_hash: Uint8Array | null
  sealed_secret: Uint8Array | null
  parent_id: string | null
  /** JSON text: an array of the protocol's actions. */
  denied_actions: string
  /** JSON text: how much it may call. */
  allowance: string | null
  mode: CredentialMode | null
  testing_quota: NullableInteger
  created_at: Instant
  expires_at: NullableInstant
  revoked_at: NullableInstant
}

export interface TenantKeysTable {
  number: ColumnType<number | string | bigint, never, never>
  tenant_id: string
  /** The key, sealed with the master key. */
  wrapped: Uint8Array
  created_at: Instant
  /** Set: it seals nothing any more. */
  retired_at: NullableInstant
}

/** One row: every writer of tenant keys queues up at it. */
export interface MasterKeyTable {
  id: number
  /** Tells the master key that the tenant keys are wrapped with from others; empty before the first. */
  check_value: Uint8Array
}

/** Append-only: the database itself refuses changes (see `appendOnly` in dialect.ts). */
export interface AuditTable {
  /** Tells apart what happened within one millisecond. */
  sequence: ColumnType<number | string | bigint, never, never>
  id: string
  at: Instant
  tenant_id: string
  region_id: string | null
  actor: string
  action: string
  gallery_id: string | null
  subject_hash: string | null
  face_id: string | null
  target: string | null
  transaction_id: string | null
}

/** Keys that belong to the control data itself, by name. */
export interface ControlKeysTable {
  name: string
  /** Sealed as "control-key:NAME". */
  sealed: Uint8Array
}

export interface TransactionsTable {
  id: string
  at: Instant
  tenant_id: string
  region_id: string
  credential_id: string
  protocol: Protocol
  operation: string
  gallery_id: string | null
  subject_hash: string | null
  status: Integer
  outcome: string
  duration_ms: number
  /** JSON text. */
  facts: string | null
}

export interface UsageTable {
  tenant_id: string
  /** UTC, YYYY-MM-DD. */
  day: string
  region_id: string
  operation: string
  outcome: string
  /** Empty where the protocol has no prices. */
  pricing: string
  calls: Integer
}

/** What quotas count. */
export interface AcceptedCallsTable {
  credential_id: string
  /** UTC, YYYY-MM-DD. */
  day: string
  operation: string
  calls: Integer
}

/** Calls with an idempotency key. */
export interface KeptAnswersTable {
  /** Names the call for what it makes; the same for every try of one request. */
  id: string
  tenant_id: string
  credential_id: string
  key_hash: Uint8Array
  /** Method and pattern, for people; without anybody's ids. */
  route: string
  request_hash: Uint8Array
  state: 'running' | 'free' | 'kept' | 'erased'
  /** The process that claimed it last. */
  owner: string
  created_at: Instant
  status: NullableInteger
  /** Sealed as "answer:ID". */
  answer: Uint8Array | null
}

/** Whom a kept answer speaks of, hashed. */
export interface AnswerMentionsTable {
  mention: string
  answer_id: string
}

export interface ReceiptKeysTable {
  id: string
  /** Ed25519, 32 bytes. */
  public_key: Uint8Array
  /** PKCS #8, sealed as "receipt-key:ID". */
  sealed_private_key: Uint8Array
  created_at: Instant
}

/** How often an application in testing mode has used a product. */
export interface TestingCountsTable {
  credential_id: string
  product: string
  used: Integer
}

export interface ControlTables {
  tenants: TenantsTable
  credentials: CredentialsTable
  tenant_keys: TenantKeysTable
  master_key: MasterKeyTable
  audit: AuditTable
  control_keys: ControlKeysTable
  transactions: TransactionsTable
  usage: UsageTable
  accepted_calls: AcceptedCallsTable
  kept_answers: KeptAnswersTable
  answer_mentions: AnswerMentionsTable
  receipt_keys: ReceiptKeysTable
  testing_counts: TestingCountsTable
  webhooks: WebhooksTable
}
