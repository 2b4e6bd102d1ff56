// A waiting line before the workers, bounded by count and by time: first come, first served; who hangs up leaves the line.
// Knows nothing of what is worked on.
import { retryAfterSeconds } from '../../core/retry-after.ts'
import { AppError } from '../../errors.ts'

export interface Gate {
  /**
   * Does the work as soon as a place is free. A caller whose signal aborts is let go at once; work that has begun goes on
   * without it, and keeps its place until it ends.
   * @throws AppError busy when the line is full, at once, or when the wait took too long; the signal's reason
   */
  enter<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  stats(): GateStats
}

export interface GateStats {
  readonly waiting: number
  readonly working: number
  readonly places: number
  /** What one work took lately, milliseconds; 0 before the first. */
  readonly workMs: number
}

export interface GateOptions {
  /** Longest wait, milliseconds. */
  readonly maxWaitMs?: number
  /** Milliseconds; tests bring their own. */
  readonly now?: () => number
}

/** The share of the newest work in the mean: after ten of another kind the mean has moved most of the way. */
const NEWEST_SHARE = 0.2

/** `places` work at once, `maxWaiting` wait behind them. */
export const createGate = (
  places: number,
  maxWaiting: number,
  { maxWaitMs = Number.POSITIVE_INFINITY, now = () => performance.now() }: GateOptions = {},
): Gate => {
  const line: { readonly sinceMs: number; readonly enter: () => void; readonly refuse: () => void }[] = []
  let free = places
  let workMs = 0

  const busy = (): AppError =>
    new AppError('busy', 'More pictures wait than the server takes; try again in a moment.', {
      details: { retryAfterSeconds: retryAfterSeconds((line.length / places) * workMs) },
    })

  const admit = async (signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted()
    if (free > 0) {
      free--
      return
    }
    if (line.length >= maxWaiting) throw busy()
    await new Promise<void>((resolve, reject) => {
      const settle = (end: () => void) => (): void => {
        signal?.removeEventListener('abort', abandon)
        end()
      }
      const abandon = (): void => {
        line.splice(line.indexOf(waiter), 1)
        reject(signal?.reason)
      }
      const waiter = { sinceMs: now(), enter: settle(resolve), refuse: settle(() => reject(busy())) }
      line.push(waiter)
      signal?.addEventListener('abort', abandon, { once: true })
    })
  }

  /** The place goes to the next in line who has not waited too long, and is free only when nobody waits. */
  const leave = (): void => {
    for (let next = line.shift(); next; next = line.shift()) {
      if (now() - next.sinceMs <= maxWaitMs) {
        next.enter()
        return
      }
      next.refuse()
    }
    free++
  }

  const observe = (ms: number): void => {
    workMs = workMs === 0 ? ms : workMs + (ms - workMs) * NEWEST_SHARE
  }

  return {
    async enter(work, signal) {
      await admit(signal)
      const begunMs = now()
      const result = (async () => work())().finally(() => {
        observe(now() - begunMs)
        leave()
      })
      return untilAborted(result, signal)
    },
    stats: () => ({ waiting: line.length, working: places - free, places, workMs }),
  }
}

/** @throws the signal's reason as soon as it aborts; what becomes of the promise then is nobody's concern */
const untilAborted = async <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (!signal) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abandon = (): void => reject(signal.reason)
  signal.addEventListener('abort', abandon, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abandon)
  }
}
