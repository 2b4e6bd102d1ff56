// Makes a connection of PostgreSQL, or of PGlite in this process. Imports neither: the caller brings the pool or the
// instance, and chooses the schema with the pool's search_path. Knows no tables.
import { type Dialect, Kysely, type PGlite, PGliteDialect, PostgresDialect, type PostgresPool } from 'kysely'
import type { StoreConnection } from './connection.ts'
import { POSTGRES } from './dialect.ts'

export type { PGlite, PostgresPool }

/** `pool` is a `Pool` of the package pg, or anything of its shape. The connection owns it: closing ends it. */
export function openPostgres<Tables>(pool: PostgresPool, location: string): StoreConnection<Tables> {
  // A pool may be ended once. Kysely ends it only if it has run a query, and the connection's close always.
  let ended: Promise<void> | null = null
  const end = () => {
    ended ??= pool.end()
    return ended
  }
  const owned: PostgresPool = { Client: pool.Client, options: pool.options, connect: () => pool.connect(), end }
  return connect(new PostgresDialect({ pool: owned }), location, end)
}

export function openPglite<Tables>(pglite: PGlite, location = 'PGlite'): StoreConnection<Tables> {
  return connect(new PGliteDialect({ pglite }), location, async () => {
    if (!pglite.closed) await pglite.close()
  })
}

function connect<Tables>(dialect: Dialect, location: string, end: () => Promise<void>): StoreConnection<Tables> {
  const db = new Kysely<Tables>({ dialect })
  return {
    db,
    dialect: POSTGRES,
    location,
    async close() {
      await db.destroy()
      await end()
    },
  }
}
