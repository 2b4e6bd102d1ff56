// Rate limits by sliding windows in memory: in any second, wherever it begins, at most so many calls go through. Unlike a
// token bucket it never lets a burst follow a burst.
import type { Clock } from './ports.ts'

export interface WindowDecision {
  readonly isAllowed: boolean
  /** Until the next call goes through, milliseconds; 0 when this one does. */
  readonly retryAfterMs: number
}

export interface SlidingWindow {
  /** Counts a call of `key`. A refused call costs nothing. */
  take(key: string): WindowDecision
}

const WINDOW_MS = 1000
/** Calls between two looks for keys that nobody calls any more. */
const SWEEP_INTERVAL_CALLS = 1000

/** The moments of a key's last calls, in a ring. */
interface Ring {
  readonly moments: Float64Array
  next: number
}

export const createSlidingWindow = (clock: Clock, callsPerSecond: number): SlidingWindow => {
  const rings = new Map<string, Ring>()
  let calls = 0

  const newest = ({ moments, next }: Ring): number => moments[(next + callsPerSecond - 1) % callsPerSecond]
  const sweep = (nowMs: number): void => {
    for (const [key, ring] of rings) if (newest(ring) + WINDOW_MS <= nowMs) rings.delete(key)
  }
  const ringOf = (key: string): Ring => {
    const known = rings.get(key)
    if (known) return known
    const ring = { moments: new Float64Array(callsPerSecond).fill(Number.NEGATIVE_INFINITY), next: 0 }
    rings.set(key, ring)
    return ring
  }

  return {
    take(key) {
      const nowMs = clock.now().getTime()
      if (++calls % SWEEP_INTERVAL_CALLS === 0) sweep(nowMs)
      const ring = ringOf(key)
      const oldest = ring.moments[ring.next]
      // A clock that was put back must not keep callers out until it has caught up.
      if (oldest <= nowMs && oldest + WINDOW_MS > nowMs)
        return { isAllowed: false, retryAfterMs: oldest + WINDOW_MS - nowMs }
      ring.moments[ring.next] = nowMs
      ring.next = (ring.next + 1) % callsPerSecond
      return { isAllowed: true, retryAfterMs: 0 }
    },
  }
}
