// A database of an earlier version is brought up to date with all that is in it, and once.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { createTestVault } from '../seal/vault.fixture.ts'
import type { StoreConnection } from './connection.ts'
import { createControlStore } from './control-store.ts'
import { KNOWN_MIGRATIONS, migrateControl, migrateRegion } from './migrate.ts'
import { createControlTables } from './migrations/control/0001-control.ts'
import { createRegionTables } from './migrations/region/0001-region.ts'
import { openPglite } from './postgres.ts'
import { createRegionStore } from './region-store.ts'
import { AT, addFace, addGallery, makeKey } from './samples.suite.ts'
import type { ControlTables, RegionTables } from './schema.ts'
import { addFrame, addStarted } from './session-samples.suite.ts'
import { openSqlite } from './sqlite.ts'

/** Only the first migration, as the first version made it. */
const migrateFirst = async <Tables>(
  { db }: StoreConnection<Tables>,
  table: string,
  name: string,
  migration: Migration,
): Promise<void> => {
  const provider = { getMigrations: async () => ({ [name]: migration }) }
  const tables = { migrationTableName: table, migrationLockTableName: `${table}_lock` }
  const { error } = await new Migrator({ db, provider, ...tables }).migrateToLatest()
  assert.equal(error, undefined)
}

const namesOf = async <Tables>({ db }: StoreConnection<Tables>, table: string): Promise<string[]> => {
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(table)} order by name`.execute(db)
  return rows.map(({ name }) => name)
}

const testDatabase = (
  what: string,
  open: () => Promise<{ region: StoreConnection<RegionTables>; control: StoreConnection<ControlTables> }>,
): void => {
  describe(`a first database (${what})`, () => {
    test('of a region keeps its faces and gets its sessions', async () => {
      const { region } = await open()
      await migrateFirst(region, 'region_migrations', '0001-region', createRegionTables(region.dialect))
      const store = createRegionStore(region, await createTestVault())
      const gallery = await addGallery(store)
      const face = await addFace(store, gallery.uid, 'ann')
      await assert.rejects(addStarted(store))
      for (let time = 0; time < 2; time++) await migrateRegion(region)
      assert.deepEqual(await namesOf(region, 'region_migrations'), KNOWN_MIGRATIONS.region)
      assert.equal((await store.faces.find(gallery.uid, face.id))?.subjectId, 'ann')
      const session = await addStarted(store, { tenantId: gallery.tenantId })
      const frame = await addFrame(store, session.id, 1)
      assert.deepEqual(await store.inspection.findPictureKeys([frame.blobKey]), [frame.blobKey])
      await store.close()
    })

    test('of control data keeps its tenants and keys, with the usual times', async () => {
      const { control } = await open()
      await migrateFirst(control, 'control_migrations', '0001-control', createControlTables(control.dialect))
      const store = createControlStore(control)
      const key = makeKey()
      await store.insertCredential(key)
      for (let time = 0; time < 2; time++) await migrateControl(control)
      assert.deepEqual(await namesOf(control, 'control_migrations'), KNOWN_MIGRATIONS.control)
      assert.equal((await store.findCredentialByHash('native', key.secretHash!))?.id, key.id)
      const tenant = await store.findTenant('default')
      assert.deepEqual([tenant?.frameHours, tenant?.resultDays], [null, null])
      const times = { frameHours: 12, resultDays: 3 }
      assert.deepEqual(await store.updateTenant('default', times), { ...tenant, ...times })
      const webhook = { tenantId: 'default', url: 'https://shop.example', algorithm: 'HMAC-SHA256' as const }
      await store.webhooks.put({ ...webhook, sealedSecret: Uint8Array.of(1), createdAt: AT })
      assert.ok(await store.webhooks.find('default'))
      await store.close()
    })
  })
}

testDatabase('SQLite', async () => ({ region: openSqlite(':memory:'), control: openSqlite(':memory:') }))
testDatabase('PGlite', async () => {
  const pglite = await PGlite.create()
  return { region: openPglite(pglite), control: openPglite(pglite) }
})
