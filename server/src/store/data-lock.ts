// One server at a time in a data folder: a lock that the system takes back with the process, however that ends, so that
// none is ever left behind. Commands that may work beside a server do not take it.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { AppError } from '../errors.ts'
import { createPrivately } from './sqlite.ts'
import { toStoreError } from './sqlite-errors.ts'

export interface DataLock {
  /** Whether the holder before this one let go of the folder in good order; true for a folder that nobody held yet. */
  readonly wasReleased: boolean
  /** Lets go of the folder; the next holder is told whether that was in good order, which it is unless said otherwise. */
  release(inGoodOrder?: boolean): void
}

interface Holder {
  readonly process: number
  /** ISO 8601, UTC. */
  readonly since: string
}

const LOCK = 'server.lock'
/** Who holds the lock, for people. There without a lock: its holder was killed. */
const HOLDER = 'server.holder'

/**
 * Holds the folder for this process, without waiting. The lock is the right to write to an empty database, which SQLite
 * takes in its own way on every system. Nothing else may open that file: closing any handle of it gives a POSIX lock up.
 * @throws AppError data_folder_in_use, data_folder_unusable, storage_full
 */
export function lockDataFolder(dataDir: string): DataLock {
  const path = join(dataDir, LOCK)
  const holderPath = join(dataDir, HOLDER)
  if (!existsSync(path)) createPrivately(path)
  const database = new Database(path, { timeout: 0 })
  try {
    database.exec('begin immediate')
    const before = readHolder(holderPath)
    const self: Holder = { process: process.pid, since: new Date().toISOString() }
    writeFileSync(holderPath, `${JSON.stringify(self)}\n`, { mode: 0o600 })
    return createLock(database, holderPath, before === null)
  } catch (error) {
    database.close()
    throw describeRefusal(error, dataDir, path, holderPath)
  }
}

function createLock(database: Database.Database, holderPath: string, wasReleased: boolean): DataLock {
  return {
    wasReleased,
    release(inGoodOrder = true) {
      if (!database.open) return
      if (inGoodOrder) rmSync(holderPath, { force: true })
      database.close()
    },
  }
}

/** Null where there is none. A file that a crash left half written names nobody. */
function readHolder(path: string): Partial<Holder> | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    return {}
  }
}

function describeRefusal(error: unknown, dataDir: string, path: string, holderPath: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  if (/^SQLITE_(BUSY|LOCKED)/.test(error.code)) return describeHolder(dataDir, readHolder(holderPath))
  if (error.code === 'SQLITE_NOTADB')
    return new AppError('data_folder_unusable', `${path} is no lock of a server: delete the file, and start again.`)
  return toStoreError(error, path)
}

function describeHolder(dataDir: string, holder: Partial<Holder> | null): AppError {
  const who = holder?.process ? `process ${holder.process}, since ${holder.since}` : 'another process'
  return new AppError(
    'data_folder_in_use',
    `A Likeness server (${who}) uses the data folder ${dataDir}: stop that one, or choose another data folder with --data-dir or LIKENESS_DATA_DIR.`,
    { details: { dataDir, ...holder } },
  )
}
