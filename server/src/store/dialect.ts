// All that differs between SQLite and PostgreSQL, as values: the queries and migrations take them and never ask which
// database they talk to. Opens no connection.
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { MetadataValue } from '../core/types.ts'

export interface StoreDialect {
  readonly types: {
    /** Text that compares byte by byte, so that every list has the same order in every database. */
    readonly text: RawBuilder<unknown>
    /** 64 bits. */
    readonly integer: RawBuilder<unknown>
    readonly real: RawBuilder<unknown>
    readonly blob: RawBuilder<unknown>
    /** A primary key that counts by itself and never uses a number twice. */
    readonly sequence: RawBuilder<unknown>
  }
  /** Ends a `create table`. */
  readonly tableEnd: RawBuilder<unknown>
  /** Ends a select of the row that guards what the transaction is about to change. */
  readonly lockEnd: RawBuilder<unknown>
  /** Whether the column is one of the values: one statement text for any number of values. */
  anyOf(column: string, values: readonly string[]): RawBuilder<SqlBool>
  /** Whether the column, the JSON text of a flat object, has this value under this key. */
  hasMetadata(column: string, key: string, value: MetadataValue): RawBuilder<SqlBool>
  /** Statements that make the database refuse to change or delete rows of the table. */
  appendOnly(table: string): readonly RawBuilder<unknown>[]
  /** Overwrites what erased rows leave behind outside the tables, as far as the database lets its client do so. */
  clearTraces<Tables>(db: Kysely<Tables>): Promise<void>
  /** What is wrong with pages, indexes and references, one sentence each. */
  findDamage<Tables>(db: Kysely<Tables>): Promise<readonly string[]>
}

export const BUSY_TIMEOUT_MS = 5000

export const SQLITE: StoreDialect = Object.freeze({
  types: Object.freeze({
    // The default collation of SQLite compares bytes.
    text: sql`text`,
    integer: sql`integer`,
    real: sql`real`,
    blob: sql`blob`,
    sequence: sql`integer primary key autoincrement`,
  }),
  tableEnd: sql`strict`,
  // Every transaction begins "immediate" (see sqlite.ts) and so holds the only write lock there is.
  lockEnd: sql``,
  anyOf: (column: string, values: readonly string[]) =>
    sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`,
  hasMetadata: (column: string, key: string, value: MetadataValue) =>
    // The text of a number is compared as a number, and never equals a text of the same digits.
    sql<SqlBool>`exists (
      select 1 from json_each(${sql.ref(column)}) as held, json_each(${JSON.stringify([value])}) as wanted
      where held.key = ${key} and held.value is wanted.value
        and replace(held.type, 'integer', 'real') = replace(wanted.type, 'integer', 'real'))`,
  appendOnly: (table: string) =>
    ['update', 'delete'].map(
      event => sql`create trigger ${sql.ref(`${table}_refuses_${event}`)} before ${sql.raw(event)}
        on ${sql.table(table)}
        begin select raise(abort, ${sql.lit(`${table} is append-only`)}); end`,
    ),
  clearTraces: clearSqliteTraces,
  findDamage: findSqliteDamage,
})

export const POSTGRES: StoreDialect = Object.freeze({
  types: Object.freeze({
    text: sql`text collate "C"`,
    integer: sql`bigint`,
    real: sql`double precision`,
    blob: sql`bytea`,
    sequence: sql`bigint generated always as identity primary key`,
  }),
  tableEnd: sql``,
  lockEnd: sql`for update`,
  anyOf: (column: string, values: readonly string[]) => sql<SqlBool>`${sql.ref(column)} = any(${values}::text[])`,
  hasMetadata: (column: string, key: string, value: MetadataValue) =>
    sql<SqlBool>`${sql.ref(column)}::jsonb -> ${key}::text = ${JSON.stringify(value)}::jsonb`,
  appendOnly: (table: string) => {
    const refuse = sql.ref(`${table}_refuse`)
    return [
      sql`create function ${refuse}() returns trigger language plpgsql as
        ${sql.lit(`begin raise exception '${table} is append-only'; end`)}`,
      sql`create trigger ${sql.ref(`${table}_refuses_change`)} before update or delete or truncate
        on ${sql.table(table)} for each statement execute function ${refuse}()`,
    ]
  },
  // Dead rows and the log are vacuum's and the server's own business; a client can only wait for them.
  clearTraces: async () => {},
  // The server's own business too (amcheck); its constraints hold always.
  findDamage: async () => [],
})

/**
 * secure_delete has zeroed the erased rows in the newest version of their pages, but the log still holds the older
 * versions: copying it into the database and truncating it removes them. Another process that is reading (a backup) may
 * be in the way; waiting for it would stop this process, so the next erasure or the close finishes the work. That holds
 * for a failure too: the erasure is committed, and its caller has an index and pictures to clear.
 */
async function clearSqliteTraces<Tables>(db: Kysely<Tables>): Promise<void> {
  await db.connection().execute(async connection => {
    await sql`pragma busy_timeout = 0`.execute(connection)
    try {
      await sql`pragma wal_checkpoint(truncate)`.execute(connection)
    } catch {
      // See above.
    } finally {
      await sql`pragma busy_timeout = ${sql.lit(BUSY_TIMEOUT_MS)}`.execute(connection)
    }
  })
}

async function findSqliteDamage<Tables>(db: Kysely<Tables>): Promise<readonly string[]> {
  const pages = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db)
  const references = await sql<{ table: string; rowid: number; parent: string }>`pragma foreign_key_check`.execute(db)
  return [
    ...pages.rows.map(row => row.integrity_check).filter(line => line !== 'ok'),
    ...references.rows.map(
      row => `row ${row.rowid} of ${row.table} refers to a row of ${row.parent} that is not there`,
    ),
  ]
}
