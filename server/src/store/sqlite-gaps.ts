// Zeroes what SQLite leaves in the unallocated bytes of its pages. "secure_delete" zeroes a row where it lies; but when
// SQLite lays the cells of a page anew, copies of those that went to another page stay between the page's pointers and its
// content, and would outlive an erasure. Writes to the file past SQLite, into bytes that SQLite never reads; knows no tables.
import { closeSync, fdatasyncSync, openSync, read, readSync, statSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import type Database from 'better-sqlite3'

export interface GapWiper {
  /** Something was erased: the whole file is looked through soon, in the background. */
  request(): void
  /** Looks through the file now. False: something is in the way, such as a reader in another process. */
  run(): Promise<boolean>
  /** To be called when the database is closed: letting go of the file any sooner would let go of SQLite's locks on it. */
  close(): void
}

export interface GapWiperDeps {
  readonly database: Database.Database
  readonly path: string
  /** Runs the work while no transaction of this process is under way. */
  readonly exclusively: <T>(work: () => T) => Promise<T>
  /** Between a request and its run, so that many erasures share one. */
  readonly waitMs?: number
}

const WAIT_MS = 60_000
/** A file is looked through for at most a tenth of the time. */
const PAUSE_FACTOR = 9
/** Read and wiped in one step: 4 MiB. */
const PAGES_PER_STEP = 1024
/**
 * The first byte of a page tells that rows or index entries are on it. Any other page begins with 0 or with the number of a
 * page, whose highest byte is 0 up to here.
 */
const MAX_PAGES = 2 ** 24
const ZEROS = Buffer.alloc(65_536)

const readFile = promisify(read)

export function createGapWiper({ database, path, exclusively, waitMs = WAIT_MS }: GapWiperDeps): GapWiper {
  const file = openSync(path, 'r+')
  const pageBytes = Number(database.pragma('page_size', { simple: true }))
  let timer: NodeJS.Timeout | null = null
  let running = Promise.resolve(true)
  let nextWaitMs = waitMs
  let isClosed = false

  const wipe = (offset: number, bytes: number): boolean => {
    if (isClosed || !emptyLog(database)) return false
    database.exec('begin immediate')
    try {
      // The write lock and the empty log: what is in the file is all there is, and nobody else changes it.
      if (statSync(`${path}-wal`).size > 0) return false
      const pages = Buffer.alloc(bytes)
      readSync(file, pages, 0, bytes, offset)
      for (const { start, end } of findGaps(pages, pageBytes, offset))
        writeSync(file, ZEROS, 0, end - start, offset + start)
      return true
    } finally {
      database.exec('rollback')
      // Pages in memory still have their gaps, and would bring them back.
      database.pragma('shrink_memory')
    }
  }

  const lookThrough = async (): Promise<boolean> => {
    const pages = Number(database.pragma('page_count', { simple: true }))
    if (pages >= MAX_PAGES || !(await exclusively(() => emptyLog(database)))) return false
    const step = Buffer.alloc(PAGES_PER_STEP * pageBytes)
    for (let offset = 0; offset < pages * pageBytes; offset += step.length) {
      if (isClosed) return false
      const { bytesRead } = await readFile(file, step, 0, step.length, offset)
      const whole = bytesRead - (bytesRead % pageBytes)
      const isDirty = findGaps(step.subarray(0, whole), pageBytes, offset).length > 0
      if (isDirty && !(await exclusively(() => wipe(offset, whole)))) return false
    }
    if (!isClosed) fdatasyncSync(file)
    return true
  }

  const run = (): Promise<boolean> => {
    running = running.then(async () => {
      const start = performance.now()
      const isDone = await lookThrough().catch(() => false)
      nextWaitMs = Math.max(waitMs, PAUSE_FACTOR * (performance.now() - start))
      if (!isDone) request()
      return isDone
    })
    return running
  }

  const request = (): void => {
    if (isClosed) return
    timer ??= setTimeout(() => {
      timer = null
      void run()
    }, nextWaitMs).unref()
  }

  return {
    request,
    run,
    close() {
      isClosed = true
      if (timer) clearTimeout(timer)
      void running.then(() => closeSync(file))
    },
  }
}

/** Copies the write-ahead log into the file and truncates it; false when a reader in another process is in the way. */
function emptyLog(database: Database.Database): boolean {
  const timeoutMs = Number(database.pragma('busy_timeout', { simple: true }))
  database.pragma('busy_timeout = 0')
  try {
    const [{ busy }] = database.pragma('wal_checkpoint(truncate)') as [{ busy: number }]
    return busy === 0
  } finally {
    database.pragma(`busy_timeout = ${timeoutMs}`)
  }
}

export interface Gap {
  readonly start: number
  readonly end: number
}

/**
 * The unallocated bytes that are not all zero, one gap a page, as offsets into `pages`, which lie at `offset` in the file.
 * What is where: https://www.sqlite.org/fileformat2.html, "B-tree Pages".
 */
export function findGaps(pages: Buffer, pageBytes: number, offset: number): readonly Gap[] {
  const gaps: Gap[] = []
  for (let at = 0; at < pages.length; at += pageBytes) {
    const head = at + (offset + at === 0 ? FILE_HEAD_BYTES : 0)
    const headBytes = PAGE_HEAD_BYTES[pages[head]]
    if (headBytes === undefined) continue
    const start = head + headBytes + 2 * pages.readUInt16BE(head + 3)
    // 0 stands for 65,536.
    const end = at + (pages.readUInt16BE(head + 5) || 65_536)
    const isSound = start <= end && end <= at + pageBytes
    if (isSound && pages.compare(ZEROS, 0, end - start, start, end) !== 0) gaps.push({ start, end })
  }
  return gaps
}

const FILE_HEAD_BYTES = 100
/** By a page's first byte: inner pages have another pointer in their head. */
const PAGE_HEAD_BYTES: Readonly<Record<number, number>> = { 2: 12, 5: 12, 10: 8, 13: 8 }
