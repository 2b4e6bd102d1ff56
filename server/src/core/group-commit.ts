// Writes what comes together together: one flush of the disk for all requests of a moment, each waiting for its own.

export interface GroupCommit<T> {
  /** Resolves when the item is written, and rejects when its group could not be. */
  append(item: T): Promise<void>
}

interface Waiting<T> {
  readonly item: T
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** `write` gets what has come in while the group before was written; all of it or none counts as written. */
export const createGroupCommit = <T>(write: (items: readonly T[]) => Promise<void>): GroupCommit<T> => {
  let waiting: Waiting<T>[] = []
  let isWriting = false

  const writeGroups = async (): Promise<void> => {
    isWriting = true
    // What else comes in this turn of the loop joins the first group.
    await new Promise(resolve => setImmediate(resolve))
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      try {
        await write(group.map(({ item }) => item))
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    isWriting = false
  }

  return {
    append(item) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.push({ item, resolve, reject })
      if (!isWriting) void writeGroups()
      return promise
    },
  }
}
