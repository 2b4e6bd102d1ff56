// What SQLite reports about its file, in the catalogue's words: damage, a full disk, a file that cannot be used. Other
// errors stay as they are: they are faults of ours.
import Database from 'better-sqlite3'
import type { CompiledQuery, DatabaseConnection, Driver } from 'kysely'
import { AppError } from '../errors.ts'

/**
 * `location` names the database in the sentence, for the operator; without it the sentence is one for callers, who are not
 * told of paths.
 */
export function toStoreError(error: unknown, location: string | null): unknown {
  const reported = error instanceof AppError ? error.cause : error
  if (!(reported instanceof Database.SqliteError)) return error
  const { code } = reported
  const cause = reported
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code))
    return location === null
      ? new AppError('store_damaged', undefined, { cause })
      : describeDamage(location, reported.message, cause)
  if (code === 'SQLITE_FULL')
    return new AppError('storage_full', location === null ? undefined : describeFullDisk(location), { cause })
  if (location !== null && /^SQLITE_(READONLY|CANTOPEN|PERM|AUTH|IOERR)/.test(code))
    return new AppError('data_folder_unusable', describeUnusable(location, code), { cause })
  return error
}

/** `finding`: what is wrong, without a full stop. */
export const describeDamage = (location: string, finding: string, cause?: unknown): AppError =>
  new AppError(
    'store_damaged',
    `The database ${location} is damaged (${finding}): restore the last backup with "npx likeness restore", or look at it with "npx likeness doctor".`,
    { details: { location, finding }, cause },
  )

const describeFullDisk = (location: string): string =>
  `There is no space left on the disk of ${location}: free some, and start again.`

const describeUnusable = (location: string, code: string): string =>
  `${location} cannot be used (${code}): give this user the rights to it, or choose another data folder with --data-dir or LIKENESS_DATA_DIR.`

/**
 * Puts what SQLite reports into the catalogue's words, for every query. Some failures (a full disk) make SQLite roll back
 * by itself; another rollback would fail, and hide the first error.
 */
export function guardDriver(driver: Driver, database: Database.Database): Driver {
  const acquire = driver.acquireConnection.bind(driver)
  const rollBack = driver.rollbackTransaction.bind(driver)
  return Object.assign(driver, {
    acquireConnection: async () => guardConnection(await acquire()),
    rollbackTransaction: async (connection: DatabaseConnection) => {
      if (database.inTransaction) await rollBack(connection)
    },
  })
}

function guardConnection(connection: DatabaseConnection): DatabaseConnection {
  return {
    async executeQuery<R>(query: CompiledQuery) {
      try {
        return await connection.executeQuery<R>(query)
      } catch (error) {
        throw toStoreError(error, null)
      }
    },
    streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
  }
}
