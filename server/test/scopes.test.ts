// Scopes: every operation says which one it needs, and refuses keys without it before it looks at anything else.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { SCOPES, type Scope } from '../src/core/types.ts'
import { fillPath, listOperations, openOperator } from './operator.ts'
import { assertProblem, type Client, countStored, createGallery, launchReady } from './support.ts'

const server = await launchReady()
const operator = await openOperator(server)
after(async () => {
  await operator.close()
  await server.close()
})
const operations = await listOperations(server)
await createGallery(server, 'people')

const clients = new Map<Scope, Client>()
for (const scope of SCOPES) clients.set(scope, await operator.newClient({ scopes: [scope] }))

/** By the words of the design; an operation that is not named here is a reading one. */
const EXPECTED: Readonly<Record<string, Scope>> = {
  createGallery: 'admin',
  updateGallery: 'admin',
  deleteGallery: 'admin',
  enrolFace: 'enrol',
  deleteFace: 'enrol',
  updateSubject: 'enrol',
  deleteSubject: 'enrol',
  searchGallery: 'search',
  verifySubject: 'search',
  compareImages: 'search',
  detectFaces: 'search',
  createSession: 'enrol',
  clearSession: 'enrol',
  listSessions: 'read',
  readSession: 'read',
  readSessionPicture: 'admin',
  readWebhook: 'admin',
  setWebhook: 'admin',
  deleteWebhook: 'admin',
  listAudit: 'admin',
  listTransactions: 'admin',
  readTransaction: 'admin',
  listUsage: 'admin',
  listGalleries: 'read',
  readGallery: 'read',
  listSubjects: 'read',
  readSubject: 'read',
  readFace: 'read',
}

test('every operation has a scope and says so', () => {
  for (const { id, scope, description } of operations) {
    assert.ok(SCOPES.includes(scope as Scope), `${id} says ${scope}`)
    assert.match(description, new RegExp(`"${scope}"`), id)
    if (id in EXPECTED) assert.equal(scope, EXPECTED[id], id)
  }
  const known = operations.map(({ id }) => id)
  assert.deepEqual(
    Object.keys(EXPECTED).filter(id => !known.includes(id)),
    [],
  )
})

for (const scope of SCOPES)
  test(`a key with the scope "${scope}" alone is refused what needs another`, async () => {
    const before = await countStored(server)
    const { call } = clients.get(scope)!
    for (const { id, method, path, scope: needed } of operations) {
      const answer = await call(method, fillPath(path, { gallery: 'nowhere' }))
      if (scope === needed || scope === 'admin') {
        assert.notEqual(answer.status, 403, `${id} with ${scope}`)
        continue
      }
      const { details } = assertProblem(answer, 403, 'scope_missing')
      assert.deepEqual(details, { scope: needed, scopes: [scope] }, id)
    }
    // With the admin scope createGallery would have made one, had it had a body.
    assert.deepEqual(await countStored(server), before)
  })

test('a key can have several scopes, and has all unless told otherwise', async () => {
  const some = await operator.newClient({ scopes: ['read', 'search'] })
  assert.equal((await some.call('GET', '/v1/galleries/people')).status, 200)
  assertProblem(await some.call('POST', '/v1/detect', {}), 400, 'image_missing')
  assertProblem(await some.call('DELETE', '/v1/galleries/people'), 403, 'scope_missing')
  const all = await operator.newClient()
  for (const { id, method, path } of operations)
    assert.notEqual((await all.call(method, fillPath(path, { gallery: 'nowhere' }))).status, 403, id)
})
