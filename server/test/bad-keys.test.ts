// Who may call: keys that are missing, wrong or revoked; what one tenant's key sees of another's data.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { revokeCredential } from '../src/core/credentials.ts'
import { createKey } from '../src/core/keys.ts'
import { createTenant } from '../src/core/tenants.ts'
import { DEFAULT_REGION, DEFAULT_TENANT, openControl, operatorContext } from '../src/main.ts'
import { pictureOf } from '../src/vision/pictures.fixture.ts'
import type { Gallery, Page } from './answers.ts'
import { assertProblem, base64, countStored, createClient, createGallery, enrol, launchReady } from './support.ts'

const server = await launchReady()
// As a command does that works beside the server.
const control = await openControl(server.config)
after(async () => {
  await control.close()
  await server.close()
})
const operator = operatorContext(server.config, control)
const ada = await pictureOf('ada')
await createGallery(server, 'people')
const { face } = await enrol(server, 'people', ada, { subjectId: 'ada' })
const image = base64(ada)

const CALLS = [
  ['POST', '/v1/galleries', { id: 'new' }],
  ['GET', '/v1/galleries', undefined],
  ['GET', '/v1/galleries/people', undefined],
  ['PATCH', '/v1/galleries/people', { name: 'x' }],
  ['DELETE', '/v1/galleries/people', undefined],
  ['POST', '/v1/galleries/people/faces', { image }],
  ['GET', `/v1/galleries/people/faces/${face.id}`, undefined],
  ['DELETE', `/v1/galleries/people/faces/${face.id}`, undefined],
  ['GET', '/v1/galleries/people/subjects', undefined],
  ['GET', '/v1/galleries/people/subjects/ada', undefined],
  ['PATCH', '/v1/galleries/people/subjects/ada', { metadata: {} }],
  ['DELETE', '/v1/galleries/people/subjects/ada', undefined],
  ['POST', '/v1/galleries/people/search', { image }],
  ['POST', '/v1/galleries/people/subjects/ada/verify', { image }],
  ['POST', '/v1/compare', { image1: image, image2: image }],
  ['POST', '/v1/detect', { image }],
] as const

describe('every call', () => {
  test('needs a key', async () => {
    const before = await countStored(server)
    const { call } = createClient(server.url, null)
    for (const [method, path, body] of CALLS) {
      const answer = await call(method, path, body)
      assertProblem(answer, 401, 'key_missing')
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
    }
    assert.deepEqual(await countStored(server), before)
  })

  test('refuses a key that nobody was given', async () => {
    const before = await countStored(server)
    const { call } = createClient(server.url, `lk_${randomBytes(32).toString('base64url')}`)
    for (const [method, path, body] of CALLS) {
      const answer = await call(method, path, body)
      assertProblem(answer, 401, 'key_invalid')
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
    }
    assert.deepEqual(await countStored(server), before)
  })
})

test('the key is asked for before anything else is looked at', async () => {
  const { call } = createClient(server.url, null)
  for (const [body, type] of [
    ['{nonsense', 'application/json'],
    ['x', 'text/plain'],
  ])
    assertProblem(await call('POST', '/v1/detect', body, { 'content-type': type }), 401, 'key_missing')
})

test('a key that is nearly right is wrong', async () => {
  const { key } = server
  const flipped = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A')
  for (const wrong of [flipped, key.slice(0, -1), `${key}A`, key.toUpperCase(), key.slice(3), 'null', 'undefined'])
    assertProblem(await createClient(server.url, wrong).call('GET', '/v1/galleries'), 401, 'key_invalid')
})

test('the key belongs in the header, after the word Bearer', async () => {
  const { call } = createClient(server.url, null)
  for (const authorization of [server.key, `Basic ${server.key}`, 'Bearer', 'Bearer ', `Bearer ${server.key} more`])
    assertProblem(await call('GET', '/v1/galleries', undefined, { authorization }), 401, 'key_missing')
  assertProblem(await call('GET', `/v1/galleries?key=${server.key}`), 401, 'key_missing')
  for (const authorization of [`bearer ${server.key}`, `Bearer  ${server.key}`])
    assert.equal((await call('GET', '/v1/galleries', undefined, { authorization })).status, 200)
})

test('a new key works at once, and not any more once it is revoked', async () => {
  const { id, key } = await createKey(operator, { tenantId: DEFAULT_TENANT, regionId: DEFAULT_REGION, name: 'second' })
  const { call } = createClient(server.url, key)
  assert.equal((await call('GET', '/v1/galleries/people')).status, 200)
  assert.ok(await revokeCredential(operator, id))
  const answer = await call('GET', '/v1/galleries/people')
  assertProblem(answer, 401, 'key_invalid')
  assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
  assert.equal((await server.call('GET', '/v1/galleries/people')).status, 200)
})

test("another tenant's key sees nothing of this one's galleries", async () => {
  await createTenant(operator, { id: 'other' })
  const { key } = await createKey(operator, { tenantId: 'other', regionId: DEFAULT_REGION, name: null })
  const other = createClient(server.url, key)
  const before = await countStored(server)
  assert.deepEqual((await other.call<Page<Gallery>>('GET', '/v1/galleries')).body, { items: [], nextCursor: null })
  for (const [method, path, body] of CALLS)
    if (path.includes('/people')) assertProblem(await other.call(method, path, body), 404, 'gallery_not_found')
  assert.deepEqual(await countStored(server), before)
  // The same id is free for the other tenant, and stays apart.
  assert.equal((await createGallery(other, 'people')).faceCount, 0)
  assert.equal((await server.call<Gallery>('GET', '/v1/galleries/people')).body.faceCount, 1)
})
