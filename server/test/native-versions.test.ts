// Native API: ETag, If-Match and If-None-Match of galleries and subjects.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { pictureOf } from '../src/vision/pictures.fixture.ts'
import type { Gallery, Subject } from './answers.ts'
import { assertProblem, createGallery, enrol, launchReady } from './support.ts'

const server = await launchReady()
after(() => server.close())
const { call } = server
const ada = await pictureOf('ada')

const tagOf = ({ headers }: { headers: Headers }): string => {
  const tag = headers.get('etag') ?? ''
  assert.match(tag, /^"[^"]+"$/, 'a strong ETag')
  return tag
}
const readTag = async (path: string): Promise<string> => tagOf(await call('GET', path))
const changeTo = (path: string, body: object, tag: string) => call('PATCH', path, body, { 'if-match': tag })

describe('a gallery', () => {
  const PATH = '/v1/galleries/people'

  test('has one ETag when it is made and read, and a new one with each change of it or of its content', async () => {
    const made = tagOf(await call('POST', '/v1/galleries', { id: 'people' }))
    assert.equal(await readTag(PATH), made)
    const renamed = tagOf(await call('PATCH', PATH, { name: 'People' }))
    assert.equal(await readTag(PATH), renamed)
    await enrol(server, 'people', ada, { subjectId: 'ada' })
    assert.equal(new Set([made, renamed, await readTag(PATH)]).size, 3)
  })

  test('is changed only in the version that If-Match names', async () => {
    const tag = await readTag(PATH)
    const changed = await changeTo(PATH, { name: 'One' }, tag)
    assert.equal(changed.status, 200)
    assertProblem(await changeTo(PATH, { name: 'Two' }, tag), 412, 'precondition_failed')
    assertProblem(await changeTo(PATH, { name: 'Two' }, `W/${tagOf(changed)}`), 412, 'precondition_failed')
    assert.equal((await call<Gallery>('GET', PATH)).body.name, 'One')
    assert.equal((await changeTo(PATH, { name: 'Three' }, `"other", ${tagOf(changed)}`)).status, 200)
    assert.equal((await changeTo(PATH, { name: 'Four' }, '*')).status, 200)
  })

  test('is changed once by ten who saw the same version', async () => {
    const tag = await readTag(PATH)
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => changeTo(PATH, { name: `${index}` }, tag)),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(9).fill(412)])
  })

  test('is not sent again to who has it', async () => {
    const tag = await readTag(PATH)
    for (const seen of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const answer = await call('GET', PATH, undefined, { 'if-none-match': seen })
      assert.deepEqual([answer.status, answer.body, answer.headers.get('etag')], [304, '', tag])
    }
    assert.equal((await call('GET', PATH, undefined, { 'if-none-match': '"x"' })).status, 200)
  })

  test('is deleted only in the version that If-Match names; one made anew has another', async () => {
    await createGallery(server, 'brief')
    const path = '/v1/galleries/brief'
    const tag = await readTag(path)
    assertProblem(await call('DELETE', path, undefined, { 'if-match': '"x"' }), 412, 'precondition_failed')
    assert.equal((await call('DELETE', path, undefined, { 'if-match': tag })).status, 204)
    assertProblem(await call('DELETE', path, undefined, { 'if-match': tag }), 404, 'gallery_not_found')
    await createGallery(server, 'brief')
    assertProblem(await changeTo(path, { name: 'x' }, tag), 412, 'precondition_failed')
  })
})

describe('a subject', () => {
  const PATH = '/v1/galleries/people/subjects/ada'

  test('has a new ETag with each change of its metadata and its faces', async () => {
    const first = await readTag(PATH)
    const changed = tagOf(await call('PATCH', PATH, { metadata: { a: 1 } }))
    assert.equal(await readTag(PATH), changed)
    const { face } = await enrol(server, 'people', ada, { subjectId: 'ada' })
    const grown = await readTag(PATH)
    await call('DELETE', `/v1/galleries/people/faces/${face.id}`)
    assert.equal(new Set([first, changed, grown, await readTag(PATH)]).size, 4)
    await enrol(server, 'people', await pictureOf('bea'), { subjectId: 'bea' })
    const still = await call('GET', PATH, undefined, { 'if-none-match': await readTag(PATH) })
    assert.deepEqual([still.status, still.body], [304, ''])
  })

  test('is changed and deleted only in the version that If-Match names', async () => {
    const tag = await readTag(PATH)
    assert.equal((await changeTo(PATH, { metadata: { b: 2 } }, tag)).status, 200)
    assertProblem(await changeTo(PATH, { metadata: { c: 3 } }, tag), 412, 'precondition_failed')
    assertProblem(await call('DELETE', PATH, undefined, { 'if-match': tag }), 412, 'precondition_failed')
    assert.deepEqual((await call<Subject>('GET', PATH)).body.metadata, { b: 2 })
    const present = await readTag(PATH)
    assert.equal((await call('DELETE', PATH, undefined, { 'if-match': present })).status, 204)
    await enrol(server, 'people', ada, { subjectId: 'ada' })
    assertProblem(await changeTo(PATH, { metadata: {} }, present), 412, 'precondition_failed')
  })

  test('that is not there is not found, whatever the header says', async () => {
    const path = '/v1/galleries/people/subjects/nobody'
    for (const tag of ['*', '"x"']) {
      assertProblem(await changeTo(path, { metadata: {} }, tag), 404, 'subject_not_found')
      assertProblem(await call('DELETE', path, undefined, { 'if-match': tag }), 404, 'subject_not_found')
    }
  })
})

test('headers that are no ETags are refused', async () => {
  for (const header of ['x', '"x', '"x" "y"', 'W/x'])
    for (const path of ['/v1/galleries/people', '/v1/galleries/people/subjects/ada']) {
      const body = path.endsWith('ada') ? { metadata: {} } : { name: 'x' }
      assertProblem(await changeTo(path, body, header), 400, 'request_invalid')
      assertProblem(await call('DELETE', path, undefined, { 'if-match': header }), 400, 'request_invalid')
      assertProblem(await call('GET', path, undefined, { 'if-none-match': header }), 400, 'request_invalid')
    }
})
