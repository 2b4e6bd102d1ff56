// The port of idempotent calls: who holds a key, and what was answered. Holds answers sealed and keys hashed.

/** A call that would like to be the one that is carried out. */
export interface Claim {
  /** Names the call for what it makes; used when the key was never claimed, or by another request. */
  readonly id: string
  readonly tenantId: string
  readonly credentialId: string
  /** HMAC-SHA-256 over method, route, path and the caller's key, 32 bytes. */
  readonly keyHash: Uint8Array
  /** Method and pattern, without anybody's ids. */
  readonly route: string
  /** HMAC-SHA-256 over everything that was asked, 32 bytes. */
  readonly requestHash: Uint8Array
  /** The process that claims, by the id of its start. */
  readonly owner: string
  readonly at: Date
  /** What was claimed before is forgotten. */
  readonly keptSince: Date
  /** What runs since before is taken to have died. */
  readonly runningSince: Date
  /** No other process shares the store: what another one has claimed, it left behind when it died. */
  readonly isAlone: boolean
}

export type ClaimOutcome =
  /** The call is to be carried out. A second try of the same request gets the id of the first. */
  | { readonly outcome: 'claimed'; readonly id: string }
  | { readonly outcome: 'running' }
  | { readonly outcome: 'other_request' }
  | { readonly outcome: 'erased' }
  | { readonly outcome: 'kept'; readonly id: string; readonly status: number; readonly sealed: Uint8Array }

export interface NewKeptAnswer {
  readonly status: number
  /** Sealed by the vault under "answer:<id>". */
  readonly sealed: Uint8Array
  /** Whom and what the answer speaks of, hashed (see mentions.ts). */
  readonly mentions: readonly string[]
}

export interface KeptAnswerStore {
  /** One of any number of calls with the same key at the same time gets it. */
  claim(claim: Claim): Promise<ClaimOutcome>
  /** On disk when the promise resolves. Does nothing when another process has taken the claim over. */
  keep(id: string, owner: string, answer: NewKeptAnswer): Promise<void>
  /** The key is free again; the same request gets the same id again. */
  release(id: string, owner: string): Promise<void>
  /** Erases the kept answers that speak of any of these, and keeps the keys as used. Returns how many it were. */
  erase(mentions: readonly string[]): Promise<number>
  /** Deletes up to `limit` claims made before; returns how many it were. */
  prune(before: Date, limit: number): Promise<number>
}
