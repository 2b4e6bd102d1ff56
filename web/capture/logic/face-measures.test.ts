// Angles have the server's signs, and lengths do not depend on the picture's size.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { meshWith } from './face.fixture.ts'
import { measureFace, type Point } from './face-measures.ts'

const PICTURE = { width: 640, height: 480 }

/** A head of a few points: cheeks, forehead, chin, eyes, mouth; each moved by `move`. */
const headOf = (move: (point: Point) => Point, openness = 10) =>
  meshWith(
    Object.fromEntries(
      Object.entries({
        10: [320, 100, 0],
        152: [320, 340, 0],
        234: [220, 220, 0],
        454: [420, 220, 0],
        33: [250, 180, 0],
        133: [290, 180, 0],
        362: [350, 180, 0],
        263: [390, 180, 0],
        160: [260, 180 - openness / 2, 0],
        158: [280, 180 - openness / 2, 0],
        144: [260, 180 + openness / 2, 0],
        153: [280, 180 + openness / 2, 0],
        387: [380, 180 - openness / 2, 0],
        385: [360, 180 - openness / 2, 0],
        373: [380, 180 + openness / 2, 0],
        380: [360, 180 + openness / 2, 0],
        61: [285, 290, 0],
        291: [355, 290, 0],
      } as Record<number, Point>).map(([index, point]) => [index, move(point)]),
    ),
  )

const turned = (degrees: number) => {
  const [sine, cosine] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)]
  return ([x, y]: Point): Point => [320 + (x - 320) * cosine, y, (x - 320) * sine]
}

it('measures a straight face', () => {
  const face = measureFace(
    headOf(point => point),
    PICTURE,
    null,
  )
  assert.deepEqual([face.x, face.y, face.height], [0.5, 220 / 480, 0.5])
  assert.deepEqual([face.yaw, face.pitch, face.roll].map(Math.abs), [0, 0, 0])
  assert.equal(face.eyeOpenness, 0.25)
  assert.equal(face.mouthWidth, 0.5)
  assert.equal(face.look, null)
})

it('tells left from right, up from down', () => {
  assert.ok(Math.abs(measureFace(headOf(turned(25)), PICTURE, null).yaw - 25) < 0.1)
  assert.ok(Math.abs(measureFace(headOf(turned(-40)), PICTURE, null).yaw + 40) < 0.1)
  // The chin comes nearer, as of a face that looks up.
  const up = measureFace(
    headOf(([x, y]) => [x, y, -(y - 220)]),
    PICTURE,
    null,
  )
  assert.ok(Math.abs(up.pitch - 45) < 0.1)
})

it('sees eyes close', () => {
  const face = measureFace(
    headOf(point => point, 2),
    PICTURE,
    null,
  )
  assert.ok(Math.abs(face.eyeOpenness - 0.05) < 1e-9)
})
