// Keys: made where there is no data yet and beside a running server, shown once, listed without secrets, revoked.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertFailed, createFolder, run, startLikeness } from './cli.fixture.ts'

test('a key is made where there is neither server nor data', async context => {
  const dataDir = join(await createFolder(context), 'new', 'data')
  const created = await run(['keys', 'create', '--name', 'door', '--json', '--data-dir', dataDir])
  assert.equal(created.stderr, '')
  assert.equal(created.code, 0)
  const { id, key, ...rest } = JSON.parse(created.stdout)
  assert.deepEqual(rest, {
    tenant: 'default',
    region: 'default',
    scopes: ['admin', 'enrol', 'search', 'read'],
    expiresAt: null,
    limits: null,
  })
  assert.match(key, /^lk_[\w-]{43}$/)

  const listed = await run(['keys', 'list'], { LIKENESS_DATA_DIR: dataDir })
  assert.match(
    listed.stdout,
    new RegExp(
      `^id +created +state +tenant +region +scopes +name\n${id} +\\S+ +valid +default +default +admin enrol search read +door\n$`,
    ),
  )
  assert.ok(!listed.stdout.includes(key))
})

test('a key that is made beside the running server works at once, and not once it is revoked', async context => {
  const env = await startLikeness(context)
  const { id, key } = JSON.parse((await run(['keys', 'create', '--json'], env)).stdout)
  const withKey = { ...env, LIKENESS_KEY: key }
  assert.equal((await run(['galleries', 'list'], withKey)).code, 0)
  assert.equal((await run(['galleries', 'list', '--key', key], { ...env, LIKENESS_KEY: 'lk_other' })).code, 0)

  assert.equal((await run(['keys', 'revoke', id], env)).stdout, `Revoked the key ${id}.\n`)
  assertFailed(await run(['galleries', 'list'], withKey), 5, /npx likeness keys create.*LIKENESS_KEY.*key_invalid/)
  const { items } = JSON.parse((await run(['keys', 'list', '--json'], env)).stdout)
  assert.deepEqual(
    items.map((each: { name: string | null; revokedAt: string | null }) => [each.name, each.revokedAt !== null]),
    [
      ['first', false],
      [null, true],
    ],
  )
})

test('a key has the scopes, the region and the life that it was made with', async context => {
  const env = await startLikeness(context)
  const made = await run(['keys', 'create', '--scope', 'search', '--scope', 'read', '--ttl', '3600', '--json'], env)
  const { key, scopes, expiresAt } = JSON.parse(made.stdout)
  assert.deepEqual(scopes, ['search', 'read'])
  const seconds = (Date.parse(expiresAt) - Date.now()) / 1000
  assert.ok(seconds > 3000 && seconds <= 3600)
  const withKey = { ...env, LIKENESS_KEY: key }
  assert.equal((await run(['galleries', 'list'], withKey)).code, 0)
  assertFailed(await run(['galleries', 'create', 'staff'], withKey), 5, /scope "admin".*scope_missing/)
  assert.match((await run(['keys', 'list'], env)).stdout, /valid until \S+ +default +default +search read/)
})

test('people are shown the key with how to use it', async context => {
  const env = { LIKENESS_DATA_DIR: await createFolder(context) }
  assert.match((await run(['keys', 'list'], env)).stdout, /^There are no keys yet/)
  assert.match((await run(['keys', 'create'], env)).stdout, /shown this once: (lk_\S+)\n.*export LIKENESS_KEY=\1\n/)
})

test('what cannot be done is one sentence', async context => {
  const env = { LIKENESS_DATA_DIR: await createFolder(context) }
  assertFailed(await run(['keys', 'revoke', 'unknown'], env), 3, /no key with the id unknown/)
  assertFailed(await run(['keys', 'create', '--name', 'x'.repeat(201)], env), 2, /--name must have 1 to 200/)
  assertFailed(await run(['keys', 'create', '--scope', 'everything'], env), 2, /admin, enrol, search, read/)
  for (const ttl of ['0', '315360001'])
    assertFailed(await run(['keys', 'create', '--ttl', ttl], env), 2, /whole number from 1 to 315360000/)
  assertFailed(await run(['keys', 'create', '--tenant', 'nobody'], env), 3, /no tenant "nobody".*tenant_not_found/)
  assertFailed(await run(['keys', 'create', '--region', 'mars'], env), 3, /"mars"; the server holds default/)
  const file = process.execPath
  assertFailed(await run(['keys', 'list', '--data-dir', file]), 6, /cannot be used \(ENOTDIR|EEXIST\).*--data-dir/)
})
