// Pictures of every kind that is taken: the same face comes out of all of them.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import sharp, { type Metadata } from 'sharp'
import { cutPerson, pictureOf } from '../src/vision/pictures.fixture.ts'
import type { CompareAnswer, DetectAnswer, EnrolAnswer } from './answers.ts'
import { base64, createGallery, launchReady } from './support.ts'

const server = await launchReady()
after(() => server.close())
const { call } = server
await createGallery(server, 'people')

const plain = await pictureOf('ada')
const person = () => cutPerson('ada')

/** A GIF of two frames: Ada first, then somebody else. */
const animated = async (): Promise<Buffer> =>
  sharp([await person().resize(300).toBuffer(), await cutPerson('bea').resize(300).toBuffer()], {
    join: { animated: true },
  })
    .gif({ loop: 0, delay: [200, 200] })
    .toBuffer()

/** Ada cut out of her background by an oval of transparency, on which white is laid. */
const cutOut = async (): Promise<Buffer> => {
  const side = 468
  const isInside = (x: number, y: number): boolean => ((x - 234) / 190) ** 2 + ((y - 234) / 225) ** 2 <= 1
  const oval = Buffer.from(
    Array.from({ length: side * side }, (_, index) => (isInside(index % side, Math.floor(index / side)) ? 255 : 0)),
  )
  return person()
    .joinChannel(oval, { raw: { width: side, height: side, channels: 1 } })
    .png()
    .toBuffer()
}

interface Kind {
  mediaType: string
  make: () => Promise<Buffer>
  /** What its header must say, so that the test tests what it is called. */
  facts?: Partial<Metadata>
}

const KINDS: Record<string, Kind> = {
  'progressive JPEG': {
    mediaType: 'image/jpeg',
    make: () => person().jpeg({ progressive: true }).toBuffer(),
    facts: { isProgressive: true },
  },
  'CMYK JPEG': {
    mediaType: 'image/jpeg',
    make: () => person().toColourspace('cmyk').jpeg().toBuffer(),
    facts: { space: 'cmyk', channels: 4 },
  },
  'greyscale JPEG': {
    mediaType: 'image/jpeg',
    make: () => person().toColourspace('b-w').jpeg().toBuffer(),
    facts: { space: 'b-w', channels: 1 },
  },
  'JPEG with a wide colour profile': {
    mediaType: 'image/jpeg',
    make: () => person().withIccProfile('p3').jpeg().toBuffer(),
    facts: { hasProfile: true },
  },
  PNG: { mediaType: 'image/png', make: () => person().png().toBuffer() },
  'interlaced PNG': {
    mediaType: 'image/png',
    make: () => person().png({ progressive: true }).toBuffer(),
    facts: { isProgressive: true },
  },
  '16-bit PNG': {
    mediaType: 'image/png',
    make: () => person().toColourspace('rgb16').png().toBuffer(),
    facts: { depth: 'ushort', space: 'rgb16' },
  },
  '16-bit greyscale PNG': {
    mediaType: 'image/png',
    make: () => person().toColourspace('grey16').png().toBuffer(),
    facts: { depth: 'ushort', space: 'grey16' },
  },
  'greyscale PNG': {
    mediaType: 'image/png',
    make: () => person().toColourspace('b-w').png().toBuffer(),
    facts: { channels: 1 },
  },
  'greyscale PNG with transparency': {
    mediaType: 'image/png',
    make: () => person().toColourspace('b-w').ensureAlpha(0.9).png().toBuffer(),
    facts: { channels: 2, hasAlpha: true },
  },
  'RGBA PNG': { mediaType: 'image/png', make: cutOut, facts: { channels: 4, hasAlpha: true } },
  'palette PNG': {
    mediaType: 'image/png',
    make: () => person().png({ palette: true, colours: 64 }).toBuffer(),
    facts: { isPalette: true },
  },
  WebP: { mediaType: 'image/webp', make: () => person().webp().toBuffer() },
  'lossless WebP with transparency': {
    mediaType: 'image/webp',
    make: async () =>
      sharp(await cutOut())
        .webp({ lossless: true })
        .toBuffer(),
  },
  AVIF: { mediaType: 'image/avif', make: () => person().avif({ effort: 0 }).toBuffer() },
  GIF: { mediaType: 'image/gif', make: () => person().gif().toBuffer() },
  'the first frame of an animated GIF': { mediaType: 'image/gif', make: animated, facts: { pages: 2 } },
}

for (const [kind, { mediaType, make, facts = {} }] of Object.entries(KINDS))
  test(kind, async () => {
    const picture = await make()
    assert.partialDeepStrictEqual(await sharp(picture).metadata(), facts)
    const { status, body } = await call<EnrolAnswer>('POST', '/v1/galleries/people/faces', { image: base64(picture) })
    assert.equal(status, 201, JSON.stringify(body))
    assert.deepEqual(body.face.picture, { mediaType, bytes: picture.length })
    const compared = await call<CompareAnswer>('POST', '/v1/compare', {
      image1: base64(picture),
      image2: base64(plain),
    })
    assert.ok(compared.body.similarity >= 95, `similarity ${compared.body.similarity}`)
  })

test('the format is told by the bytes, whatever name or type they are sent under', async () => {
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(await person().webp().toBuffer())], { type: 'image/png' }), 'face.jpg')
  const { body } = await call<EnrolAnswer>('POST', '/v1/galleries/people/faces', form)
  assert.equal(body.face.picture?.mediaType, 'image/webp')
  const image = `data:application/pdf;base64,${base64(plain)}`
  assert.equal((await call<DetectAnswer>('POST', '/v1/detect', { image })).body.faces.length, 1)
})

test('bytes after the end of a picture do no harm', async () => {
  const image = base64(Buffer.concat([plain, Buffer.alloc(1000, 65)]))
  assert.equal((await call<DetectAnswer>('POST', '/v1/detect', { image })).body.faces.length, 1)
})

for (const [orientation, turned] of [
  [1, 0],
  [3, 180],
  [6, 270],
  [8, 90],
])
  test(`EXIF orientation ${orientation}: size and box are those of the upright picture`, async () => {
    const tall = await person().extract({ left: 20, top: 0, width: 360, height: 468 }).png().toBuffer()
    const [upright] = (await call<DetectAnswer>('POST', '/v1/detect', { image: base64(tall) })).body.faces
    const stored = await sharp(tall).rotate(turned).jpeg({ quality: 95 }).withMetadata({ orientation }).toBuffer()
    const { image, faces } = (await call<DetectAnswer>('POST', '/v1/detect', { image: base64(stored) })).body
    assert.deepEqual(image, { width: 360, height: 468 })
    for (const side of ['x', 'y', 'width', 'height'] as const)
      assert.ok(Math.abs(faces[0].box[side] - upright.box[side]) < 6, side)
  })
