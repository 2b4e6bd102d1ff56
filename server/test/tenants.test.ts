// Tenants and regions: nobody sees, finds, changes or erases what is another's, whatever the id; suspended, revoked and
// expired credentials open nothing.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createCredential, revokeCredential } from '../src/core/credentials.ts'
import { createKey } from '../src/core/keys.ts'
import { createTenant, resumeTenant, suspendTenant } from '../src/core/tenants.ts'
import { AppError } from '../src/errors.ts'
import { pictureOf } from '../src/vision/pictures.fixture.ts'
import type { Face, Gallery, Page, SearchAnswer } from './answers.ts'
import { fillPath, listOperations, type Operation, openOperator } from './operator.ts'
import { assertProblem, base64, type Client, createGallery, enrol, launchReady } from './support.ts'

const folder = await mkdtemp(join(tmpdir(), 'likeness-test-'))
const regionsFile = join(folder, 'regions.json')
await writeFile(
  regionsFile,
  JSON.stringify({ regions: { default: {}, eu: { hosts: ['eu.test'], countries: ['DE'] } } }),
)
const server = await launchReady({ regionsFile })
const operator = await openOperator(server)
after(async () => {
  await operator.close()
  await server.close()
  await rm(folder, { recursive: true })
})
await createTenant(operator, { id: 'other', name: 'Other Ltd.' })

interface Party {
  readonly name: string
  readonly client: Client
  readonly person: string
  readonly face: Face
}

/** Everyone has a gallery "people" with one person, and one whose id nobody else has. */
const enter = async (tenantId: string, regionId: string, person: 'ada' | 'bea' | 'cleo' | 'dora'): Promise<Party> => {
  const client = await operator.newClient({ tenantId, regionId })
  const name = `${tenantId}-${regionId}`
  for (const id of ['people', `only-${name}`]) await createGallery(client, id)
  const { face } = await enrol(client, 'people', await pictureOf(person), { subjectId: person })
  await enrol(client, `only-${name}`, await pictureOf(person), { subjectId: person })
  return { name, client, person, face }
}

const parties = [
  await enter('default', 'default', 'ada'),
  await enter('default', 'eu', 'bea'),
  await enter('other', 'default', 'cleo'),
  await enter('other', 'eu', 'dora'),
]
const strangersOf = (party: Party) => parties.filter(other => other !== party)
const operations = await listOperations(server)
const image = base64(await pictureOf('ada'))

/** A body with which the operation would do its work on a gallery of one's own. */
const bodyOf = ({ id, method }: Operation): [body?: unknown, headers?: Record<string, string>] => {
  if (method === 'GET' || method === 'DELETE') return []
  if (id === 'updateGallery') return [{ name: 'taken' }]
  if (id === 'updateSubject') return [{ metadata: { taken: true } }]
  if (/batch/i.test(id)) return [`${JSON.stringify({ image })}\n`, { 'content-type': 'application/x-ndjson' }]
  return [{ image }]
}

const snapshot = async () =>
  Promise.all(parties.map(async ({ client }) => (await client.call<Page<Gallery>>('GET', '/v1/galleries')).body.items))

describe('galleries of the same id', () => {
  test('are as many galleries as there are tenants and regions', async () => {
    for (const party of parties) {
      const { body } = await party.client.call<Page<Gallery>>('GET', '/v1/galleries')
      assert.deepEqual(
        body.items.map(({ id, faceCount }) => [id, faceCount]),
        [
          [`only-${party.name}`, 1],
          ['people', 1],
        ],
      )
    }
  })

  test('search finds only the own person', async () => {
    for (const { client, person } of parties)
      for (const other of parties) {
        const search = { image: base64(await pictureOf(other.person as 'ada')), threshold: 90 }
        const { body } = await client.call<SearchAnswer>('POST', '/v1/galleries/people/search', search)
        assert.deepEqual(
          body.candidates.map(({ subjectId }) => subjectId),
          person === other.person ? [person] : [],
        )
        assert.equal(body.gallerySize, 1)
      }
  })
})

