// One at a time by key, in this process: what waits is served in the order of asking. Holds nothing for idle keys.

export interface Locks {
  /**
   * Runs the action when every earlier one of the same key has ended, well or not, and answers what it answers. A caller
   * whose signal fires while it waits gets the signal's reason, and its action never runs.
   */
  run<T>(key: string, action: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

export const createLocks = (): Locks => {
  /** By key: settles when the last in the line has ended. */
  const lines = new Map<string, Promise<void>>()

  return {
    async run(key, action, signal) {
      const before = lines.get(key)
      const { promise: ended, resolve: end } = Promise.withResolvers<void>()
      // Who gives up keeps its place in the line until its turn comes, so that those behind it do not overtake.
      const line = (before ?? Promise.resolve()).then(() => ended)
      lines.set(key, line)
      void line.then(() => {
        if (lines.get(key) === line) lines.delete(key)
      })
      try {
        await waitFor(before, signal)
        return await action()
      } finally {
        end()
      }
    },
  }
}

const waitFor = async (before: Promise<void> | undefined, signal: AbortSignal | undefined): Promise<void> => {
  signal?.throwIfAborted()
  if (!before || !signal) return before
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abandon = (): void => reject(signal.reason)
  signal.addEventListener('abort', abandon, { once: true })
  try {
    await Promise.race([before, aborted])
  } finally {
    signal.removeEventListener('abort', abandon)
  }
}
