// Rate limits by token buckets in memory: a bucket holds up to `burst` calls and is refilled at a constant rate.
import type { Limiter, RateDecision, RateLimit } from './limit-ports.ts'
import type { Clock } from './ports.ts'

export interface Bucket {
  /** Calls that it holds, also parts of one. */
  readonly tokens: number
  /** When it held them, milliseconds. */
  readonly atMs: number
}

/** What the bucket holds now; a new one is full. A clock that was put back fills nothing. */
export const refill = (bucket: Bucket | undefined, { requestsPerSecond, burst }: RateLimit, nowMs: number): Bucket => {
  if (!bucket) return { tokens: burst, atMs: nowMs }
  const gained = (Math.max(0, nowMs - bucket.atMs) * requestsPerSecond) / 1000
  return { tokens: Math.min(burst, bucket.tokens + gained), atMs: nowMs }
}

/** Times are exact to the millisecond; the small addend makes a token that is all but there a whole one. */
const ROUNDING = 1e-9

/** One call out of the bucket, which is as it was when it holds less than one. */
export const takeToken = (bucket: Bucket, rate: RateLimit): { bucket: Bucket; decision: RateDecision } => {
  const isAllowed = bucket.tokens + ROUNDING >= 1
  const tokens = isAllowed ? Math.max(0, bucket.tokens - 1) : bucket.tokens
  const msUntil = (wanted: number): number =>
    Math.max(0, Math.ceil(((wanted - tokens) * 1000) / rate.requestsPerSecond - ROUNDING * 1000))
  return {
    bucket: { ...bucket, tokens },
    decision: {
      isAllowed,
      remaining: Math.floor(tokens + ROUNDING),
      retryAfterMs: isAllowed ? 0 : msUntil(1),
      fullAfterMs: msUntil(rate.burst),
    },
  }
}

/** Calls between two looks for buckets that are full again and need not be remembered. */
const SWEEP_INTERVAL_CALLS = 1000

export const createLimiter = (clock: Clock): Limiter => {
  const buckets = new Map<string, { bucket: Bucket; rate: RateLimit }>()
  let calls = 0

  const sweep = (nowMs: number): void => {
    for (const [key, { bucket, rate }] of buckets)
      if (refill(bucket, rate, nowMs).tokens >= rate.burst) buckets.delete(key)
  }

  return {
    async take(key, rate) {
      const nowMs = clock.now().getTime()
      if (++calls % SWEEP_INTERVAL_CALLS === 0) sweep(nowMs)
      const { bucket, decision } = takeToken(refill(buckets.get(key)?.bucket, rate, nowMs), rate)
      buckets.set(key, { bucket, rate })
      return decision
    },
  }
}
