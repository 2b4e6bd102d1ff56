// The square that the project's liveness networks look at, and the mean of their logits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Box } from '../../core/types.ts'
import { applyAffine } from '../geometry.ts'
import { createLivenessNet, squareAround } from './liveness-net.ts'

const FRAME = { width: 640, height: 480 }
const FACE = { x: 200, y: 150, width: 100, height: 120 }
const cornersOf = (box: Box, roll: number, scale: number, frame = FRAME): number[][] => {
  const map = squareAround(frame, box, roll, scale, 96)
  return [applyAffine(map, 0, 0), applyAffine(map, 96, 96)].map(({ x, y }) => [Math.round(x), Math.round(y)])
}

test('the square lies around the middle of the face, its side a multiple of the longer one', () => {
  assert.deepEqual(cornersOf(FACE, 0, 2), [
    [130, 90],
    [370, 330],
  ])
})

test('at the edge it is moved inside the picture, and never larger than it', () => {
  assert.deepEqual(cornersOf({ x: -20, y: 400, width: 100, height: 100 }, 0, 2), [
    [0, 280],
    [200, 480],
  ])
  assert.deepEqual(cornersOf({ x: 400, y: 100, width: 240, height: 300 }, 0, 2.7), [
    [160, 0],
    [640, 480],
  ])
})

test('a face that lies on its side is turned upright by quarter turns', () => {
  assert.deepEqual(cornersOf(FACE, 80, 2), [
    [370, 90],
    [130, 330],
  ])
  assert.deepEqual(cornersOf(FACE, -170, 2), [
    [370, 330],
    [130, 90],
  ])
  assert.deepEqual(cornersOf(FACE, -95, 2), [
    [130, 330],
    [370, 90],
  ])
  assert.deepEqual(cornersOf(FACE, 40, 2), cornersOf(FACE, 0, 2))
})

test('the answer is the mean of the logits, of crops and their mirror images, as a probability', async () => {
  const network = (logit: number, size: number) => ({
    session: {
      run: async (input: Float32Array, shape: readonly number[]) => {
        assert.deepEqual(shape, [2, 3, size, size])
        const [crop, mirrored] = [input.subarray(0, size), input.subarray(3 * size * size, 3 * size * size + size)]
        assert.ok(crop[0] < crop[size - 1])
        assert.deepEqual(mirrored.toReversed(), crop)
        return { logit: Float32Array.of(logit, logit - 1) }
      },
      close: async () => {},
    },
    cropScale: 2,
    size,
    normalisation: { mean: [0, 0, 0], scale: 1 / 128 } as const,
  })
  const data = Uint8Array.from({ length: 3 * FRAME.width * FRAME.height }, (_, at) => (at % (3 * FRAME.width)) / 8)
  const raster = { ...FRAME, data }
  const score = await createLivenessNet([network(3, 96), network(-1, 64)]).judge(raster, FACE, 0)
  assert.ok(Math.abs(score - 1 / (1 + Math.exp(-0.5))) < 1e-9)
})
