// The key that names people in the audit trail and in the log of calls: made once, sealed, and gone with the master key.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { readAuditKey, readLinkKey, readTokenKey } from '../src/core/control-keys.ts'
import { createTestVault } from '../src/seal/vault.fixture.ts'
import { openControlStore } from '../src/store/control-store.ts'
import type { ControlTables } from '../src/store/schema.ts'
import { openSqlite } from '../src/store/sqlite.ts'

const vault = await createTestVault()
const connection = openSqlite<ControlTables>(':memory:')
const control = await openControlStore(connection)
after(() => control.close())
const rows = () => connection.db.selectFrom('control_keys').selectAll().execute()

test('it is made on its first use, the same for all who ask at once, and lies sealed', async () => {
  assert.deepEqual(await rows(), [], 'no migration leaves a key in the clear')
  const keys = await Promise.all([1, 2, 3].map(() => readAuditKey({ control, vault })))
  assert.equal(keys[0].length, 32)
  for (const key of keys) assert.deepEqual(key, keys[0])
  assert.deepEqual(await readAuditKey({ control, vault }), keys[0])
  const [row, ...others] = await rows()
  assert.deepEqual([row.name, others], ['audit', []])
  assert.ok(!Buffer.from(row.sealed).includes(Buffer.from(keys[0])))
  assert.deepEqual(vault.open(row.sealed, 'control-key:audit'), keys[0])
})

test('each key is another, and as long as its use wants', async () => {
  const keys = await Promise.all([readAuditKey, readLinkKey, readTokenKey].map(read => read({ control, vault })))
  assert.deepEqual(
    keys.map(key => key.length),
    [32, 32, 64],
  )
  assert.equal(new Set(keys.map(key => Buffer.from(key).toString('hex', 0, 32))).size, 3)
})

test('one that was put in its place, or that another master key has sealed, is refused', async () => {
  await assert.rejects(readAuditKey({ control, vault: await createTestVault() }), { code: 'sealed_data_corrupt' })
  const other = vault.seal('default', new Uint8Array(32), 'control-key:other')
  await connection.db
    .updateTable('control_keys')
    .set({ sealed: Buffer.from(other) })
    .execute()
  await assert.rejects(readAuditKey({ control, vault }), { code: 'sealed_data_corrupt' })
})
