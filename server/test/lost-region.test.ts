// A credential of a region that the file of regions names no more: told so, and good again when the region is back.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Region } from '../src/core/context.ts'
import { createKey } from '../src/core/keys.ts'
import type { Gallery } from './answers.ts'
import { openFakeApp } from './fake-app.ts'
import { assertProblem, type Client, createClient } from './support.ts'

const app = await openFakeApp()
after(() => app.close())
const { context, region } = app.core
const { control, clock, ids, limits, vault } = context

const newClient = async (regionId: string): Promise<Client> => {
  const operator = { control, clock, ids, limits, regionIds: [regionId], vault: async () => vault }
  return createClient(app.url, (await createKey(operator, { tenantId: 'default', regionId })).key)
}

test('every call on its data is refused with a code of its own, until it is back', async () => {
  const client = await newClient('eu')
  const once = { 'idempotency-key': 'once' }
  const create = () => client.call<Gallery>('POST', '/v1/galleries', { id: 'staff' }, once)
  for (const answer of [
    await create(),
    await client.call('GET', '/v1/galleries'),
    await client.call('GET', '/v1/galleries/staff'),
    await client.call('DELETE', '/v1/galleries/staff/subjects/jane'),
  ]) {
    const problem = assertProblem(answer, 403, 'region_unavailable')
    assert.match(problem.detail, /bound to region "eu", which the server does not hold/)
    assert.deepEqual(problem.details, { region: 'eu' })
    assert.equal(answer.headers.get('retry-after'), null)
  }
  assert.equal((await app.call('GET', '/v1/galleries')).status, 200)

  const regions = context.regions as Map<string, Region>
  regions.set('eu', { ...region, id: 'eu' })
  const created = await create()
  assert.equal(created.status, 201, 'the refusal was not kept for the idempotency key')
  regions.delete('eu')
})