describe("with another's ids", () => {
  test('no call finds a gallery, and the answer is that of a gallery that never was', async () => {
    const before = await snapshot()
    const aimed = operations.filter(({ path }) => path.includes('{gallery}'))
    assert.ok(aimed.length >= 12)
    for (const party of parties)
      for (const other of strangersOf(party))
        for (const operation of aimed) {
          const at = (gallery: string) =>
            fillPath(operation.path, { gallery, subject: other.person, face: other.face.id })
          const call = (gallery: string) => party.client.call(operation.method, at(gallery), ...bodyOf(operation))
          const problem = assertProblem(await call(`only-${other.name}`), 404, 'gallery_not_found')
          const never = assertProblem(await call('never-was'), 404, 'gallery_not_found')
          assert.equal(problem.detail.replace(`only-${other.name}`, 'never-was'), never.detail)
        }
    assert.deepEqual(await snapshot(), before)
  })

  test('no call finds a subject or a face in the own gallery of the same id', async () => {
    const before = await snapshot()
    const aimed = operations.filter(({ path }) => /\{(face|subject)\}/.test(path))
    assert.ok(aimed.length >= 6)
    for (const party of parties)
      for (const other of strangersOf(party))
        for (const operation of aimed) {
          const values = { gallery: 'people', subject: other.person, face: other.face.id }
          const path = fillPath(operation.path, values)
          const answer = await party.client.call(operation.method, path, ...bodyOf(operation))
          assertProblem(answer, 404, path.includes('/faces/') ? 'face_not_found' : 'subject_not_found')
        }
    assert.deepEqual(await snapshot(), before)
  })

  test('a search over several galleries finds none of them', async context => {
    if (!operations.some(({ path }) => path === '/v1/search')) return context.skip('there is no such search')
    for (const party of parties)
      for (const other of strangersOf(party)) {
        const galleries = ['people', `only-${other.name}`]
        assertProblem(await party.client.call('POST', '/v1/search', { image, galleries }), 404, 'gallery_not_found')
      }
  })

  test('transactions, usage and audit are of the own tenant only', async () => {
    for (const party of parties) {
      const answer = await party.client.call('GET', '/v1/galleries/people')
      const id = answer.headers.get('x-transaction-id')
      for (const other of strangersOf(party)) {
        const found = await other.client.call('GET', `/v1/transactions/${id}`)
        const isSameTenant = other.name.split('-')[0] === party.name.split('-')[0]
        if (isSameTenant) assert.equal(found.status, 200)
        else assertProblem(found, 404, 'transaction_not_found')
      }
    }
    for (const list of ['transactions', 'audit', 'usage']) {
      const tenants = await Promise.all(
        [parties[0], parties[2]].map(({ client }) =>
          client.call<Page<{ credentialId?: string; actor?: string }>>('GET', `/v1/${list}?limit=1000`),
        ),
      )
      const [one, other] = tenants.map(({ body }) => body.items.map(each => each.credentialId ?? each.actor))
      assert.ok(one.length > 0 && other.length > 0)
      const shared = one.filter(id => id !== undefined && id !== 'operator' && other.includes(id))
      assert.deepEqual(shared, [], list)
    }
  })
})

describe('a suspended tenant', () => {
  test('is refused from the next request on, and finds its data again when it is resumed', async () => {
    const [mine, , theirs, theirsInEu] = parties
    await suspendTenant(operator, 'other')
    for (const { client } of [theirs, theirsInEu])
      for (const { id, method, path } of operations) {
        const { details } = assertProblem(await client.call(method, fillPath(path, {})), 403, 'tenant_suspended')
        assert.deepEqual(details, { tenant: 'other' }, id)
      }
    assert.equal((await mine.client.call('GET', '/v1/galleries/people')).status, 200)
    await resumeTenant(operator, 'other')
    const { body } = await theirs.client.call<Gallery>('GET', '/v1/galleries/people')
    assert.equal(body.faceCount, 1)
  })

  test('cannot be one that is not there', async () => {
    await assert.rejects(suspendTenant(operator, 'nobody'), { code: 'tenant_not_found' })
    await assert.rejects(resumeTenant(operator, 'nobody'), { code: 'tenant_not_found' })
  })
})

test('a revoked or expired key opens nothing', async () => {
  const expired = await operator.newClient({ expiresAt: new Date(Date.now() - 1) })
  const revoked = await operator.newClient({ expiresAt: new Date(Date.now() + 60_000) })
  assert.equal((await revoked.call('GET', '/v1/galleries')).status, 200)
  await revokeCredential(operator, revoked.id)
  for (const { call } of [expired, revoked]) assertProblem(await call('GET', '/v1/galleries'), 401, 'key_invalid')
})

test('a tenant is made once, with an id that can stand anywhere', async () => {
  await assert.rejects(createTenant(operator, { id: 'other' }), { code: 'tenant_exists' })
  for (const id of ['', 'A', 'a b', '-a', 'a-', 'a/b', 'ä', 'a'.repeat(65)])
    await assert.rejects(createTenant(operator, { id }), { code: 'request_invalid' })
  await createTenant(operator, { id: 'a'.repeat(64) })
})

test('names of tenants, keys and pairs are short and plain', async () => {
  const bindings = { tenantId: 'other', regionId: 'eu' }
  for (const name of ['x'.repeat(201), 'two\nlines', 'half \ud800'])
    for (const create of [
      () => createTenant(operator, { id: 'named', name }),
      () => createKey(operator, { ...bindings, name }),
      () => createCredential(operator, { ...bindings, protocol: 'alibaba', name }),
    ])
      await assert.rejects(create(), { code: 'request_invalid' })
  await createKey(operator, { ...bindings, name: 'x'.repeat(200) })
})

test('a key needs a tenant and a region that are there', async () => {
  await assert.rejects(operator.newClient({ tenantId: 'nobody' }), { code: 'tenant_not_found' })
  await assert.rejects(operator.newClient({ regionId: 'mars' }), error => {
    assert.ok(error instanceof AppError)
    assert.equal(error.code, 'region_not_found')
    assert.match(error.message, /"mars".*default, eu/)
    return true
  })
})
