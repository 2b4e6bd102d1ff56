// Pictures made to do harm: each gets a clear answer, nothing that is refused is stored, and the server goes on.
import assert from 'node:assert/strict'
import { after, afterEach, describe, test } from 'node:test'
import sharp from 'sharp'
import type { ErrorCode } from '../src/errors.ts'
import { cutPerson, pictureOf } from '../src/vision/pictures.fixture.ts'
import type { DetectAnswer } from './answers.ts'
import { pngThatPromises } from './bad-pictures.ts'
import * as bombs from './picture-bombs.ts'
import { assertProblem, base64, countStored, createGallery, enrol, launchReady } from './support.ts'

const server = await launchReady({ maxImagePixels: 4_000_000 })
after(() => server.close())
const { call } = server
await createGallery(server, 'people')
await enrol(server, 'people', await pictureOf('ada'), { subjectId: 'ada' })
const stored = await countStored(server)
afterEach(async () => {
  assert.deepEqual(await countStored(server), stored)
  assert.equal((await call('GET', '/health/ready')).status, 200)
  assert.equal(await countFaces(await pictureOf('bea')), 1)
})

const countFaces = async (picture: Uint8Array): Promise<number> => {
  const answer = await call<DetectAnswer>('POST', '/v1/detect', { image: base64(picture) })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body.faces.length
}

const assertRefused = async (picture: Uint8Array, status: number, code: ErrorCode): Promise<void> => {
  const body = { image: base64(picture) }
  for (const path of ['/v1/galleries/people/faces', '/v1/galleries/people/search', '/v1/detect'])
    assertProblem(await call('POST', path, body), status, code)
}

describe('promises are not believed', () => {
  const promises: Record<string, () => Buffer | Promise<Buffer>> = {
    'a PNG of 50,000 x 50,000 pixels': () => pngThatPromises(50_000, 50_000),
    'a JPEG of 65,500 x 65,500': () => bombs.jpegThatPromises(65_500, 65_500),
    'a WebP of 16,383 x 16,383': bombs.webpThatPromises,
    'a PNG that is whole and one row too high': () => bombs.plainPng(2000, 2001),
    'an AVIF, whose decoder needs twice the memory': () =>
      sharp(bombs.plainPng(1500, 1500)).avif({ effort: 0 }).toBuffer(),
  }
  for (const [what, make] of Object.entries(promises))
    test(what, async () => assertRefused(await make(), 422, 'image_too_many_pixels'))

  test('a PNG of the largest size that its header has room for', () =>
    assertRefused(pngThatPromises(0x7fffffff, 0x7fffffff), 422, 'image_corrupt'))

  test('a JPEG of 65,535 x 65,535, more than the format has', async () =>
    assertRefused(await bombs.jpegThatPromises(65_535, 65_535), 422, 'image_corrupt'))
})

describe('shapes', () => {
  for (const [width, height] of [
    [166_000, 24],
    [24, 166_000],
    [60_000, 60],
  ] as const)
    test(`${width}x${height} is too narrow`, () => assertRefused(bombs.plainPng(width, height), 422, 'image_too_small'))

  test('a long one that is not too narrow has no face', async () =>
    assert.equal(await countFaces(bombs.plainPng(12_000, 150)), 0))
})

describe('scans of a JPEG', () => {
  test('a hundred are taken', async () => assert.equal(await countFaces(bombs.jpegOfScans(640, 100)), 0))
  test('a hundred and one are too many', () => assertRefused(bombs.jpegOfScans(640, 101), 422, 'image_too_complex'))
  test('a thousand of two thousand pixels', () =>
    assertRefused(bombs.jpegOfScans(2000, 1000), 422, 'image_too_complex'))
})

describe('drawings are never drawn', () => {
  for (const [what, bytes] of Object.entries(bombs.drawings()))
    test(what, () => assertRefused(bytes, 422, 'image_format_unsupported'))
  for (const [brand, bytes] of Object.entries(bombs.disguisedDrawings()))
    test(`one that begins like ${brand}`, () => assertRefused(bytes, 422, 'image_corrupt'))
})

describe('other formats', () => {
  for (const [what, bytes] of Object.entries(bombs.otherFormats()))
    test(what, () => assertRefused(bytes, 422, 'image_format_unsupported'))
})

describe('what is beside the picture does no harm', () => {
  for (const [what, make] of Object.entries({
    'a GIF with 10,000 frames is its first': bombs.gifOfManyFrames,
    'a GIF on a screen of 65,535 x 65,535': bombs.gifOnLargeScreen,
    'an animated PNG is its first frame': bombs.animatedPng,
    'an animated WebP is its first frame': bombs.animatedWebp,
    'a PNG with a text of 64 MB': () => bombs.pngWithBomb('zTXt'),
    'a PNG with a colour profile of 64 MB': () => bombs.pngWithBomb('iCCP'),
    'a PNG with 100,000 texts': () => bombs.pngWithManyChunks(100_000),
    'a JPEG of orientation 0': () => bombs.jpegOfOrientation(0),
    'a JPEG of orientation 9': () => bombs.jpegOfOrientation(9),
    'a JPEG of orientation 65,535': () => bombs.jpegOfOrientation(65_535),
    'a JPEG whose EXIF directories go in circles': () => bombs.jpegOfOrientation(1, 8),
    'a JPEG whose EXIF directory is elsewhere': () => bombs.jpegOfOrientation(1, 0xfffffff0),
    'a JPEG with a colour profile of nonsense': () =>
      bombs.jpegWith(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01'), Buffer.alloc(500, 0x41)])),
    'a JPEG with a film after it': async () =>
      Buffer.concat([await pictureOf('ada'), Buffer.alloc(1_000_000, Buffer.from([0xff, 0xda, 0, 12]))]),
  }))
    test(what, async () => assert.equal(await countFaces(await make()), 1))
})

test('a picture of 21 MB is too large, in JSON and in a form', async () => {
  const picture = Buffer.concat([await pictureOf('ada'), Buffer.alloc(21_000_000)])
  await assertRefused(picture, 413, 'image_too_large')
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(picture)]), 'ada.jpg')
  assertProblem(await call('POST', '/v1/galleries/people/faces', form), 413, 'image_too_large')
})

test('a crowd of hundreds is answered with as many faces as there may be', async () => {
  const face = await cutPerson('ada').resize(64, 64).png().toBuffer()
  const tiles = Array.from({ length: 28 * 28 }, (_, index) => ({
    input: face,
    left: (index % 28) * 64,
    top: Math.floor(index / 28) * 64,
  }))
  const crowd = await sharp(bombs.plainPng(1792, 1792)).composite(tiles).jpeg().toBuffer()
  assert.equal(await countFaces(crowd), server.config.limits.maxFacesPerImage)
})
