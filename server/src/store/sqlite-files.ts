// SQLite databases as files, for those who copy and check them beside a running server. Knows no tables.
import { closeSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import Database from 'better-sqlite3'
import { BUSY_TIMEOUT_MS } from './dialect.ts'

/** About 16 MiB a step: other work of this process gets its turn in between. */
const PAGES_PER_STEP = 4096

/**
 * Copies the database as it is at one moment, while other processes go on writing. The copy, which must not exist yet, is
 * private, one file and on disk when the promise resolves.
 */
export async function copySqlite(source: string, target: string): Promise<void> {
  closeSync(openSync(target, 'wx', 0o600))
  const database = new Database(source, { readonly: true, timeout: BUSY_TIMEOUT_MS })
  try {
    // A read transaction holds the moment: without it the copy would start anew with every change of another process.
    database.exec('begin')
    database.prepare('select count(*) from sqlite_schema').get()
    await database.backup(target, { progress: () => PAGES_PER_STEP })
  } finally {
    database.close()
  }
  leaveLog(target)
  await using file = await open(target, 'r+')
  await file.sync()
}

/** A copy says in its head that it has a write-ahead log; one without can be read without making files beside it. */
function leaveLog(path: string): void {
  const database = new Database(path)
  try {
    database.pragma('journal_mode = delete')
  } finally {
    database.close()
  }
}

/** What SQLite itself finds wrong with the file, one sentence each; empty where all is well. Changes nothing. */
export function checkSqlite(path: string): readonly string[] {
  let database: Database.Database | null = null
  try {
    database = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
    const lines = database.pragma('integrity_check') as { integrity_check: string }[]
    return lines.map(line => line.integrity_check).filter(line => line !== 'ok')
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  } finally {
    database?.close()
  }
}
