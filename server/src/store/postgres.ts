// Makes a connection of PostgreSQL, or of PGlite in this process. Imports neither: the caller brings the pool or the
// instance, and chooses the schema with the pool's search_path. Knows no tables.
import { type Dialect, Kysely, type PGlite, PGliteDialect, PostgresDialect, type PostgresPool } from 'kysely'
import type { StoreConnection } from './connection.ts'
import { POSTGRES } from './dialect.ts'

export type { PGlite, PostgresPool }

/** `pool` is a `Pool` of the package pg, or anything of its shape. The connection owns it: closing ends it. */
export function openPostgres<Tables>(pool: PostgresPool, location: string): StoreConnection<Tables> {
  return connect(new PostgresDialect({ pool }), location, () => pool.end())
}

export function openPglite<Tables>(pglite: PGlite, location = 'PGlite'): StoreConnection<Tables> {
  return connect(new PGliteDialect({ pglite }), location, () => pglite.close())
}

function connect<Tables>(dialect: Dialect, location: string, end: () => Promise<void>): StoreConnection<Tables> {
  const db = new Kysely<Tables>({ dialect })
  let used = false
  let closed: Promise<void> | null = null
  return {
    get db() {
      used = true
      return db
    },
    dialect: POSTGRES,
    location,
    close() {
      // Kysely ends a pool only if it has run a query.
      closed ??= used ? db.destroy() : end()
      return closed
    },
  }
}
