// Pictures that cannot be taken: each is refused by every call with its own stable code, nothing is stored, and the
// server goes on.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { after, describe, test } from 'node:test'
import type { ErrorCode } from '../src/errors.ts'
import { pictureOf, pictureOfNobody, sharedPath } from '../src/vision/pictures.fixture.ts'
import { blank, brokenFiles, foreignFiles, jpegThatPromisesMuch, pngThatPromises } from './bad-pictures.ts'
import { type Answer, assertProblem, base64, countStored, createGallery, enrol, launchReady } from './support.ts'

const server = await launchReady({ maxImageBytes: 2_000_000, maxImagePixels: 12_000_000 })
after(() => server.close())
const { call } = server

await createGallery(server, 'people')
const ada = base64(await pictureOf('ada'))
await enrol(server, 'people', await pictureOf('ada'), { subjectId: 'ada' })

/** Every call that takes a picture, with the bad one in its place. `undefined` leaves the field out. */
const CALLS: Record<string, (image: unknown) => Promise<Answer<unknown>>> = {
  enrol: image => call('POST', '/v1/galleries/people/faces', { image, subjectId: 'bad' }),
  search: image => call('POST', '/v1/galleries/people/search', { image }),
  verify: image => call('POST', '/v1/galleries/people/subjects/ada/verify', { image }),
  'compare, first': image => call('POST', '/v1/compare', { image1: image, image2: ada }),
  'compare, second': image => call('POST', '/v1/compare', { image1: ada, image2: image }),
  detect: image => call('POST', '/v1/detect', { image }),
}

const assertHealthy = async (): Promise<void> => {
  assert.equal((await call('GET', '/health/ready')).status, 200)
  const { subject } = await enrol(server, 'people', await pictureOf('bea'), { subjectId: 'check' })
  assert.equal(subject.faceCount, 1)
  assert.equal((await call('DELETE', '/v1/galleries/people/subjects/check')).status, 204)
}

/** Refused by all calls alike; nothing new is stored; a good picture is taken right afterwards. */
const assertRefused = async (image: unknown, status: number, code: ErrorCode): Promise<void> => {
  const before = await countStored(server)
  for (const [name, send] of Object.entries(CALLS)) {
    const problem = assertProblem(await send(image), status, code)
    assert.ok(problem.detail.length > 20, `${name} says what is wrong`)
  }
  assert.deepEqual(await countStored(server), before)
  await assertHealthy()
}

describe('no picture at all', () => {
  test('no field', () => assertRefused(undefined, 400, 'image_missing'))
  test('null', () => assertRefused(null, 400, 'image_missing'))
  test('the problem names the field', async () => {
    const { details } = assertProblem(await CALLS['compare, second'](undefined), 400, 'image_missing')
    assert.deepEqual(details, { image: 'image2' })
  })
  for (const [what, image] of [
    ['an empty text', ''],
    ['white space', ' \n'],
    ['a data URL without data', 'data:image/png;base64,'],
  ])
    test(what, () => assertRefused(image, 400, 'image_empty'))
  for (const [what, image] of [
    ['a number', 5],
    ['an object', { data: 'x' }],
    ['a list', ['x']],
    ['true', true],
  ])
    test(what as string, () => assertRefused(image, 400, 'request_invalid'))
})

describe('not base64', () => {
  for (const [what, image] of [
    ['a sentence', 'this is not base64!'],
    ['an address of another scheme', 'ftp://example.org/face.jpg'],
    ['one stray character in good base64', `${ada.slice(0, 100)}*${ada.slice(100)}`],
    ['an end that no base64 has', `${ada.replace(/=+$/, '').slice(0, 4000)}A`],
    ['a data URL that is not base64', 'data:image/svg+xml,%3Csvg/%3E'],
    ['letters of another script', 'äöü'.repeat(50)],
  ])
    test(what, () => assertRefused(image, 400, 'image_not_base64'))
})

describe('formats that are not taken', async () => {
  for (const [what, bytes] of Object.entries(await foreignFiles()))
    test(what, () => assertRefused(base64(bytes), 422, 'image_format_unsupported'))
})

describe('broken files', async () => {
  for (const [what, bytes] of Object.entries(await brokenFiles()))
    test(what, () => assertRefused(base64(bytes), 422, 'image_corrupt'))
})

describe('sizes', () => {
  for (const [width, height] of [
    [1, 1],
    [23, 400],
    [400, 23],
  ])
    test(`${width}x${height} pixels are too few`, async () =>
      assertRefused(base64(await blank(width, height)), 422, 'image_too_small'))

  test('too many pixels are refused by the header alone, before anything is decoded', async () => {
    // The data are broken too: were they looked at, the code would be image_corrupt.
    for (const bytes of [pngThatPromises(100_000, 100_000), pngThatPromises(4001, 3000), await jpegThatPromisesMuch()])
      await assertRefused(base64(bytes), 422, 'image_too_many_pixels')
    assertProblem(await CALLS.detect(base64(pngThatPromises(4000, 3000))), 422, 'image_corrupt')
  })

  test('too many bytes, in JSON and in multipart', async () => {
    const large = Buffer.alloc(2_000_001, 0xff)
    await assertRefused(base64(large), 413, 'image_too_large')
    const form = new FormData()
    form.set('image', new Blob([large]), 'large.jpg')
    assertProblem(await call('POST', '/v1/galleries/people/faces', form), 413, 'image_too_large')
    await assertHealthy()
  })
})

describe('no face', () => {
  test('is refused where a face is needed, and an empty list where faces are looked for', async () => {
    const before = await countStored(server)
    const nobody = base64(await pictureOfNobody())
    for (const [name, send] of Object.entries(CALLS)) {
      const answer = await send(nobody)
      if (name === 'detect') assert.deepEqual((answer.body as { faces: [] }).faces, [])
      else assertProblem(answer, 422, 'face_not_detected')
    }
    assert.deepEqual(await countStored(server), before)
    await assertHealthy()
  })
})

const FORMATS = 'data/fixtures/compreface/formats'
const skip = existsSync(sharedPath(FORMATS)) ? false : `../shared/${FORMATS} is not there`

describe('the collection of formats', { skip }, () => {
  const read = (name: string): Promise<Buffer> => readFile(sharedPath(`${FORMATS}/${name}`))

  for (const [name, code] of [
    ['corrupted.png', 'image_corrupt'],
    ['truncated.jpg', 'image_corrupt'],
    ['empty.png', 'image_format_unsupported'],
    ['einstein.bmp', 'image_format_unsupported'],
    ['einstein.ico', 'image_format_unsupported'],
    ['einstein.tiff', 'image_format_unsupported'],
    ['einstein.joblib', 'image_format_unsupported'],
  ] as const)
    test(`${name} is refused`, async () => assertRefused(base64(await read(name)), 422, code))

  test('the same man in JPEG, PNG, GIF and WebP is one person', async () => {
    const [jpeg, ...others] = await Promise.all(['jpeg', 'png', 'gif', 'webp'].map(kind => read(`einstein.${kind}`)))
    for (const other of others) {
      const { body } = await call<{ similarity: number }>('POST', '/v1/compare', {
        image1: base64(jpeg),
        image2: base64(other),
      })
      assert.ok(body.similarity >= 95)
    }
  })
})
