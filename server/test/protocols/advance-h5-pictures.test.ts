// The face search of ADVANCE.AI's hosted pages with the real network: sessions are moved on by the store, their faces are those
// of photographs.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { DEFAULT_REGION, DEFAULT_TENANT, openControl, openRegionData, openVaultOf } from '../../src/main.ts'
import { adaElsewhere, otherPictureOf, pictureOf } from '../../src/vision/pictures.fixture.ts'
import { enrol, launchReady, type TestServer } from '../support.ts'
import { type Advance, assertDone, createPair, openAdvance, send } from './advance-app.ts'
import { H5, LINK } from './h5-app.ts'

let server: TestServer
let advance: Advance
before(async () => {
  server = await launchReady()
  advance = await openAdvance(server, await createPair(server))
})
after(() => server?.close())

const ask = async <T>(path: string, body: object): Promise<T> => {
  const headers = { 'x-access-token': advance.token, 'content-type': 'application/json' }
  return assertDone(await send<T>(server.url, 'POST', H5 + path, { headers, body: JSON.stringify(body) }))
}

/** A transaction that has passed with the face of this picture. */
const passAs = async (userId: string, picture: Uint8Array): Promise<string> => {
  const { signatureId } = await ask<{ signatureId: string }>('/generate-url', { ...LINK, userId })
  const { face } = await enrol(server, 'advance-h5', picture, { subjectId: userId })
  const control = await openControl(server.config)
  const { store } = await openRegionData(server.config, await openVaultOf(server.config, control), DEFAULT_REGION)
  const session = await store.sessions.findByPublicId(DEFAULT_TENANT, 'advance', signatureId)
  const [{ template }] = await store.faces.templatesOf([face.id])
  const kept = await store.galleries.find(DEFAULT_TENANT, 'advance-h5')
  const now = new Date()
  const verdict = {
    judgedAt: now,
    frame: null,
    template,
    pack: kept!.pack,
    liveness: null,
    events: [],
    similarity: null,
    threshold: null,
    candidates: [],
    faceId: face.id,
    subjectId: userId,
  }
  const change = { state: 'passed', ended: true, endedAt: now, submittedAt: now, verdict } as const
  assert.ok(await store.sessions.update(session!.id, session!.revision, change))
  await store.close()
  await control.close()
  return signatureId
}

test('a person is found among others by what she passed as before, and nobody else is', async () => {
  const first = await passAs('ada-1', await pictureOf('ada'))
  await passAs('bea-1', await pictureOf('bea'))
  const again = await passAs('ada-2', await adaElsewhere())
  const other = await passAs('bea-2', await otherPictureOf('bea'))
  const found = await Promise.all(
    [first, again, other].map(signatureId =>
      ask<{ similarFaceUserIds: string[]; simliarFaceUserIds: string[] }>('/face-search', { signatureId }),
    ),
  )
  assert.deepEqual(
    found.map(({ similarFaceUserIds }) => similarFaceUserIds),
    [['ada-2'], ['ada-1'], ['bea-1']],
  )
  for (const { similarFaceUserIds, simliarFaceUserIds } of found)
    assert.deepEqual(simliarFaceUserIds, similarFaceUserIds)
})
