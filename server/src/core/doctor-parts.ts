// What the doctor's checks are given and what they answer. Checks nothing itself.
import type { PackIndexes } from './pack-indexes.ts'
import type { BlobStore, Clock, ErasureRecord, Store, Vault } from './ports.ts'

export interface DoctorParts {
  readonly regionId: string
  readonly store: Store
  readonly blobs: BlobStore
  readonly vault: Vault
  readonly clock: Clock
  /** The log of erasures as it lies on disk. Throws erasure_log_corrupt. */
  readonly readLog: () => AsyncIterable<readonly ErasureRecord[]>
  /** The packs that a server has which starts now: the length of their templates, by "id@version". */
  readonly packs: ReadonlyMap<string, number>
  /** An empty index for galleries of these packs, closed by the doctor. */
  readonly createIndex: () => PackIndexes
  /** Until what looks wrong is looked at again, milliseconds. */
  readonly recheckMs: number
  readonly repair: boolean
}

/** What a check came to. */
export interface Finding {
  readonly check: string
  /** Null: of the whole installation. */
  readonly region: string | null
  readonly ok: boolean
  /** One line. */
  readonly summary: string
  /** What is wrong, one sentence each. */
  readonly problems: readonly string[]
  /** What was mended, one sentence each. */
  readonly repaired: readonly string[]
}

export interface Checked {
  readonly summary: string
  readonly problems?: readonly string[]
  readonly repaired?: readonly string[]
}

/** Rows looked at in one step. */
export const DOCTOR_BATCH = 500

/** Before what looks wrong is looked at again: a server may have been in the middle of it. */
export const pause = async ({ recheckMs }: DoctorParts, suspects: readonly unknown[]): Promise<void> => {
  if (suspects.length > 0) await new Promise(resolve => setTimeout(resolve, recheckMs))
}
