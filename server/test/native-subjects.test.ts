// Native API: subjects, listed, read, changed and erased.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { otherPictureOf, pictureOf } from '../src/vision/pictures.fixture.ts'
import type { Gallery, Page, SearchAnswer, Subject } from './answers.ts'
import { assertProblem, assertRecent, base64, countStored, createGallery, enrol, launchReady } from './support.ts'

const server = await launchReady()
after(() => server.close())
const { call } = server
await createGallery(server, 'people')
const SUBJECTS = '/v1/galleries/people/subjects'
const ada = await pictureOf('ada')

test('reading a subject shows it with its faces', async () => {
  const { face } = await enrol(server, 'people', ada, { subjectId: 'ada', metadata: { name: 'Ada' } })
  const { status, body } = await call<Subject>('GET', `${SUBJECTS}/ada`)
  assert.equal(status, 200)
  const { createdAt, updatedAt, ...rest } = body
  assert.deepEqual(rest, { id: 'ada', galleryId: 'people', faceCount: 1, metadata: { name: 'Ada' }, faces: [face] })
  assertRecent(createdAt)
  assertRecent(updatedAt)
})

test('listing goes through all subjects by id, page by page', async () => {
  await createGallery(server, 'many')
  const ids = ['m', 'B', 'a', 'ä', '10', '9', 'Z', 'zz']
  for (const subjectId of ids) await enrol(server, 'many', ada, { subjectId })
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { body } = await call<Page<Subject>>('GET', `/v1/galleries/many/subjects?limit=3${query}`)
    assert.ok(body.items.length <= 3)
    for (const item of body.items) assert.deepEqual([item.galleryId, item.faceCount], ['many', 1])
    seen.push(...body.items.map(subject => subject.id))
    cursor = body.nextCursor
  } while (cursor !== null)
  assert.deepEqual(
    seen,
    ids.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
  )
  for (const query of ['limit=0', 'limit=1001', 'cursor=nonsense'])
    assertProblem(await call('GET', `/v1/galleries/many/subjects?${query}`), 400, 'request_invalid')
})

describe('changing', () => {
  test('replaces the metadata as a whole, and searches show it', async () => {
    const before = (await call<Subject>('GET', `${SUBJECTS}/ada`)).body
    const { status, body } = await call<Subject>('PATCH', `${SUBJECTS}/ada`, { metadata: { floor: 2 } })
    assert.equal(status, 200)
    assert.deepEqual([body.metadata, body.faceCount, body.createdAt], [{ floor: 2 }, 1, before.createdAt])
    assert.ok(body.updatedAt >= before.updatedAt)
    const search = await call<SearchAnswer>('POST', '/v1/galleries/people/search', { image: base64(ada) })
    assert.deepEqual(search.body.candidates[0].metadata, { floor: 2 })
  })

  test('refuses what is no flat object of 16 KB, and leaves it as it was', async () => {
    for (const metadata of [{ a: { b: 1 } }, { a: [1] }, [], 'text', null, { a: 'x'.repeat(16_400) }])
      assertProblem(await call('PATCH', `${SUBJECTS}/ada`, { metadata }), 400, 'request_invalid')
    assertProblem(await call('PATCH', `${SUBJECTS}/ada`, {}), 400, 'request_invalid')
    assertProblem(await call('PATCH', `${SUBJECTS}/ada`, { metadata: {}, id: 'bea' }), 400, 'request_invalid')
    assert.deepEqual((await call<Subject>('GET', `${SUBJECTS}/ada`)).body.metadata, { floor: 2 })
  })
})

describe('deleting', () => {
  test('erases all faces and pictures; the next search finds nobody', async () => {
    await createGallery(server, 'leaving')
    const { files } = await countStored(server)
    await enrol(server, 'leaving', ada, { subjectId: 'ada' })
    await enrol(server, 'leaving', await otherPictureOf('ada'), { subjectId: 'ada' })
    const bea = await enrol(server, 'leaving', await pictureOf('bea'), { subjectId: 'bea' })
    const deleted = await call('DELETE', '/v1/galleries/leaving/subjects/ada')
    assert.deepEqual([deleted.status, deleted.body], [204, ''])

    const search = await call<SearchAnswer>('POST', '/v1/galleries/leaving/search', {
      image: base64(ada),
      threshold: 0,
    })
    assert.deepEqual(
      search.body.candidates.map(({ faceId }) => faceId),
      [bea.face.id],
    )
    assert.equal((await countStored(server)).files, files + 1)
    const { body } = await call<Gallery>('GET', '/v1/galleries/leaving')
    assert.deepEqual([body.subjectCount, body.faceCount], [1, 1])
    assertProblem(await call('DELETE', '/v1/galleries/leaving/subjects/ada'), 404, 'subject_not_found')
  })

  test('the same id can be enrolled again, and starts anew', async () => {
    const { subject } = await enrol(server, 'leaving', ada, { subjectId: 'ada' })
    assert.deepEqual(subject, { id: 'ada', faceCount: 1, metadata: {} })
    const search = await call<SearchAnswer>('POST', '/v1/galleries/leaving/search', { image: base64(ada) })
    assert.equal(search.body.candidates[0].subjectId, 'ada')
  })
})

test('a subject that never was is not found by any call', async () => {
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['GET', '/faces', undefined],
    ['PATCH', '', { metadata: {} }],
    ['DELETE', '', undefined],
    ['POST', '/verify', { image: base64(ada) }],
  ] as const) {
    const { details } = assertProblem(await call(method, `${SUBJECTS}/Ada${path}`, body), 404, 'subject_not_found')
    assert.deepEqual(details, { gallery: 'people', subject: 'Ada' })
  }
})
