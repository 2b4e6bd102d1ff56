// A bounded waiting line before the workers: first come, first served; who hangs up leaves the line. Knows nothing of
// what is worked on.
import { AppError } from '../../errors.ts'

export interface Gate {
  /**
   * Does the work as soon as a place is free.
   * @throws AppError busy, at once, when the line is full; the signal's reason when it aborts before a place was free
   */
  enter<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** `places` work at once, `maxWaiting` wait behind them. */
export const createGate = (places: number, maxWaiting: number): Gate => {
  const line: (() => void)[] = []
  let free = places

  const admit = async (signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted()
    if (free > 0) {
      free--
      return
    }
    if (line.length >= maxWaiting)
      throw new AppError('busy', 'More pictures wait than the server takes; try again in a moment.')
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener('abort', abandon)
        resolve()
      }
      const abandon = (): void => {
        line.splice(line.indexOf(enter), 1)
        reject(signal?.reason)
      }
      line.push(enter)
      signal?.addEventListener('abort', abandon, { once: true })
    })
  }

  /** The place goes to the next in line, and is free only when nobody waits. */
  const leave = (): void => {
    const next = line.shift()
    if (next) next()
    else free++
  }

  return {
    async enter(work, signal) {
      await admit(signal)
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
