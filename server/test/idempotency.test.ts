// The header Idempotency-Key: a call that is sent again is answered as it was, and carried out once.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { otherPictureOf, pictureOf } from '../src/vision/pictures.fixture.ts'
import type { DetectAnswer, EnrolAnswer, Gallery, Page, Subject } from './answers.ts'
import { assertProblem, base64, createGallery, launchReady } from './support.ts'

let isPictureThere = false
const pictures = createServer((_request, response) => {
  if (isPictureThere) response.writeHead(200, { 'content-type': 'image/jpeg' }).end(ada)
  else response.writeHead(503).end()
})
await new Promise<void>(resolve => pictures.listen(0, '127.0.0.1', resolve))
const pictureHost = `127.0.0.1:${(pictures.address() as AddressInfo).port}`
const ada = await pictureOf('ada')
const bea = await pictureOf('bea')
const image = base64(ada)
const server = await launchReady({ imageUrlAllow: pictureHost })
after(async () => {
  await server.close()
  pictures.close()
})
const { call } = server
await createGallery(server, 'people')
const FACES = '/v1/galleries/people/faces'
const withKey = (key: string) => ({ 'idempotency-key': key })
const countFaces = async (gallery = 'people') => (await call<Gallery>('GET', `/v1/galleries/${gallery}`)).body.faceCount

describe('the same call again', () => {
  test('is answered as the first was, and enrols nothing', async () => {
    const first = await call<EnrolAnswer>('POST', FACES, { image, subjectId: 'ada' }, withKey('enrol-1'))
    assert.equal(first.status, 201)
    assert.equal(first.headers.get('idempotency-replayed'), null)
    const faces = await countFaces()
    const again = await call<EnrolAnswer>('POST', FACES, { image, subjectId: 'ada' }, withKey('enrol-1'))
    assert.equal(again.status, 201)
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    assert.equal(again.headers.get('content-type'), first.headers.get('content-type'))
    assert.notEqual(again.headers.get('x-request-id'), first.headers.get('x-request-id'))
    assert.deepEqual(again.body, first.body)
    assert.equal(await countFaces(), faces)
  })

  test('may have its fields in another order, and its form with another boundary', async () => {
    const first = await call<EnrolAnswer>('POST', FACES, { image, subjectId: 'order' }, withKey('order'))
    const again = await call<EnrolAnswer>('POST', FACES, { subjectId: 'order', image }, withKey('order'))
    assert.deepEqual(again.body, first.body)
    const form = () => {
      const made = new FormData()
      made.set('image', new Blob([new Uint8Array(bea)]), 'bea.jpg')
      made.set('metadata', '{"floor":3}')
      return made
    }
    const sent = await call<EnrolAnswer>('POST', FACES, form(), withKey('form'))
    assert.equal(sent.status, 201)
    const resent = await call<EnrolAnswer>('POST', FACES, form(), withKey('form'))
    assert.equal(resent.headers.get('idempotency-replayed'), 'true')
    assert.deepEqual(resent.body, sent.body)
  })

  test('fifty at once are one enrolment: one is done, the others are told that it runs or what it answered', async () => {
    await createGallery(server, 'crowd')
    const path = '/v1/galleries/crowd/faces'
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => call<EnrolAnswer>('POST', path, { image, subjectId: 'one' }, withKey('crowd'))),
    )
    assert.equal(await countFaces('crowd'), 1)
    const done = answers.filter(({ status }) => status === 201)
    assert.ok(done.length >= 1)
    for (const { body } of done) assert.deepEqual(body, done[0]?.body)
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      assertProblem(answer, 409, 'idempotency_in_progress')
      assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
    }
  })

  test('holds for changes, deletions and what only looks: also an empty answer and a template come again', async () => {
    const made = await call<Gallery>('POST', '/v1/galleries', { name: 'Made' }, withKey('gallery'))
    const madeAgain = await call<Gallery>('POST', '/v1/galleries', { name: 'Made' }, withKey('gallery'))
    assert.deepEqual([made.status, madeAgain.body], [201, made.body])
    const path = `/v1/galleries/${made.body.id}`
    const changed = await call<Gallery>('PATCH', path, { name: 'Changed' }, withKey('change'))
    const changedAgain = await call<Gallery>('PATCH', path, { name: 'Changed' }, withKey('change'))
    assert.deepEqual(changedAgain.body, changed.body)
    assert.equal(changedAgain.headers.get('etag'), changed.headers.get('etag'))
    const looked = await call<DetectAnswer>('POST', '/v1/detect', { image, template: true }, withKey('look'))
    const lookedAgain = await call<DetectAnswer>('POST', '/v1/detect', { image, template: true }, withKey('look'))
    assert.equal(looked.body.faces[0]?.template?.length, 128)
    assert.deepEqual(lookedAgain.body, looked.body)
    assert.equal(lookedAgain.headers.get('idempotency-replayed'), 'true')
    assert.equal((await call('DELETE', path, undefined, withKey('delete'))).status, 204)
    const deletedAgain = await call('DELETE', path, undefined, withKey('delete'))
    assert.deepEqual([deletedAgain.status, deletedAgain.body], [204, ''])
    assert.equal(deletedAgain.headers.get('idempotency-replayed'), 'true')
    assertProblem(await call('DELETE', path), 404, 'gallery_not_found')
  })

  test('is refused as the first was, where the refusal stays true', async () => {
    const path = '/v1/galleries/nowhere/faces'
    const first = await call('POST', path, { image }, withKey('refused'))
    const again = await call('POST', path, { image }, withKey('refused'))
    assertProblem(first, 404, 'gallery_not_found')
    assert.deepEqual([again.status, again.body], [404, first.body])
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
  })
})

