// Idempotent calls when something fails between the work and the keeping of its answer, and when their time is over.
import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { pruneAnswers } from '../src/core/idempotency.ts'
import type { KeptAnswerStore } from '../src/core/kept-answer-ports.ts'
import type { Limits } from '../src/limits.ts'
import type { EnrolAnswer, Gallery, Page, SearchAnswer } from './answers.ts'
import { type FakeApp, openFakeApp } from './fake-app.ts'
import { fakePicture } from './fake-core.ts'
import { assertProblem, base64, createGallery } from './support.ts'

const FACES = '/v1/galleries/people/faces'
const KEY = { 'idempotency-key': 'one' }
const HOUR_MS = 3_600_000
const body = { image: base64(fakePicture({ person: 'ann' })) }
const open = new Set<FakeApp>()
after(async () => {
  for (const app of open) await app.close()
})

/** An application whose keeping of answers can be made to fail, and whose clock can be set. */
const openApp = async (limits: Partial<Limits> = {}) => {
  const state = { keep: 'works' as 'works' | 'fails' | 'dies', nowMs: Date.now() }
  const app = await openFakeApp({
    limits,
    change: { clock: { now: () => new Date(state.nowMs) }, ids: { next: () => randomUUIDv7() } },
  })
  open.add(app)
  const { keptAnswers } = app.core.context.control
  const { keep } = keptAnswers
  const faulty: KeptAnswerStore['keep'] = (...call) => {
    if (state.keep === 'fails') return Promise.reject(new Error('disk'))
    if (state.keep === 'dies') return new Promise(() => {})
    return keep(...call)
  }
  Object.assign(keptAnswers, { keep: faulty })
  await createGallery(app, 'people')
  return { app, state }
}

const countFaces = async (app: FakeApp): Promise<number> =>
  (await app.call<Gallery>('GET', '/v1/galleries/people')).body.faceCount

describe('an enrolment whose answer was not kept', () => {
  test('is answered 5xx, and is found by the next try in place of another enrolment', async () => {
    const { app, state } = await openApp()
    state.keep = 'fails'
    assertProblem(await app.call('POST', FACES, body, KEY), 500, 'internal')
    assert.equal(await countFaces(app), 1)
    assertProblem(await app.call('POST', FACES, body, KEY), 500, 'internal')
    state.keep = 'works'
    const found = await app.call<EnrolAnswer>('POST', FACES, body, KEY)
    assert.equal(found.status, 201)
    assert.equal(await countFaces(app), 1)
    assert.equal(found.body.subject.faceCount, 1)
    const again = await app.call<EnrolAnswer>('POST', FACES, body, KEY)
    assert.deepEqual(again.body, found.body)
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    const search = await app.call<SearchAnswer>('POST', '/v1/galleries/people/search', body)
    assert.deepEqual(
      search.body.candidates.map(({ faceId }) => faceId),
      [found.body.face.id],
    )
  })

  test('holds for a gallery too, with an id of its own and without', async () => {
    const { app, state } = await openApp()
    for (const gallery of [{ name: 'No id' }, { id: 'with-id' }]) {
      const key = { 'idempotency-key': JSON.stringify(gallery).replace(' ', '') }
      state.keep = 'fails'
      assertProblem(await app.call('POST', '/v1/galleries', gallery, key), 500, 'internal')
      state.keep = 'works'
      assert.equal((await app.call('POST', '/v1/galleries', gallery, key)).status, 201)
    }
    const { body: list } = await app.call<Page<Gallery>>('GET', '/v1/galleries')
    assert.equal(list.items.length, 3)
    assertProblem(await app.call('POST', '/v1/galleries', { id: 'with-id' }), 409, 'gallery_exists')
  })

  test('because the process died: it runs until then, and is found after the next start', async () => {
    const { app, state } = await openApp()
    state.keep = 'dies'
    const dying = new AbortController()
    const headers = { ...KEY, authorization: `Bearer ${app.key}`, 'content-type': 'application/json' }
    const url = app.url + FACES
    const lost = fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal: dying.signal })
    lost.catch(() => {})
    while ((await countFaces(app)) === 0) await new Promise(resolve => setTimeout(resolve, 10))
    assertProblem(await app.call('POST', FACES, body, KEY), 409, 'idempotency_in_progress')
    dying.abort()
    state.keep = 'works'
    const next = await app.restart()
    open.delete(app)
    open.add(next)
    // The key of the application before, as the same caller would use.
    const found = await next.call<EnrolAnswer>('POST', FACES, body, { ...KEY, authorization: headers.authorization })
    assert.equal(found.status, 201)
    assert.equal(await countFaces(next), 1)
  })
})

describe('a kept answer', () => {
  test('is forgotten after 24 hours, and pruned', async () => {
    const { app, state } = await openApp()
    const first = await app.call<EnrolAnswer>('POST', FACES, body, KEY)
    state.nowMs += 24 * HOUR_MS - 1000
    await pruneAnswers(app.core.context)
    assert.deepEqual((await app.call<EnrolAnswer>('POST', FACES, body, KEY)).body, first.body)
    state.nowMs += 2000
    await pruneAnswers(app.core.context)
    const later = await app.call<EnrolAnswer>('POST', FACES, body, KEY)
    assert.equal(later.status, 201)
    assert.notEqual(later.body.face.id, first.body.face.id)
    assert.equal(await countFaces(app), 2)
  })

  test('is not kept when it is too large: the call is carried out again, and makes nothing twice', async () => {
    const { app } = await openApp({ maxKeptAnswerBytes: 100 })
    const first = await app.call<EnrolAnswer>('POST', FACES, body, KEY)
    const again = await app.call<EnrolAnswer>('POST', FACES, body, KEY)
    assert.equal(again.headers.get('idempotency-replayed'), null)
    assert.deepEqual(again.body, first.body)
    assert.equal(await countFaces(app), 1)
  })

  test('is not given again when what it speaks of gave way to something newer', async () => {
    const { app } = await openApp()
    const policy = { maxFacesPerSubject: 1, whenFull: 'replace_oldest' }
    assert.equal((await app.call('PATCH', '/v1/galleries/people', { policy })).status, 200)
    await app.call('POST', FACES, { ...body, subjectId: 'ann' }, KEY)
    await app.call('POST', FACES, { ...body, subjectId: 'ann' })
    const gone = await app.call('POST', FACES, { ...body, subjectId: 'ann' }, KEY)
    assertProblem(gone, 410, 'idempotency_answer_erased')
    assert.equal(await countFaces(app), 1)
  })

  test('lies sealed, and its key, its address and whom it is about only as hashes', async () => {
    const { app } = await openApp()
    const secret = 'not-in-the-database'
    const kept: unknown[] = []
    const { keptAnswers } = app.core.context.control
    const { claim, keep } = keptAnswers
    const watched: Pick<KeptAnswerStore, 'claim' | 'keep'> = {
      claim(...call) {
        kept.push(...call)
        return claim(...call)
      },
      keep(...call) {
        kept.push(...call)
        return keep(...call)
      },
    }
    Object.assign(keptAnswers, watched)
    const named = { ...body, subjectId: secret, metadata: { secret } }
    assert.equal((await app.call('POST', FACES, named, { 'idempotency-key': secret })).status, 201)
    assert.ok(kept.length >= 4)
    const bytes = Buffer.concat(
      kept.flatMap(value => [
        Buffer.from(JSON.stringify(value) ?? ''),
        ...Object.values(value as object).filter(field => field instanceof Uint8Array),
      ]),
    )
    assert.ok(!bytes.includes(secret))
    assert.ok(!bytes.includes('people'))
  })
})
