// Native API: galleries, from creation to deletion with everyone in them.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { pictureOf } from '../src/vision/pictures.fixture.ts'
import type { Gallery, Page, SearchAnswer } from './answers.ts'
import {
  assertProblem,
  assertRecent,
  assertUuidV7,
  base64,
  countStored,
  createGallery,
  enrol,
  launchReady,
} from './support.ts'

const server = await launchReady()
after(() => server.close())
const { call } = server

describe('creating', () => {
  test("with the caller's id, name and description", async () => {
    const wanted = { id: 'staff-1.b_C', name: 'Staff', description: 'Everyone with a badge' }
    const { status, headers, body } = await call<Gallery>('POST', '/v1/galleries', wanted)
    assert.equal(status, 201)
    assert.match(headers.get('content-type') ?? '', /^application\/json/)
    assertUuidV7(headers.get('x-request-id'))
    const { createdAt, updatedAt, policy, code, ...rest } = body
    assert.match(code, /^sg[0-9a-z]{10}$/)
    assert.deepEqual(policy, {
      maxFacesPerSubject: 5,
      whenFull: 'refuse',
      existingSubject: 'append',
      severalFaces: 'largest',
      duplicates: 'allow',
      duplicateThreshold: null,
      capture: 'optional',
      acceptance: { profile: 'none', rules: {} },
      probeAcceptance: { profile: 'none', rules: {} },
    })
    assert.deepEqual(rest, { ...wanted, pack: body.pack, revision: 0, subjectCount: 0, faceCount: 0 })
    assert.match(body.pack, /^open@\d+\.\d+\.\d+$/)
    assertRecent(createdAt)
    assert.equal(updatedAt, createdAt)
    assert.deepEqual((await call('GET', '/v1/galleries/staff-1.b_C')).body, body)
  })

  test('with an id of the server when none is given', async () => {
    const { status, body } = await call<Gallery>('POST', '/v1/galleries', {})
    assert.equal(status, 201)
    assertUuidV7(body.id)
    assert.equal(body.name, null)
    assert.equal(body.description, null)
  })

  test('twice under one id is a conflict, and the first one stays', async () => {
    await call('POST', '/v1/galleries', { id: 'once', name: 'first' })
    const again = await call('POST', '/v1/galleries', { id: 'once', name: 'second' })
    const { details } = assertProblem(again, 409, 'gallery_exists')
    assert.deepEqual(details, { gallery: 'once' })
    assert.equal((await call<Gallery>('GET', '/v1/galleries/once')).body.name, 'first')
  })

  test('ten times at once under one id succeeds once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => call('POST', '/v1/galleries', { id: 'race' })))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)])
  })

  test('ids are case-sensitive', async () => {
    await createGallery(server, 'Case')
    await createGallery(server, 'case')
  })
})

describe('listing', () => {
  test('goes through all galleries page by page, each once', async () => {
    for (let i = 0; i < 5; i++) await createGallery(server, `list-${i}`)
    const { body: all } = await call<Page<Gallery>>('GET', '/v1/galleries')
    assert.equal(all.nextCursor, null)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { status, body } = await call<Page<Gallery>>('GET', `/v1/galleries?limit=2${query}`)
      assert.equal(status, 200)
      assert.ok(body.items.length > 0 && body.items.length <= 2)
      seen.push(...body.items.map(gallery => gallery.id))
      cursor = body.nextCursor
    } while (cursor !== null)
    assert.deepEqual(
      seen,
      all.items.map(gallery => gallery.id),
    )
    assert.equal(new Set(seen).size, seen.length)
  })

  test('refuses a page size or a cursor that is none', async () => {
    for (const query of ['limit=0', 'limit=1001', 'limit=ten', 'limit=1.5', 'cursor=', 'cursor=nonsense'])
      assertProblem(await call('GET', `/v1/galleries?${query}`), 400, 'request_invalid')
  })
})

describe('changing', () => {
  test('changes what is given and leaves the rest', async () => {
    const created = await createGallery(server, 'change')
    const path = '/v1/galleries/change'
    const { status, body } = await call<Gallery>('PATCH', path, { name: 'New' })
    assert.equal(status, 200)
    assert.equal(body.name, 'New')
    assert.ok(body.updatedAt >= created.updatedAt)
    assert.equal(body.createdAt, created.createdAt)
    assert.equal((await call<Gallery>('PATCH', path, { description: 'Text' })).body.name, 'New')
    const cleared = (await call<Gallery>('PATCH', path, { name: null })).body
    assert.deepEqual([cleared.name, cleared.description], [null, 'Text'])
    assert.deepEqual((await call('GET', path)).body, cleared)
  })

  test('an id is never changed', async () => {
    assertProblem(await call('PATCH', '/v1/galleries/change', { id: 'other' }), 400, 'request_invalid')
  })
})

describe('deleting', () => {
  test('takes everyone in it along, pictures too, and the same id starts empty', async () => {
    const ada = await pictureOf('ada')
    await createGallery(server, 'gone')
    const { files } = await countStored(server)
    const { face } = await enrol(server, 'gone', ada, { subjectId: 'ada' })
    assert.equal((await countStored(server)).files, files + 1)
    assert.equal((await call<Gallery>('GET', '/v1/galleries/gone')).body.faceCount, 1)

    const deleted = await call('DELETE', '/v1/galleries/gone')
    assert.deepEqual([deleted.status, deleted.body], [204, ''])
    assert.equal((await countStored(server)).files, files)
    assertProblem(await call('GET', '/v1/galleries/gone'), 404, 'gallery_not_found')
    assertProblem(await call('DELETE', '/v1/galleries/gone'), 404, 'gallery_not_found')
    const search = { image: base64(ada), threshold: 0 }
    assertProblem(await call('POST', '/v1/galleries/gone/search', search), 404, 'gallery_not_found')

    const again = await createGallery(server, 'gone')
    assert.deepEqual([again.subjectCount, again.faceCount], [0, 0])
    const { body } = await call<SearchAnswer>('POST', '/v1/galleries/gone/search', search)
    assert.deepEqual([body.candidates, body.gallerySize], [[], 0])
    assertProblem(await call('GET', `/v1/galleries/gone/faces/${face.id}`), 404, 'face_not_found')
    assertProblem(await call('GET', '/v1/galleries/gone/subjects/ada'), 404, 'subject_not_found')
  })
})

test('a gallery that never was is not found by any call', async () => {
  const image = base64(await pictureOf('bea'))
  const base = '/v1/galleries/nowhere'
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['PATCH', '', { name: 'x' }],
    ['DELETE', '', undefined],
    ['POST', '/faces', { image }],
    ['GET', '/faces', undefined],
    ['GET', '/faces/x', undefined],
    ['DELETE', '/faces/x', undefined],
    ['GET', '/subjects', undefined],
    ['GET', '/subjects/x', undefined],
    ['GET', '/subjects/x/faces', undefined],
    ['PATCH', '/subjects/x', { metadata: {} }],
    ['DELETE', '/subjects/x', undefined],
    ['POST', '/search', { image }],
    ['POST', '/subjects/x/verify', { image }],
  ] as const) {
    const { details } = assertProblem(await call(method, base + path, body), 404, 'gallery_not_found')
    assert.deepEqual(details, { gallery: 'nowhere' })
  }
})