describe('another call with the key', () => {
  test('is a conflict: another body, another picture, another query', async () => {
    await call('POST', FACES, { image, subjectId: 'fixed' }, withKey('fixed'))
    for (const body of [{ image, subjectId: 'other' }, { image: base64(bea), subjectId: 'fixed' }, { image }])
      assertProblem(await call('POST', FACES, body, withKey('fixed')), 409, 'idempotency_conflict')
    assertProblem(
      await call('POST', `${FACES}?a=1`, { image, subjectId: 'fixed' }, withKey('fixed')),
      409,
      'idempotency_conflict',
    )
  })

  test('is a call of its own at another address, by another method or for another credential', async () => {
    await createGallery(server, 'elsewhere')
    const first = await call('POST', FACES, { image, subjectId: 'shared' }, withKey('shared'))
    const other = await call('POST', '/v1/galleries/elsewhere/faces', { image, subjectId: 'shared' }, withKey('shared'))
    assert.deepEqual([first.status, other.status], [201, 201])
    assert.equal(other.headers.get('idempotency-replayed'), null)
    const patched = await call('PATCH', '/v1/galleries/elsewhere', { name: 'x' }, withKey('same'))
    const deleted = await call('DELETE', '/v1/galleries/elsewhere', undefined, withKey('same'))
    assert.deepEqual([patched.status, deleted.status], [200, 204])
  })
})

