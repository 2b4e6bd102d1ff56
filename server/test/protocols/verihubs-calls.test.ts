// The Verihubs API: what each endpoint does and answers, and that the native API sees the same faces.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Client } from '../support.ts'
import { base64Of, photoOf, pngOf } from './judging-engine.ts'
import { assertFailOn, assertRefused, assertSuccess, openVerihubs } from './verihubs-app.ts'

const server = await openVerihubs()
after(() => server.close())
const native: Client = server.app

const ada = base64Of({ person: 'ada' })
const bea = base64Of({ person: 'bea' })
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('enroll', () => {
  test('answers with all that was asked for, in the fields that clients read', async () => {
    const { call } = await server.newApplication()
    const answer = await call('/enroll', { image: ada, subject_id: 'ada', is_liveness: true })
    const { session_id, timestamp, ...rest } = assertSuccess(answer)
    assert.equal(session_id, answer.headers.get('x-transaction-id'))
    assert.ok(Math.abs(timestamp! - Date.now() / 1000) < 600)
    assert.deepEqual(rest, {
      message: 'Request Success',
      status_code: '200',
      subject_id: 'ada',
      nface: 1,
      rotation: 0,
      bounding_box: {
        top_left_x: 10,
        top_left_y: 21,
        bottom_right_x: 110,
        bottom_right_y: 121,
        width: 100,
        height: 100,
      },
      face_landmark: {
        left_eye_x: 30,
        left_eye_y: 40,
        right_eye_x: 80,
        right_eye_y: 40,
        nose_x: 55,
        nose_y: 60,
        mouth_left_x: 40,
        mouth_left_y: 90,
        mouth_right_x: 70,
        mouth_right_y: 91,
      },
      image_quality: { blur: false, dark: false, grayscale: false },
      attributes: { sunglasses_on: false, mask_on: false, veil_on: false, hat_on: false },
      liveness: { status: true, probability: 91.67 },
    })
  })

  test('has results only for the flags that are on; null is the default', async () => {
    const { call } = await server.newApplication()
    const keys = async (flags: object) => {
      const body = assertSuccess(await call('/enroll', { image: ada, ...flags }))
      return ['image_quality', 'attributes', 'liveness'].filter(name => name in body)
    }
    assert.deepEqual(await keys({}), ['image_quality', 'attributes'])
    assert.deepEqual(await keys({ is_quality: null, is_attribute: null, is_liveness: null, validate_liveness: null }), [
      'image_quality',
      'attributes',
    ])
    assert.deepEqual(await keys({ is_quality: false, is_attribute: false }), [])
    assert.deepEqual(await keys({ is_quality: false, is_attribute: false, is_liveness: true }), ['liveness'])
  })

  test('makes a subject id where none is given, and replaces the photo of one that is there', async () => {
    const { call, credential } = await server.newApplication()
    const made = assertSuccess(await call('/enroll', { image: ada }))
    assert.match(made.subject_id!, UUID_V4)
    assertSuccess(await call('/enroll', { image: ada, subject_id: null }))
    for (const image of [ada, bea]) assertSuccess(await call('/enroll', { image, subject_id: 'one' }))
    const path = `/v1/galleries/${credential.galleryId}/subjects/one`
    const { body } = await native.call<{ faceCount: number }>('GET', path)
    assert.equal(body.faceCount, 1)
    assert.equal((await call('/verify', { image: bea, subject_id: 'one' })).body.similarity_status, true)
    assertFailOn(await call('/verify', { image: ada, subject_id: 'one' }), 16)
  })

  test('takes PNG, data URLs, the URL-safe alphabet, line breaks, and base64 without padding', async () => {
    const { call } = await server.newApplication()
    const bytes = photoOf({ person: 'ada' })
    const forms = [
      pngOf({ person: 'ada' }).toString('base64'),
      `data:image/jpeg;base64,${ada}`,
      bytes.toString('base64url'),
      ada.replace(/=+$/, ''),
      ada.replace(/(.{20})/g, '$1\r\n'),
    ]
    for (const image of forms) assertSuccess(await call('/enroll', { image, subject_id: 'ada' }))
  })

  test('looks at a picture once, and stores nothing where a validation fails', async () => {
    const { call, credential } = await server.newApplication()
    const before = server.analysed()
    assertSuccess(await call('/enroll', { image: ada, subject_id: 'ada' }))
    const image = base64Of({ person: 'bea', flaws: ['blur'] })
    const body = assertFailOn(await call('/enroll', { image, subject_id: 'ada', validate_quality: true }), 4)
    assert.deepEqual(body.image_quality, { blur: true, dark: false, grayscale: false })
    assert.ok(body.bounding_box && body.attributes)
    assert.equal(body.subject_id, undefined)
    assert.equal(server.analysed() - before, 2)
    const { candidates } = (
      await native.call<{ candidates: { subjectId: string }[] }>(
        'POST',
        `/v1/galleries/${credential.galleryId}/search`,
        {
          image,
        },
      )
    ).body
    assert.deepEqual(candidates, [])
    assertSuccess(await call('/verify', { image: ada, subject_id: 'ada' }))
  })

  test('ignores fields that it does not know', async () => {
    const { call } = await server.newApplication()
    assertSuccess(await call('/enroll', { image: ada, threshhold: '80', extra: { a: [1] } }))
  })
})

