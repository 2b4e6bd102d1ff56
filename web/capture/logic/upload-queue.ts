// Sends frames in the background, a few at once, as fast as the server likes. No DOM; forgets a frame once it is sent.

export interface UploadQueue<T> {
  /**
   * Whether one more is taken now: not when too many wait, and not while the server asks for a pause. Open after a failure, so
   * that the next offer tells it.
   */
  readonly isOpen: () => boolean
  /** @throws what a frame before could not be sent for */
  readonly offer: (frame: T) => void
  /** Resolves when all that was offered has arrived. @throws what one could not be sent for */
  readonly drained: () => Promise<void>
  readonly counts: () => { readonly offered: number; readonly sent: number }
}

export interface UploadPorts<T> {
  /** Answers what to leave between this frame's sending and the next frame, milliseconds. */
  readonly send: (frame: T) => Promise<number>
  readonly now: () => number
  readonly onProgress?: () => void
  readonly inFlight?: number
  /** More than so many waiting frames would only be late. */
  readonly maxWaiting?: number
}

export const createUploadQueue = <T>(ports: UploadPorts<T>): UploadQueue<T> => {
  const { send, now, onProgress, inFlight = 2, maxWaiting = 10 } = ports
  const waiting: T[] = []
  let flying = 0
  let offered = 0
  let sent = 0
  let openAtMs = 0
  let failure: { error: unknown } | null = null
  let listeners: (() => void)[] = []

  const settle = (): void => {
    if (failure === null && (flying > 0 || waiting.length > 0)) return
    for (const listener of listeners) listener()
    listeners = []
  }

  const fly = async (frame: T): Promise<void> => {
    flying += 1
    const sentMs = now()
    try {
      const pauseMs = await send(frame)
      // From the sending on: after the answer a slow line would wait twice, long enough to miss a blink.
      openAtMs = Math.max(openAtMs, sentMs + pauseMs)
      sent += 1
    } catch (error) {
      failure ??= { error }
      waiting.length = 0
    }
    flying -= 1
    onProgress?.()
    pump()
    settle()
  }

  const pump = (): void => {
    while (failure === null && flying < inFlight) {
      const next = waiting.shift()
      if (next === undefined) return
      void fly(next)
    }
  }

  return {
    isOpen: () => waiting.length < maxWaiting && now() >= openAtMs,
    offer: frame => {
      if (failure) throw failure.error
      offered += 1
      waiting.push(frame)
      pump()
    },
    drained: async () => {
      if (failure === null && (flying > 0 || waiting.length > 0)) {
        await new Promise<void>(resolve => listeners.push(resolve))
      }
      if (failure) throw failure.error
    },
    counts: () => ({ offered, sent }),
  }
}
