// What a database driver hands to the stores. The drivers are sqlite.ts and postgres.ts.
import type { Kysely, Transaction } from 'kysely'
import type { StoreDialect } from './dialect.ts'
import type { RegionTables } from './schema.ts'

export interface StoreConnection<Tables> {
  readonly db: Kysely<Tables>
  readonly dialect: StoreDialect
  /** Names the database in messages: the file, or the server without its password. */
  readonly location: string
  /** Lets go of the database, also when nothing was ever asked of it. */
  close(): Promise<void>
}

export type RegionConnection = StoreConnection<RegionTables>
export type RegionTransaction = Transaction<RegionTables>
