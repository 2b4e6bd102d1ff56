// Opens a SQLite database and makes it durable, private and safe to share between processes. Knows no tables.
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import {
  type Dialect,
  type DialectAdapter,
  Kysely,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteStatement,
} from 'kysely'
import type { StoreConnection } from './connection.ts'
import { BUSY_TIMEOUT_MS, SQLITE } from './dialect.ts'
import { describeDamage, guardDriver, toStoreError } from './sqlite-errors.ts'

/** Prepared statements that are kept. The queries of a store have fewer texts than this. */
const MAX_PREPARED_STATEMENTS = 200

export interface SqliteOptions {
  /**
   * The pages of a database of up to this size are all checked before it is used, 1.5 s a gigabyte that is in the system's
   * cache. Default: none.
   */
  readonly checkUpToBytes?: number
}

/**
 * Opens (or makes) the database in this file; ":memory:" for one that nobody else sees and that ends when closed.
 * @throws AppError store_damaged, storage_full, data_folder_unusable
 */
export function openSqlite<Tables>(path: string, { checkUpToBytes = 0 }: SqliteOptions = {}): StoreConnection<Tables> {
  if (path !== ':memory:') createPrivately(path)
  const database = openFile(path)
  try {
    configure(database)
    checkPages(database, path, checkUpToBytes)
  } catch (error) {
    database.close()
    throw toStoreError(error, path)
  }
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(database) })
  return {
    db,
    dialect: SQLITE,
    location: path,
    async close() {
      await db.destroy()
      // Kysely leaves the database open when it has not run a single query.
      if (database.open) database.close()
    },
  }
}

function openFile(path: string): Database.Database {
  try {
    return new Database(path, { timeout: BUSY_TIMEOUT_MS })
  } catch (error) {
    throw toStoreError(error, path)
  }
}

/** A damaged page would be noticed only by the query that comes upon it, and then maybe too late for the last backup. */
function checkPages(database: Database.Database, path: string, upToBytes: number): void {
  const read = (pragma: string): unknown => database.pragma(pragma, { simple: true })
  if (Number(read('page_count')) * Number(read('page_size')) > upToBytes) return
  const finding = read('quick_check(1)')
  if (finding !== 'ok') throw describeDamage(path, String(finding).replaceAll(/\s+/g, ' ').trim())
}

/** SQLite would make the file readable for everybody; the log and the shared memory beside it copy its mode. */
export function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
}

function configure(database: Database.Database): void {
  database.pragma('journal_mode = WAL')
  // FULL: a transaction is on the disk when it is acknowledged. On macOS only fullfsync gets it there.
  database.pragma('synchronous = FULL')
  database.pragma('fullfsync = ON')
  database.pragma('checkpoint_fullfsync = ON')
  database.pragma('foreign_keys = ON')
  database.pragma('secure_delete = ON')
  // Sorting must not spill rows into temporary files.
  database.pragma('temp_store = MEMORY')
  // 8 MiB, given in KiB: the default of 2 MiB does not hold the index pages of a large gallery, and a larger one would grow
  // the process with its database. What does not fit is in the system's page cache.
  database.pragma('cache_size = -8192')
}

function createSqliteDialect(database: Database.Database): Dialect {
  const base = new SqliteDialect({ database: createStatementCache(database) })
  // SQLite can roll back schema changes. Saying so puts all pending migrations in one transaction, whose write lock
  // keeps a second process out until they are done. One connection: Kysely hands it to one transaction at a time.
  const adapter: DialectAdapter = {
    supportsTransactionalDdl: true,
    supportsMultipleConnections: false,
    supportsReturning: true,
    supportsCreateIfNotExists: true,
    supportsOutput: false,
    acquireMigrationLock: async () => {},
    releaseMigrationLock: async () => {},
  }
  return {
    createDriver: () => guardDriver(base.createDriver(), database),
    createQueryCompiler: () => base.createQueryCompiler(),
    createIntrospector: db => base.createIntrospector(db),
    createAdapter: () => adapter,
  }
}

/**
 * Keeps statements prepared, as Kysely prepares anew for each query, and begins every transaction with the write lock:
 * one that read first and then found another process writing would fail at once instead of waiting its turn.
 */
function createStatementCache(database: Database.Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(text) {
      if (text === 'begin') return database.prepare('begin immediate')
      const known = statements.get(text)
      if (known) return known
      const statement = database.prepare(text) as SqliteStatement
      // A pragma can take effect while it is prepared, so it must be prepared each time.
      if (!/^(select|insert|update|delete|commit)\b/.test(text)) return statement
      if (statements.size >= MAX_PREPARED_STATEMENTS) statements.delete(statements.keys().next().value as string)
      statements.set(text, statement)
      return statement
    },
  }
}
