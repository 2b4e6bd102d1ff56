// The master key: changed beside a running server or without one, told what to do next, never shown.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertFailed, createFolder, type Environment, run, startLikeness } from './cli.fixture.ts'

/** Makes a tenant's key: the secret of such a credential is sealed. */
const sealSomething = async (env: Environment): Promise<void> => {
  const made = await run(['credentials', 'create', '--protocol', 'advance', '--json'], env)
  assert.equal(made.code, 0, made.stderr)
}

test('it is changed beside the running server, and said in one number to programs', async context => {
  const env = await startLikeness(context)
  const file = join(env.LIKENESS_DATA_DIR!, 'master.key')
  const before = await readFile(file, 'utf8')
  await sealSomething(env)
  const asJson = await run(['master-key', 'rotate', '--json'], env)
  assert.deepEqual([asJson.code, asJson.stderr], [0, ''])
  assert.deepEqual(JSON.parse(asJson.stdout), { tenantKeys: 1 })
  const after = await readFile(file, 'utf8')
  assert.notEqual(after, before)
  const asText = await run(['master-key', 'rotate'], env)
  assert.match(
    asText.stdout,
    /^Changed the master key; 1 tenant key wrapped anew\.\nIt is in .*master\.key: keep a copy/,
  )
  for (const key of [before, after, await readFile(file, 'utf8')])
    assert.ok(!(asText.stdout + asJson.stdout).includes(key.trim()))
  await sealSomething(env)
})

test('it moves from a file to another, and from the setting to the next one', async context => {
  const folder = await createFolder(context)
  const env = { LIKENESS_DATA_DIR: join(folder, 'data') }
  await sealSomething(env)
  const file = join(folder, 'elsewhere', 'master.key')
  const moved = await run(['master-key', 'rotate', '--to-file', file], env)
  assert.equal(moved.code, 0, moved.stderr)
  assert.ok(moved.stdout.includes(`LIKENESS_MASTER_KEY_FILE=${file}`), moved.stdout)
  assertFailed(await run(['master-key', 'rotate'], env), 6, /master_key_wrong/)
  assertFailed(
    await run(['master-key', 'rotate', '--to-file', file], { ...env, LIKENESS_MASTER_KEY_FILE: file }),
    2,
    /exists already/,
  )
  const present = { ...env, LIKENESS_MASTER_KEY: (await readFile(file, 'utf8')).trim() }
  assertFailed(await run(['master-key', 'rotate'], present), 2, /set LIKENESS_NEXT_MASTER_KEY/)
  const next = randomBytes(32).toString('hex')
  const changed = await run(['master-key', 'rotate'], { ...present, LIKENESS_NEXT_MASTER_KEY: next })
  assert.match(changed.stdout, /with LIKENESS_MASTER_KEY set to the value of LIKENESS_NEXT_MASTER_KEY/)
  assertFailed(await run(['master-key', 'rotate'], present), 6, /master_key_wrong/)
  await sealSomething({ ...env, LIKENESS_MASTER_KEY: next })
})

test('what cannot be done is said in one line, and makes nothing', async context => {
  const folder = await createFolder(context)
  const dataDir = join(folder, 'data')
  assertFailed(await run(['master-key', 'rotate', '--data-dir', dataDir]), 2, /There is no data in/)
  const env = { LIKENESS_DATA_DIR: dataDir }
  await sealSomething(env)
  const file = join(dataDir, 'master.key')
  await rename(file, join(folder, 'away'))
  assertFailed(await run(['master-key', 'rotate'], env), 6, /Put the key back.*master_key_missing/)
  const wrong = { ...env, LIKENESS_MASTER_KEY: 'hush-hush' }
  const refused = await run(['master-key', 'rotate'], wrong)
  assertFailed(refused, 2, /LIKENESS_MASTER_KEY.*32 bytes/)
  assert.ok(!refused.stderr.includes('hush-hush'))
})

test('config never shows it', async () => {
  const secrets = { LIKENESS_MASTER_KEY: 'hush-hush', LIKENESS_NEXT_MASTER_KEY: 'shush-shush' }
  for (const args of [['config'], ['config', '--json']]) {
    const { code, stdout } = await run(args, secrets)
    assert.equal(code, 0)
    assert.doesNotMatch(stdout, /hush-hush|shush-shush/)
    assert.match(stdout, /\*{8}/)
  }
})
