// The tables as types, for the queries of this folder only. Rows never leave store/: each aggregate maps them to the
// domain's types itself. What makes the tables is in migrations/.
import type { ColumnType } from 'kysely'

/** A 64-bit integer: some drivers hand it over as text or bigint; `toNumber` reads all three. */
export type Integer = ColumnType<number | string | bigint, number, number>
/** Milliseconds since 1970, UTC: one form that no driver reinterprets. */
export type Instant = Integer
type NullableInstant = ColumnType<number | string | bigint | null, number | null, number | null>

export interface GalleriesTable {
  uid: string
  tenant_id: string
  id: string
  name: string | null
  description: string | null
  pack: string
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
  /** Float32, little-endian. */
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

export interface RegionTables {
  galleries: GalleriesTable
  subjects: SubjectsTable
  faces: FacesTable
  pictures: PicturesTable
  tombstones: TombstonesTable
}

export interface TenantsTable {
  id: string
  created_at: Instant
}

export interface ApiKeysTable {
  id: string
  tenant_id: string
  region_id: string
  name: string | null
  secret_hash: Uint8Array
  created_at: Instant
  revoked_at: NullableInstant
}

/** Append-only: the database itself refuses changes (see `appendOnly` in dialect.ts). */
export interface AuditTable {
  id: string
  at: Instant
  tenant_id: string
  actor: string
  action: string
  target: string
}

export interface ControlTables {
  tenants: TenantsTable
  api_keys: ApiKeysTable
  audit: AuditTable
}
