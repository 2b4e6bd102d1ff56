// Alignment by five points: points that lie on the network's form are cropped as they are; moved, scaled and turned faces
// come out the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Landmarks, Point } from '../core/types.ts'
import { alignFive } from './align-five.ts'
import { applyAffine } from './geometry.ts'

const SIZE = 128
/** As the documentation of the network gives them. */
const FORM: Landmarks = {
  leftEye: { x: 0.3156, y: 0.4616 },
  rightEye: { x: 0.6826, y: 0.4616 },
  nose: { x: 0.5003, y: 0.6405 },
  mouthLeft: { x: 0.3495, y: 0.8247 },
  mouthRight: { x: 0.6534, y: 0.8247 },
}
const NAMES = Object.keys(FORM) as (keyof Landmarks)[]
const move = (change: (point: Point) => Point): Landmarks =>
  Object.fromEntries(NAMES.map(name => [name, change(FORM[name])])) as unknown as Landmarks

test('a face that was moved, scaled and turned is cropped as the network was trained', () => {
  for (const [angle, scale, x, y] of [
    [0, SIZE, 0, 0],
    [0.4, 300, 50, -20],
    [-3, 40, 1000, 700],
  ]) {
    const [a, b] = [Math.cos(angle) * scale, Math.sin(angle) * scale]
    const place = (point: Point): Point => ({ x: a * point.x - b * point.y + x, y: b * point.x + a * point.y + y })
    const crop = alignFive(move(place), SIZE)
    for (const name of NAMES) {
      const found = applyAffine(crop, FORM[name].x * SIZE, FORM[name].y * SIZE)
      const expected = place(FORM[name])
      assert.ok(Math.hypot(found.x - expected.x, found.y - expected.y) < 1e-6, name)
    }
  }
})

test('a point that is off is not followed alone', () => {
  const crop = alignFive({ ...move(({ x, y }) => ({ x: x * SIZE, y: y * SIZE })), nose: { x: 80, y: 82 } }, SIZE)
  const { x, y } = applyAffine(crop, 0.5003 * SIZE, 0.6405 * SIZE)
  assert.ok(Math.hypot(x - 0.5003 * SIZE, y - 0.6405 * SIZE) < 4)
})
