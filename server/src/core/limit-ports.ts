// The ports of rate limits and quotas. In one process both live in memory; a store that several processes share can take
// their place.

export interface RateLimit {
  /** Calls in the long run. */
  readonly requestsPerSecond: number
  /** Calls at once after a pause. */
  readonly burst: number
}

export interface RateDecision {
  readonly isAllowed: boolean
  /** Calls that would be allowed right after this one. */
  readonly remaining: number
  /** Until the next call is allowed, milliseconds; 0 when it is now. */
  readonly retryAfterMs: number
  /** Until all of the burst is there again, milliseconds. */
  readonly fullAfterMs: number
}

export interface Limiter {
  /** Counts a call of `key` against its rate. A refused call costs nothing. */
  take(key: string, rate: RateLimit): Promise<RateDecision>
}

/** Accepted calls of one credential on one day: what quotas count. */
export interface AcceptedCount {
  readonly credentialId: string
  /** UTC, YYYY-MM-DD. */
  readonly day: string
  readonly operation: string
  readonly count: number
}

/** Days are YYYY-MM-DD; both ends are included. */
export interface AcceptedFilter {
  readonly credentialId: string
  readonly from: string
  readonly to: string
  /** Null: all. */
  readonly operations: readonly string[] | null
}
