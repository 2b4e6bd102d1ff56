// Puts a region's queries together as the port that the core knows. No queries of its own.
import { sql } from 'kysely'
import type { Store, Vault } from '../core/ports.ts'
import type { RegionConnection } from './connection.ts'
import { createErasureStore } from './erasures.ts'
import { createFaceStore } from './faces.ts'
import { createGalleryStore } from './galleries.ts'
import { createInspectionStore } from './inspection.ts'
import { migrateRegion } from './migrate.ts'
import { createNumberStore } from './numbers.ts'
import { createRecordStore } from './records.ts'
import { createSessionStore } from './sessions.ts'
import { createSubjectStore } from './subjects.ts'

/** The store on a database whose tables are up to date. */
export function createRegionStore(connection: RegionConnection, vault: Vault): Store {
  return {
    galleries: createGalleryStore(connection),
    subjects: createSubjectStore(connection),
    faces: createFaceStore(connection, vault),
    erasures: createErasureStore(connection),
    inspection: createInspectionStore(connection),
    numbers: createNumberStore(connection),
    records: createRecordStore(connection),
    sessions: createSessionStore(connection, vault),
    async ping() {
      await sql`select 1`.execute(connection.db)
    },
    close: () => connection.close(),
  }
}

/** Brings the tables up to date first; closes the connection when that fails. Throws store_newer. */
export async function openRegionStore(connection: RegionConnection, vault: Vault): Promise<Store> {
  await migrateRegion(connection)
  return createRegionStore(connection, vault)
}
