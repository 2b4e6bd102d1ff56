// Calls that a bad line may break are made again, a little later each time, for as long as it takes. No DOM.

/** An answer of the server that says what is wrong; `code` is one of its error codes. */
export class Problem extends Error {
  readonly code: string
  readonly status: number
  constructor(code: string, status: number) {
    super(`${status} ${code}`)
    this.name = 'Problem'
    this.code = code
    this.status = status
  }
}

/** An answer that asks to come again: the server is busy, or something before it is. */
export class Busy extends Problem {
  /** What the server asks to wait, or null. */
  readonly waitMs: number | null
  constructor(code: string, status: number, waitMs: number | null) {
    super(code, status)
    this.name = 'Busy'
    this.waitMs = waitMs
  }
}

export interface RetryPorts {
  readonly sleep: (ms: number) => Promise<void>
  /** Told true when a call has to wait, false when it has come through or is given up. */
  readonly onWaiting: (isWaiting: boolean) => void
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 8000
/** A server that answers, but always that it cannot, is given up after so many tries; a dead line never is. */
const MAX_BUSY_TRIES = 8

/** What to wait before the given try (from 1) is made again, milliseconds. */
export const waitAfter = (tries: number): number => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1))

/**
 * The answer of `call`, which is told whether it was made before.
 * @throws Problem where the server refuses; whatever `signal` was aborted with
 */
export const callUntilAnswered = async <T>(
  call: (isAgain: boolean) => Promise<T>,
  { sleep, onWaiting }: RetryPorts,
  signal?: AbortSignal,
): Promise<T> => {
  try {
    for (let tries = 1; ; tries++) {
      signal?.throwIfAborted()
      try {
        return await call(tries > 1)
      } catch (error) {
        signal?.throwIfAborted()
        if (error instanceof Problem && (!(error instanceof Busy) || tries >= MAX_BUSY_TRIES)) throw error
        const asked = error instanceof Busy ? error.waitMs : null
        if (tries > 1 || asked === null) onWaiting(true)
        await sleep(Math.max(asked ?? 0, waitAfter(tries)))
      }
    }
  } finally {
    onWaiting(false)
  }
}
