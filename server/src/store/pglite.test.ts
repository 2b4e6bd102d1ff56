// The suite on PGlite: PostgreSQL inside this process. Region and control tables share the one database.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { sql } from 'kysely'
import { createTestVault } from '../seal/vault.fixture.ts'
import { openControlStore } from './control-store.ts'
import { openPglite } from './postgres.ts'
import { openRegionStore } from './region-store.ts'
import { makeAuditEntry } from './samples.suite.ts'
import type { ControlTables, RegionTables } from './schema.ts'
import { testStore } from './store.suite.ts'

testStore('PGlite', async () => {
  const pglite = await PGlite.create()
  const region = openPglite<RegionTables>(pglite)
  return {
    region,
    store: await openRegionStore(region, await createTestVault()),
    control: await openControlStore(openPglite<ControlTables>(pglite)),
  }
})

describe('PGlite', () => {
  it('refuses to change the audit trail', async () => {
    const connection = openPglite<ControlTables>(await PGlite.create())
    const control = await openControlStore(connection)
    await control.appendAudit([makeAuditEntry()])
    for (const change of [sql`update audit set actor = 'x'`, sql`delete from audit`, sql`truncate audit`]) {
      await assert.rejects(change.execute(connection.db), /audit is append-only/)
    }
    await control.close()
  })
})
