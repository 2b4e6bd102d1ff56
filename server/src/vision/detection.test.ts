// The whole pipeline on the pictures that every checkout has: how many faces, turned, tilted, filling the frame, tiny.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import sharp from 'sharp'
import type { Analysis, DetectedFace } from '../core/types.ts'
import { areaOf } from './geometry.ts'
import { cutPerson, FACES_IN_SAMPLES, pictureOf, pictureOfNobody, readSample } from './pictures.fixture.ts'
import { bestOverlap, cosineOf, nearestTo, openPipeline } from './pipeline.fixture.ts'

const look = await openPipeline()
const upright = new Map<number, Analysis>()
for (const number of Object.keys(FACES_IN_SAMPLES).map(Number))
  upright.set(number, await look(await readSample(number)))

const GREY = '#808080'
const turn = async (number: number, degrees: number): Promise<Buffer> =>
  sharp(await readSample(number))
    .rotate(degrees, { background: GREY })
    .jpeg({ quality: 95 })
    .toBuffer()

/** The angle between two rolls, degrees. */
const rollApart = (one: number, other: number): number => Math.abs(((one - other + 540) % 360) - 180)

/** How a picture lies in its file when a tag of this value stands it upright: mirrored first, then turned clockwise. */
const STORED_AS: Readonly<Record<number, { mirrored: boolean; turned: number }>> = {
  1: { mirrored: false, turned: 0 },
  2: { mirrored: true, turned: 0 },
  3: { mirrored: false, turned: 180 },
  4: { mirrored: true, turned: 180 },
  5: { mirrored: true, turned: 270 },
  6: { mirrored: false, turned: 270 },
  7: { mirrored: true, turned: 90 },
  8: { mirrored: false, turned: 90 },
}

for (const [number, { image, faces }] of upright) {
  test(`sample ${number}: every face once, largest first, each whole in the picture`, () => {
    assert.equal(faces.length, FACES_IN_SAMPLES[number])
    const areas = faces.map(face => areaOf(face.box))
    assert.deepEqual(
      areas,
      areas.toSorted((one, other) => other - one),
    )
    for (const [index, face] of faces.entries()) {
      assert.ok(face.confidence > 0.5 && face.confidence <= 1)
      assertInside(face, image)
      for (const other of faces.slice(index + 1)) assert.equal(bestOverlap(face.box, { image, faces: [other] }), 0)
    }
  })
}

const assertInside = ({ box, landmarks }: DetectedFace, { width, height }: Analysis['image']): void => {
  for (const { x, y } of Object.values(landmarks)) {
    assert.ok(x > 0 && y > 0 && x < width && y < height)
    assert.ok(x > box.x && y > box.y && x < box.x + box.width && y < box.y + box.height, 'landmarks lie in the box')
  }
}

/** A profile: the mesh sees half of it, and its template moves more than others. */
const PROFILE = { sample: 2, cosine: 0.9 }

const assertFoundAgain = (number: number, turned: Analysis, degrees: number): void => {
  const { faces } = upright.get(number)!
  assert.equal(turned.faces.length, faces.length)
  for (const [index, face] of faces.entries()) {
    const { cosine, index: found } = nearestTo(face.template!, turned)
    const isProfile = number === PROFILE.sample && Math.abs(face.pose.yaw) > 40
    assert.ok(cosine >= (isProfile ? PROFILE.cosine : 0.98), `face ${index}: cosine ${cosine}`)
    // What a profile's roll is, the mesh cannot tell.
    const apart = rollApart(turned.faces[found].pose.roll, face.pose.roll + degrees)
    if (!isProfile) assert.ok(apart < 15, `face ${index}: its roll is ${apart} degrees off`)
  }
}

describe('turned without an EXIF tag: the same faces, the same templates, the roll told', () => {
  for (const number of upright.keys())
    for (const degrees of [90, 180, 270])
      test(`sample ${number} by ${degrees} degrees`, async () => {
        assertFoundAgain(number, await look(await turn(number, degrees)), degrees)
      })
})

describe('tilted in the plane', () => {
  for (const number of [2, 4, 5])
    for (const degrees of [15, -15, 30, -30, 45, -45])
      test(`sample ${number} by ${degrees} degrees`, async () => {
        assertFoundAgain(number, await look(await turn(number, degrees)), degrees)
      })
})

describe('EXIF orientation', () => {
  for (const [orientation, { mirrored, turned }] of Object.entries(STORED_AS))
    test(`${orientation} gives the upright face`, async () => {
      const expected = (await look(await pictureOf('bea'))).faces[0]
      const cut = mirrored ? cutPerson('bea').flop() : cutPerson('bea')
      const stored = await sharp(await cut.png().toBuffer())
        .rotate(turned)
        .jpeg({ quality: 95 })
        .withMetadata({ orientation: Number(orientation) })
        .toBuffer()
      const { image, faces } = await look(stored)
      assert.deepEqual([image.width, image.height], [389, 389])
      assert.equal(faces.length, 1)
      assert.ok(bestOverlap(expected.box, { image, faces }) > 0.9)
      assert.ok(cosineOf(faces[0].template!, expected.template!) > 0.99)
      for (const [name, { x, y }] of Object.entries(expected.landmarks)) {
        const found = faces[0].landmarks[name as keyof DetectedFace['landmarks']]
        assert.ok(Math.hypot(found.x - x, found.y - y) < 6, `${name} is elsewhere`)
      }
    })
})

describe('at any size', () => {
  test('a face that fills the frame, at its own size and enlarged', async () => {
    for (const [number, index] of [
      [3, 0],
      [5, 1],
      [6, 1],
    ]) {
      const face = upright.get(number)!.faces[index]
      const side = Math.round(face.box.width)
      const region = { left: Math.round(face.box.x), top: Math.round(face.box.y), width: side, height: side }
      for (const size of [side, 900]) {
        const crop = await sharp(await readSample(number))
          .extract(region)
          .resize(size, size)
          .png()
          .toBuffer()
        const { faces } = await look(crop)
        assert.equal(faces.length, 1)
        assert.ok(cosineOf(faces[0].template!, face.template!) >= 0.98, `sample ${number} at ${size}`)
      }
    }
  })

  test('a small face in a large picture is found through tiles', async () => {
    const large = await look(await pictureOf('fay'))
    const small = await cutPerson('fay').resize(120, 120).png().toBuffer()
    const canvas = sharp({ create: { width: 3000, height: 2250, channels: 3, background: '#5a6b7c' } })
    const { image, faces } = await look(
      await canvas
        .composite([{ input: small, left: 2200, top: 1700 }])
        .jpeg()
        .toBuffer(),
    )
    assert.deepEqual([image.width, image.height], [3000, 2250])
    assert.equal(faces.length, 1)
    assert.ok(bestOverlap({ ...SMALL_FAY }, { image, faces }) > 0.6, JSON.stringify(faces[0].box))
    assert.ok(cosineOf(faces[0].template!, large.faces[0].template!) >= 0.95)
  })
})

/** Where Fay's face lies in the canvas above: 251 of the 478 pixels of her cut, reduced to 120. */
const SMALL_FAY = { x: 2228, y: 1731, width: 63, height: 63 }

test('a photograph without anybody has no face, however often it is looked at', async () => {
  assert.deepEqual((await look(await pictureOfNobody())).faces, [])
  const grey = sharp({ create: { width: 640, height: 480, channels: 3, background: GREY } })
  assert.deepEqual((await look(await grey.png().toBuffer())).faces, [])
})