describe('verify', () => {
  test('says FAIL_ON_16 for somebody else, after the other validations', async () => {
    const { call } = await server.newApplication()
    assertSuccess(await call('/enroll', { image: ada, subject_id: 'ada' }))
    const same = assertSuccess(await call('/verify', { image: ada, subject_id: 'ada' }))
    assert.deepEqual([same.similarity_status, same.subject_id, same.nface], [true, 'ada', 1])
    const other = assertFailOn(
      await call('/verify', { image: bea, subject_id: 'ada' }),
      16,
      'fail on similarity status',
    )
    assert.deepEqual([other.similarity_status, 'attributes' in other], [false, true])
    const image = base64Of({ person: 'bea', flaws: ['mask'] })
    const masked = await call('/verify', { image, subject_id: 'ada', validate_attribute: true })
    assert.equal(assertFailOn(masked, 2).similarity_status, undefined)
    assertSuccess(await call('/verify', { image: bea, subject_id: 'ada', threshold: 0 }))
  })
})

describe('search', () => {
  test('finds the best matches of at least the threshold, with their photo where asked', async () => {
    const { call } = await server.newApplication()
    const search = async (body: object) => assertSuccess(await call('/search', body)).matches
    assert.deepEqual(await search({ image: ada }), [])
    for (const id of ['one', 'two', 'three']) assertSuccess(await call('/enroll', { image: ada, subject_id: id }))
    assertSuccess(await call('/enroll', { image: bea, subject_id: 'bea' }))
    assert.equal((await search({ image: ada }))?.length, 1)
    const three = await search({ image: ada, limit: 10 })
    assert.deepEqual(three?.map(({ subject_id }) => subject_id).sort(), ['one', 'three', 'two'])
    assert.deepEqual(await search({ image: bea, return_image: true }), [
      { subject_id: 'bea', similarity_status: true, image: bea },
    ])
    assert.equal((await search({ image: ada, limit: 10, threshold: 0 }))?.length, 4)
    assert.deepEqual(await search({ image: base64Of({ person: 'stranger' }), limit: 10 }), [])
  })

  test('has null for a photo that was not kept', async () => {
    const quiet = await openVerihubs({ change: { keepPictures: false } })
    const { call } = await quiet.newApplication()
    assertSuccess(await call('/enroll', { image: ada, subject_id: 'ada' }))
    const { matches } = assertSuccess(await call('/search', { image: ada, return_image: true }))
    assert.deepEqual(matches, [{ subject_id: 'ada', similarity_status: true, image: null }])
    await quiet.close()
  })
})

describe('compare', () => {
  test('has the results of both pictures, and fails on either', async () => {
    const { call } = await server.newApplication()
    const compare = (image_1: string, image_2: string, rest: object = {}) =>
      call('/compare', { image_1, image_2, ...rest })
    const same = assertSuccess(await compare(ada, ada))
    assert.equal(same.similarity_status, true)
    assert.deepEqual((same.image_2 as { nface: number }).nface, 1)
    assert.equal(assertFailOn(await compare(ada, bea), 16).similarity_status, false)
    const blurred = base64Of({ person: 'ada', flaws: ['blur'] })
    const group = base64Of({ person: 'ada' }, { person: 'bea' })
    const flags = { validate_quality: true, validate_nface: true }
    const failed = assertFailOn(await compare(blurred, group, flags), 12)
    assert.deepEqual((failed.image_1 as { image_quality: object }).image_quality, {
      blur: true,
      dark: false,
      grayscale: false,
    })
    assert.equal((failed.image_2 as { nface: number }).nface, 2)
    assertFailOn(await compare(group, ada, flags), 8)
    assertSuccess(await compare(ada, bea, { threshold: 0 }))
  })
})

