// Puts the control queries together as the port that the core knows. No queries of its own.
import type { ControlStore } from '../core/ports.ts'
import { appendAudit } from './audit.ts'
import type { StoreConnection } from './connection.ts'
import { createKeyQueries } from './keys.ts'
import { migrateControl } from './migrate.ts'
import type { ControlTables } from './schema.ts'

/** The store on a database whose tables are up to date. */
export function createControlStore(connection: StoreConnection<ControlTables>): ControlStore {
  return {
    ...createKeyQueries(connection),
    appendAudit: entry => appendAudit(connection, entry),
    close: () => connection.close(),
  }
}

/** Brings the tables up to date first; closes the connection when that fails. Throws store_newer. */
export async function openControlStore(connection: StoreConnection<ControlTables>): Promise<ControlStore> {
  await migrateControl(connection)
  return createControlStore(connection)
}