describe('a key', () => {
  test('has 1 to 255 visible ASCII characters', async () => {
    const longest = 'k'.repeat(255)
    assert.equal((await call('POST', '/v1/galleries', { id: 'long-key' }, withKey(longest))).status, 201)
    for (const key of [`${longest}k`, 'a b', 'é', ''])
      assertProblem(await call('POST', '/v1/galleries', { id: 'bad-key' }, withKey(key)), 400, 'request_invalid')
    assertProblem(await call('GET', '/v1/galleries/bad-key'), 404, 'gallery_not_found')
  })

  test('means nothing for what only reads', async () => {
    const read = await call('GET', '/v1/galleries', undefined, withKey('a b'))
    assert.equal(read.status, 200)
  })

  test('is free again when the call came to nothing', async () => {
    const body = { image: `http://${pictureHost}/ada.jpg`, subjectId: 'by-url' }
    assertProblem(await call('POST', FACES, body, withKey('passing')), 422, 'image_url_status')
    isPictureThere = true
    const again = await call('POST', FACES, body, withKey('passing'))
    assert.equal(again.status, 201)
    assert.equal(again.headers.get('idempotency-replayed'), null)
    isPictureThere = false
    assert.equal((await call('POST', FACES, body, withKey('passing'))).headers.get('idempotency-replayed'), 'true')
  })

  test('is free again when the caller was told that the server is busy', async () => {
    const busy = await launchReady({ maxQueuedImages: 1 })
    try {
      await createGallery(busy, 'people')
      const key = withKey('busy')
      const others = Array.from({ length: 12 }, () => busy.call('POST', '/v1/detect', { image }))
      const answers = await Promise.all([
        ...others,
        busy.call<EnrolAnswer>('POST', FACES, { image, subjectId: 'busy' }, key),
      ])
      assert.ok(answers.some(({ status }) => status === 503))
      const later = await busy.call<EnrolAnswer>('POST', FACES, { image, subjectId: 'busy' }, key)
      assert.equal(later.status, 201)
      assert.equal((await busy.call<Gallery>('GET', '/v1/galleries/people')).body.faceCount, 1)
    } finally {
      await busy.close()
    }
  })

  test('stays used when its caller hung up after the enrolment was taken in hand', async () => {
    const body = JSON.stringify({ image: base64(await otherPictureOf('ada')), subjectId: 'hung-up' })
    const headers = { authorization: `Bearer ${server.key}`, 'content-type': 'application/json', ...withKey('hung-up') }
    await fetch(server.url + FACES, { method: 'POST', headers, body, signal: AbortSignal.timeout(5) }).catch(() => {})
    const settle = async (): Promise<EnrolAnswer> => {
      const again = await call<EnrolAnswer>('POST', FACES, body, { ...headers })
      if (again.status === 201) return again.body
      assertProblem(again, 409, 'idempotency_in_progress')
      await new Promise(resolve => setTimeout(resolve, 50))
      return settle()
    }
    const { face } = await settle()
    const { body: subject } = await call<Subject>('GET', '/v1/galleries/people/subjects/hung-up')
    assert.deepEqual(
      subject.faces.map(({ id }) => id),
      [face.id],
    )
  })
})

describe('an answer about somebody who was erased', () => {
  test('is not given again, and the call is not carried out again', async () => {
    await createGallery(server, 'leaving')
    const path = '/v1/galleries/leaving/faces'
    const enrolments = ['face', 'subject', 'gallery'].map(subjectId => ({ image, subjectId }))
    for (const body of enrolments) assert.equal((await call('POST', path, body, withKey(body.subjectId))).status, 201)
    const search = { image, threshold: 0 }
    await call('POST', '/v1/galleries/leaving/search', search, withKey('search'))
    const { body } = await call<Subject>('GET', '/v1/galleries/leaving/subjects/face')
    await call('DELETE', `${path}/${body.faces[0]?.id}`)
    await call('DELETE', '/v1/galleries/leaving/subjects/subject')
    const [face, subject, gallery] = enrolments
    for (const gone of [face, subject])
      assertProblem(await call('POST', path, gone, withKey(gone?.subjectId ?? '')), 410, 'idempotency_answer_erased')
    assertProblem(
      await call('POST', '/v1/galleries/leaving/search', search, withKey('search')),
      410,
      'idempotency_answer_erased',
    )
    assert.equal((await call('POST', path, gallery, withKey('gallery'))).status, 201)
    await call('DELETE', '/v1/galleries/leaving')
    assertProblem(await call('POST', path, gallery, withKey('gallery')), 410, 'idempotency_answer_erased')
    const { body: galleries } = await call<Page<Gallery>>('GET', '/v1/galleries?limit=1000')
    assert.ok(!galleries.items.some(({ id }) => id === 'leaving'))
  })
})