describe('liveness', () => {
  test('a spoof is the result and no failure; the others fail on even numbers', async () => {
    const { call } = await server.newApplication()
    const spoof = base64Of({ person: 'ada', flaws: ['spoof', 'mask', 'dark'] })
    const body = assertSuccess(await call('/liveness', { image: spoof, validate_liveness: true }))
    assert.deepEqual(body.liveness, { status: false, probability: 12.5 })
    const all = { validate_quality: true, validate_attribute: true, validate_nface: true }
    assert.deepEqual(assertFailOn(await call('/liveness', { image: spoof, ...all }), 6).liveness, body.liveness)
    assert.deepEqual(assertSuccess(await call('/liveness', { image: ada, ...all })).liveness, {
      status: true,
      probability: 91.67,
    })
  })
})

describe('delete', () => {
  test('takes the id in the query or in the body, and erases the subject', async () => {
    const { call } = await server.newApplication()
    for (const id of ['a b/ü', 'two', 'three']) assertSuccess(await call('/enroll', { image: ada, subject_id: id }))
    const remove = (query: string, body?: unknown, headers?: Record<string, string>) =>
      call(`/enroll${query}`, body, { method: 'DELETE', headers })
    const { message, timestamp } = assertSuccess(await remove(`?subject_id=${encodeURIComponent('a b/ü')}`))
    assert.deepEqual([message, typeof timestamp], ['Subject id a b/ü successfully deleted', 'number'])
    assertSuccess(await remove('', { subject_id: 'two' }))
    assertSuccess(await remove('?subject_id=three', {}))
    assert.deepEqual(assertSuccess(await call('/search', { image: ada })).matches, [])
    for (const id of ['two', 'x'.repeat(257), 'a\u0000b'])
      assertRefused(await remove('', { subject_id: id }), 400, 'INVALID_PAYLOAD_SUBJECT_ID', 'Subject id is not found')
    const json = { 'content-type': 'application/json' }
    assertRefused(await remove('?subject_id=two', undefined, json), 400, 'INVALID_PAYLOAD_SUBJECT_ID')
  })
})

describe('the same store', () => {
  test('a face enrolled here is found by the native API, and the other way round', async () => {
    const { call, credential } = await server.newApplication()
    assert.match(credential.galleryId!, /^verihubs-[0-9a-f-]{36}$/)
    assertSuccess(await call('/enroll', { image: ada, subject_id: 'ada' }))
    const gallery = `/v1/galleries/${credential.galleryId}`
    const found = await native.call<{ candidates: { subjectId: string }[] }>('POST', `${gallery}/search`, {
      image: ada,
    })
    assert.equal(found.body.candidates[0]?.subjectId, 'ada')
    assert.equal((await native.call('POST', `${gallery}/faces`, { image: bea, subjectId: 'bea' })).status, 201)
    assert.equal(assertSuccess(await call('/search', { image: bea })).matches?.[0]?.subject_id, 'bea')
    assert.equal((await native.call('DELETE', `${gallery}/subjects/ada`)).status, 204)
    assertRefused(await call('/verify', { image: ada, subject_id: 'ada' }), 400, 'INVALID_PAYLOAD_SUBJECT_ID')
  })

  test("subjects belong to the App-ID; a gallery's own policy does not bind the protocol", async () => {
    const [one, other] = [await server.newApplication(), await server.newApplication({ galleryId: 'staff' })]
    assertSuccess(await one.call('/enroll', { image: ada, subject_id: 'ada' }))
    assert.deepEqual(assertSuccess(await other.call('/search', { image: ada })).matches, [])
    const policy = { existingSubject: 'refuse', duplicates: 'refuse', severalFaces: 'refuse' }
    assert.equal((await native.call('PATCH', '/v1/galleries/staff', { policy })).status, 200)
    const group = base64Of({ person: 'ada' }, { person: 'bea' })
    for (const subject_id of ['ada', 'ada', 'twin'])
      assertSuccess(await other.call('/enroll', { image: group, subject_id }))
  })

  test('a gallery that was deleted is made again with the next call', async () => {
    const { call, credential } = await server.newApplication()
    assertSuccess(await call('/enroll', { image: ada, subject_id: 'ada' }))
    await native.call('DELETE', `/v1/galleries/${credential.galleryId}`)
    assert.deepEqual(assertSuccess(await call('/search', { image: ada })).matches, [])
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) => call('/enroll', { image: ada, subject_id: `s${at}` })),
    )
    for (const answer of answers) assertSuccess(answer)
  })
})
