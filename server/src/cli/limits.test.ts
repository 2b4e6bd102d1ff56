// Limits of keys: set when they are made, shown, changed one by one, taken away, and refused when they make no sense.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertFailed, createFolder, run } from './cli.fixture.ts'

test('a key has the limits that it was made with, and they can be changed one by one', async context => {
  const env = { LIKENESS_DATA_DIR: join(await createFolder(context), 'data') }
  const options = ['--rate-limit', '10', '--burst', '40', '--quota-per-day', '500', '--quota-operation', 'enrolFace']
  const { id, limits } = JSON.parse((await run(['keys', 'create', ...options, '--json'], env)).stdout)
  const made = { rateLimit: 10, burst: 40, quotaPerDay: 500, quotaPerMonth: null, quotaOperations: ['enrolFace'] }
  assert.deepEqual(limits, made)
  const change = async (...args: string[]) =>
    JSON.parse((await run(['keys', 'limits', id, ...args, '--json'], env)).stdout).limits
  assert.deepEqual(await change(), made)
  assert.deepEqual(await change('--quota-per-month', 'none', '--quota-operation', 'all'), {
    ...made,
    quotaPerMonth: 'none',
    quotaOperations: null,
  })
  // Another rate does not keep the burst of the one before.
  assert.equal((await change('--rate-limit', '20')).burst, null)
  assert.equal(
    (await run(['keys', 'limits', id], env)).stdout,
    'Calls a second:  20\nCalls a day:     500\nCalls a month:   none\n',
  )
  const reset = ['--rate-limit', 'default', '--quota-per-day', 'default', '--quota-per-month', 'default']
  assert.equal(await change(...reset), null)
  const { items } = JSON.parse((await run(['keys', 'list', '--json'], env)).stdout)
  assert.equal(items[0].limits, null)
  assert.match((await run(['audit', '--action', 'credential.limit'], env)).stdout, new RegExp(id))
})

test('limits that are no limits, and keys that are not there, are refused', async context => {
  const env = { LIKENESS_DATA_DIR: join(await createFolder(context), 'data') }
  const { id } = JSON.parse((await run(['keys', 'create', '--json'], env)).stdout)
  for (const wrong of ['0', '-1', '1.5', 'many', '99999999999', ''])
    assertFailed(await run(['keys', 'limits', id, `--rate-limit=${wrong}`], env), 2, /whole number from 1 to/)
  assertFailed(await run(['keys', 'limits', id, '--burst', 'none'], env), 2, /--burst/)
  assertFailed(await run(['keys', 'limits', id, '--burst', '5'], env), 3, /"burst" needs a rate limit/)
  assertFailed(await run(['keys', 'limits', 'nobody', '--rate-limit', '5'], env), 3, /no key with the id nobody/)
})
