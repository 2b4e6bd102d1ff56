// The tables of capture sessions as types. See schema.ts, of which they are a part.
import type { SessionState } from '../core/session-types.ts'
import type { Protocol } from '../core/types.ts'
import type { Instant, Integer, NullableInstant, NullableInteger } from './schema.ts'

/** One person's visit to the capture page. What is queried has columns; see session-rows.ts for the rest. */
export interface SessionsTable {
  id: string
  tenant_id: string
  protocol: Protocol
  public_id: string | null
  state: SessionState
  /** 0 or 1. */
  ended: Integer
  /** The number of the try that frames are taken for. */
  attempt: NullableInteger
  gallery_id: string | null
  subject_id: string | null
  /** Of an enrolment where the caller gave none. */
  enrolled_subject_id: string | null
  token_hash: Uint8Array
  visit_hash: Uint8Array | null
  created_at: Instant
  expires_at: Instant
  submitted_at: NullableInstant
  ended_at: NullableInstant
  cleared_at: NullableInstant
  revision: Integer
  /** JSON text: what was asked for and says nothing of a person. */
  request: string
  /** JSON text: how far it has come. */
  progress: string
  /** JSON text, sealed as "session:ID": verdict, reasons, addresses, what the caller said of the person. */
  sealed: Uint8Array
}

export interface SessionFramesTable {
  blob_key: string
  session_id: string
  tenant_id: string
  attempt: Integer
  step_id: string
  sequence: Integer
  source: string
  at_ms: number
  received_at: Instant
  media_type: string
  bytes: Integer
  sha256: string
}

/** Which frames a session has got, those that are gone too; as long as its row. */
export interface FrameDigestsTable {
  tenant_id: string
  /** The first half of the SHA-256 of the encoded frame, lower-case hexadecimal: enough that no two meet by chance. */
  digest: string
  session_id: string
  attempt: Integer
}

export interface DeliveriesTable {
  id: string
  tenant_id: string
  session_id: string
  kind: string
  tries: Integer
  next_at: Instant
  last_error: string | null
  created_at: Instant
  /** JSON text, sealed as "delivery:ID": address and body. */
  sealed: Uint8Array
  /** See `Delivery.receiver`. */
  receiver: string
}
