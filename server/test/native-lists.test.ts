// Native API: lists of faces, lists and searches filtered by metadata, searches over several galleries.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { otherPictureOf, pictureOf } from '../src/vision/pictures.fixture.ts'
import type { Face, Page, SearchAnswer, Subject } from './answers.ts'
import { assertProblem, base64, createGallery, enrol, launchReady } from './support.ts'

const server = await launchReady()
after(() => server.close())
const { call } = server
const [ada, bea] = [await pictureOf('ada'), await pictureOf('bea')]

await createGallery(server, 'staff')
await createGallery(server, 'guests')
const faces: Face[] = []
for (const [subjectId, picture, metadata] of [
  ['ada', ada, { department: 'sales', floor: 3, badge: null }],
  ['bea', bea, { department: 'sales', floor: '3', remote: true }],
  ['ada', await otherPictureOf('ada'), undefined],
] as const)
  faces.push((await enrol(server, 'staff', picture, { subjectId, metadata })).face)
await enrol(server, 'guests', ada, { subjectId: 'visitor', metadata: { floor: 3 } })

const readAll = async <T>(path: string, limit: number): Promise<T[]> => {
  const items: T[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = `limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
    const answer: { status: number; body: Page<T> } = await call(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}${query}`,
    )
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.ok(answer.body.items.length <= limit)
    items.push(...answer.body.items)
    cursor = answer.body.nextCursor
  }
  return items
}

describe('faces', () => {
  test('of a gallery and of a subject are listed page by page, in the order of their enrolment', async () => {
    for (const limit of [1, 2, 3, 100]) {
      assert.deepEqual(await readAll<Face>('/v1/galleries/staff/faces', limit), faces)
      assert.deepEqual(await readAll<Face>('/v1/galleries/staff/subjects/ada/faces', limit), [faces[0], faces[2]])
    }
    assert.equal((await readAll<Face>('/v1/galleries/guests/faces', 10)).length, 1)
  })

  test('need a cursor of a list of faces', async () => {
    const { body } = await call<Page<Subject>>('GET', '/v1/galleries/staff/subjects?limit=1')
    const forged = Buffer.from(`faces:${faces[0].id}\n`).toString('base64url')
    for (const list of ['faces', 'subjects/ada/faces'])
      for (const cursor of ['nonsense', body.nextCursor, forged, `${body.nextCursor}=`])
        assertProblem(await call('GET', `/v1/galleries/staff/${list}?cursor=${cursor}`), 400, 'request_invalid')
  })
})

describe('subjects', () => {
  const find = async (query: string): Promise<string[]> =>
    (await readAll<Subject>(`/v1/galleries/staff/subjects?${query}`, 1)).map(({ id }) => id)

  test('are listed by their metadata, by value and type', async () => {
    for (const [query, ids] of [
      ['metadata.department=sales', ['ada', 'bea']],
      ['metadata.floor=3', ['ada']],
      ['metadata.floor=%223%22', ['bea']],
      ['metadata.floor=3&metadata.department=sales', ['ada']],
      ['metadata.badge=null', ['ada']],
      ['metadata.remote=true', ['bea']],
      ['metadata.remote=1', []],
      ['metadata.Department=sales', []],
    ] as const)
      assert.deepEqual(await find(query), ids, query)
  })

  test('are filtered by ten keys at most, each given once', async () => {
    const keys = (count: number) => Array.from({ length: count }, (_, index) => `metadata.k${index}=x`).join('&')
    assert.deepEqual(await find(keys(10)), [])
    for (const query of [
      'metadata.a=x%00',

      keys(11),
      'metadata.a=1&metadata.a=2',
      'metadata.=1',
    ])
      assertProblem(await call('GET', `/v1/galleries/staff/subjects?${query}`), 400, 'request_invalid')
  })
})

describe('searching', () => {
  const search = (body: object, path = '/v1/search') =>
    call<SearchAnswer>('POST', path, { image: base64(ada), ...body })
  const who = ({ body }: { body: SearchAnswer }) =>
    body.candidates.map(({ galleryId, subjectId }) => `${galleryId}/${subjectId}`)

  test('several galleries gives one list, each candidate with its gallery', async () => {
    const answer = await search({ galleries: ['staff', 'guests'], limit: 2 })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.deepEqual(who(answer).sort(), ['guests/visitor', 'staff/ada'])
    assert.equal(answer.body.gallerySize, 4)
    assert.ok(answer.body.box.width > 50)
  })

  test('with a filter leaves the others out', async () => {
    const filter = { floor: 3 }
    const both = await search({ galleries: ['staff', 'guests'], threshold: 0, filter })
    assert.deepEqual(who(both).sort(), ['guests/visitor', 'staff/ada'])
    assert.deepEqual(who(await search({ threshold: 0, filter }, '/v1/galleries/staff/search')), ['staff/ada'])
    const nobody = { threshold: 0, filter: { floor: 4 } }
    assert.deepEqual(who(await search(nobody, '/v1/galleries/staff/search')), [])
  })

  test('takes galleries and filter from a form too', async () => {
    const form = new FormData()
    form.set('image', new Blob([new Uint8Array(ada)]), 'ada.jpg')
    form.set('galleries', '["staff", "guests"]')
    form.set('filter', '{"department": "sales"}')
    assert.deepEqual(who(await call<SearchAnswer>('POST', '/v1/search', form)), ['staff/ada'])
  })

  test('refuses galleries that are none, too many, one twice or not there', async () => {
    const many = Array.from({ length: 21 }, (_, index) => `g${index}`)
    for (const galleries of [undefined, null, 'staff', [], many, ['staff', 'staff'], [''], [5]])
      assertProblem(await search({ galleries }), 400, 'request_invalid')
    const { details } = assertProblem(await search({ galleries: ['staff', 'nowhere'] }), 404, 'gallery_not_found')
    assert.deepEqual(details, { gallery: 'nowhere' })
    assertProblem(await search({ galleries: ['staff'], threshold: 1, maxFpir: 0.1 }), 400, 'threshold_conflict')
  })

  test('refuses a filter that is no flat object of ten keys', async () => {
    const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`k${index}`, index]))
    for (const filter of [{ a: [1] }, { a: { b: 1 } }, [], 'sales', null, eleven])
      assertProblem(await search({ filter }, '/v1/galleries/staff/search'), 400, 'request_invalid')
  })
})
