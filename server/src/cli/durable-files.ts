// Files and folders that are private and on disk when a promise resolves; and many of them at a time. Knows no names.
import { mkdir, open, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

const FILE_MODE = 0o600
const FOLDER_MODE = 0o700
const IS_POSIX = process.platform !== 'win32'

/** Folders that files were put into, so that each is made once and flushed once. */
export interface Folders {
  /** Makes the folder of this file. */
  prepare(path: string): Promise<void>
  flush(): Promise<void>
}

export const createFolders = (): Folders => {
  const made = new Map<string, Promise<unknown>>()
  return {
    async prepare(path) {
      const folder = dirname(path)
      if (!made.has(folder)) made.set(folder, mkdir(folder, { recursive: true, mode: FOLDER_MODE }))
      await made.get(folder)
    },
    async flush() {
      for (const folder of made.keys()) await flushFolder(folder)
    },
  }
}

/** Refuses to overwrite. */
export const writeDurably = (path: string, content: Uint8Array | string): Promise<void> =>
  writeFile(path, content, { flag: 'wx', mode: FILE_MODE, flush: true })

export const flushFolder = async (path: string): Promise<void> => {
  if (!IS_POSIX) return
  await using folder = await open(path, 'r')
  await folder.sync()
}

/** As many at a time as this; the first failure ends it, once those under way have ended. */
export const forEachAtOnce = async <T>(
  atOnce: number,
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  for await (const item of items) {
    if (failures.length > 0) break
    const one: Promise<void> = work(item)
      .catch(error => void failures.push(error))
      .finally(() => running.delete(one))
    running.add(one)
    if (running.size >= atOnce) await Promise.race(running)
  }
  await Promise.all(running)
  if (failures.length > 0) throw failures[0]
}
