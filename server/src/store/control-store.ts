// Puts the control queries together as the port that the core knows. No queries of its own.
import type { ControlStore } from '../core/ports.ts'
import { createAuditQueries } from './audit.ts'
import type { StoreConnection } from './connection.ts'
import { createControlKeyQueries } from './control-keys.ts'
import { createCredentialQueries } from './credentials.ts'
import { createKeptAnswerStore } from './kept-answers.ts'
import { migrateControl } from './migrate.ts'
import { createReceiptKeyStore } from './receipt-keys.ts'
import type { ControlTables } from './schema.ts'
import { createTenantKeyStore } from './tenant-keys.ts'
import { createTenantQueries } from './tenants.ts'
import { createTestingStore } from './testing-counts.ts'
import { createCallQueries } from './transactions.ts'
import { createWebhookStore } from './webhooks.ts'

/** The store on a database whose tables are up to date. */
export function createControlStore(connection: StoreConnection<ControlTables>): ControlStore {
  return {
    ...createTenantQueries(connection),
    ...createCredentialQueries(connection),
    ...createAuditQueries(connection),
    ...createControlKeyQueries(connection),
    ...createCallQueries(connection),
    tenantKeys: createTenantKeyStore(connection),
    keptAnswers: createKeptAnswerStore(connection),
    receiptKeys: createReceiptKeyStore(connection),
    testing: createTestingStore(connection),
    webhooks: createWebhookStore(connection),
    close: () => connection.close(),
  }
}

/** Brings the tables up to date first; closes the connection when that fails. Throws store_newer. */
export async function openControlStore(connection: StoreConnection<ControlTables>): Promise<ControlStore> {
  await migrateControl(connection)
  return createControlStore(connection)
}
