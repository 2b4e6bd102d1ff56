// Galleries that enrol faces of passed capture sessions only take none over the vendors' protocols, whatever policy those
// bring; each says so in its own words.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { updateGallery } from '../../src/core/galleries.ts'
import type { Caller } from '../../src/http/protocols/advance/caller.ts'
import { enrollUser } from '../../src/http/protocols/advance/face-authentication.ts'
import { addFace } from '../../src/http/protocols/advance/face-search.ts'
import { createFaceSet } from '../../src/http/protocols/advance/face-sets.ts'
import { type FakeCore, fakePicture, openFakeCore } from '../fake-core.ts'
import { makeGroup, openAlibaba, recordOf, recordsOf } from './alibaba-app.ts'
import { base64Of } from './judging-engine.ts'
import { openVerihubs } from './verihubs-app.ts'

/** The gallery with these faces, from now on. */
const demand = async ({ context, principal, region }: FakeCore, faces: number): Promise<void> => {
  const { items } = await region.store.galleries.list(principal.tenantId, { limit: 10, cursor: null })
  const [{ uid, id }] = items
  assert.deepEqual([items.length, (await region.store.galleries.counts(uid)).faces], [1, faces])
  await updateGallery(context, principal, id, { policy: { capture: 'required' } })
}

const countFaces = async ({ principal, region }: FakeCore): Promise<number> => {
  const [{ uid }] = (await region.store.galleries.list(principal.tenantId, { limit: 10, cursor: null })).items
  return (await region.store.galleries.counts(uid)).faces
}

test('Verihubs', async () => {
  const { app, newApplication, close } = await openVerihubs()
  after(close)
  const { call } = await newApplication()
  const image = base64Of({ person: 'ada' })
  assert.equal((await call('/enroll', { image, subject_id: 'ada' })).status, 200)
  await demand(app.core, 1)
  const refused = await call('/enroll', { image, subject_id: 'eve' })
  assert.deepEqual([refused.status, refused.body.error_code], [500, 'INTERNAL_SERVER_ERROR'])
  assert.equal(await countFaces(app.core), 1)
})

test('Alibaba Cloud', async () => {
  const { app, client } = await openAlibaba()
  after(() => app.close())
  const { add } = recordsOf(client, await makeGroup(client, 'people'))
  assert.equal((await add(recordOf('ada'))).body.Code, 'Success')
  await demand(app.core, 1)
  assert.equal((await add(recordOf('eve'))).body.Code, 'InvalidParameter')
  assert.equal(await countFaces(app.core), 1)
})

test('ADVANCE.AI: Face Search and Face Authentication', async () => {
  const core = await openFakeCore()
  after(() => core.close())
  const caller: Caller = {
    core: core.context,
    principal: core.principal,
    signal: new AbortController().signal,
    note: () => {},
    linkTo: async () => null,
    linkToFrame: async () => '',
  }
  const { id } = await createFaceSet(caller, {})
  await demand(core, 0)
  await assert.rejects(addFace(caller, id, fakePicture({ person: 'ada' }), {}), { code: 'session_result_required' })
  const gallery = 'authentication'
  const enrollment = () => ({ userId: 'ada', region: 'IDN', picture: fakePicture({ person: 'ada' }) })
  await enrollUser(caller, gallery, enrollment())
  await updateGallery(core.context, core.principal, gallery, { policy: { capture: 'required' } })
  await assert.rejects(enrollUser(caller, gallery, enrollment()), { code: 'session_result_required' })
})
