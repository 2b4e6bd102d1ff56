// A picture that is moved is explained without a rest, a turned head is not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eyeDistanceOf, eyeOpeningOf, mouthWidthOf, proportionOf } from './face-measures.ts'
import { frameDistance, planarResidual, rigidResidual } from './flatness.ts'
import type { FacePoints } from './movement-types.ts'
import { drawPoints } from './observations.fixture.ts'

const FACE = drawPoints({})

const mapped = (points: FacePoints, map: (x: number, y: number) => readonly [number, number]): FacePoints =>
  points.map(([x, y, z]) => [...map(x, y), z] as const)

const turned = mapped(FACE, (x, y) => [0.8 * x - 0.3 * y + 40, 0.3 * x + 0.8 * y - 20])
/** A sheet in perspective. */
const tilted = mapped(FACE, (x, y) => {
  const depth = 1 + 0.0008 * (x - 320) - 0.0003 * (y - 240)
  return [320 + (0.7 * (x - 320)) / depth, 240 + (0.1 * (x - 320) + (y - 240)) / depth]
})

test('a picture shifted, turned and scaled leaves nothing of either explanation', () => {
  assert.ok(rigidResidual(FACE, turned) < 1e-9)
  assert.ok(planarResidual(FACE, turned) < 1e-6)
})

test('a picture tilted in space leaves nothing of the flat one alone', () => {
  assert.ok(rigidResidual(FACE, tilted) > 0.05)
  assert.ok(planarResidual(FACE, tilted) < 1e-3)
})

test('a head that turns or nods leaves much of both, and the more the further it goes', () => {
  const rests = [10, 20, 30].map(yaw => planarResidual(FACE, drawPoints({ yaw })))
  assert.ok(rests[0] > 0.02 && rests[1] > rests[0] && rests[2] > rests[1])
  assert.ok(planarResidual(FACE, drawPoints({ pitch: -18 })) > 0.05)
})

test('points that all lie on one line have a rest that is no number, or none', () => {
  const line = mapped(FACE, x => [x, 0])
  assert.ok(!(planarResidual(line, line) > 0.01))
})

test('frames are as far apart as their points, in eye distances', () => {
  assert.equal(frameDistance(FACE, FACE), 0)
  const shifted = mapped(FACE, (x, y) => [x + eyeDistanceOf(FACE) / 2, y])
  assert.ok(Math.abs(frameDistance(FACE, shifted) - 0.5) < 1e-9)
})

test('eyes, mouth and proportion change with what they are about, and not with the head', () => {
  const view = { yaw: 25, pitch: -10 }
  for (const measure of [eyeOpeningOf, mouthWidthOf, proportionOf])
    assert.ok(Math.abs(measure(drawPoints(view)) / measure(FACE) - 1) < 1e-9)
  assert.ok(eyeOpeningOf(drawPoints({ closed: 1 })) < 0.7 * eyeOpeningOf(FACE))
  assert.ok(mouthWidthOf(drawPoints({ smile: 1 })) > 1.2 * mouthWidthOf(FACE))
  assert.ok(proportionOf(drawPoints({ breadth: 0.8 })) < 0.85 * proportionOf(FACE))
})
