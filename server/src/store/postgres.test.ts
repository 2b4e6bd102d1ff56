// The suite on a PostgreSQL server, where DATABASE_URL names one. Works in a schema of its own and drops it.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestVault } from '../seal/vault.fixture.ts'
import { openControlStore } from './control-store.ts'
import { openPostgres, type PostgresPool } from './postgres.ts'
import { openRegionStore } from './region-store.ts'
import type { ControlTables, RegionTables } from './schema.ts'
import { testStore } from './store.suite.ts'

const url = process.env.DATABASE_URL

if (url) testServer(url)
else test('PostgreSQL server', { skip: 'DATABASE_URL is not set' }, () => {})

function testServer(connectionString: string): void {
  const schema = `likeness_test_${randomUUID().replaceAll('-', '')}`
  testStore('PostgreSQL', async () => {
    const pool = (options?: string) => openPool({ connectionString, options })
    const setup = openPostgres(await pool(), 'PostgreSQL')
    await sql`create schema ${sql.id(schema)}`.execute(setup.db)
    const inSchema = `-c search_path=${schema}`
    const region = openPostgres<RegionTables>(await pool(inSchema), 'PostgreSQL')
    const store = await openRegionStore(region, await createTestVault())
    const control = await openControlStore(openPostgres<ControlTables>(await pool(inSchema), 'PostgreSQL'))
    // The suite closes the control store last.
    const close = async () => {
      await control.close()
      await sql`drop schema ${sql.id(schema)} cascade`.execute(setup.db)
      await setup.close()
    }
    return { region, store, control: { ...control, close } }
  })
}

/** Named by a variable: the package comes without types. */
async function openPool(settings: object): Promise<PostgresPool> {
  const name = 'pg'
  const { default: pg } = (await import(name)) as { default: { Pool: new (settings: object) => PostgresPool } }
  return new pg.Pool(settings)
}

test('a PostgreSQL pool is ended once, also when nothing was asked of it', async () => {
  let ends = 0
  const connect = async () => Promise.reject(new Error('not reached'))
  const end = async () => {
    ends++
  }
  const connection = openPostgres({ options: {}, connect, end }, 'nowhere')
  await connection.close()
  await connection.close()
  assert.equal(ends, 1)
})
