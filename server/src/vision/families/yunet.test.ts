// The decoder puts boxes and points where the cells say, and the finder takes the face in the middle of its view.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Raster } from '../tensor.ts'
import { createYunet, decodeFaces } from './yunet.ts'

const SIZE = 64
const raster: Raster = { width: 200, height: 100, data: new Uint8Array(3 * 200 * 100) }

/** Outputs that see nothing but these cells: stride, column, row, confidence, box, points. */
type Cell = readonly [
  stride: number,
  column: number,
  row: number,
  sure: number,
  box: readonly number[],
  points: readonly number[],
]
const outputsOf = (cells: readonly Cell[]): Record<string, Float32Array> => {
  const outputs = Object.fromEntries(
    [8, 16, 32].flatMap(stride => {
      const count = (SIZE / stride) ** 2
      const values = { cls: 1, obj: 1, bbox: 4, kps: 10 }
      return Object.entries(values).map(([kind, each]) => [`${kind}_${stride}`, new Float32Array(count * each)])
    }),
  )
  for (const [stride, column, row, sure, box, points] of cells) {
    const cell = row * (SIZE / stride) + column
    outputs[`cls_${stride}`][cell] = sure
    outputs[`obj_${stride}`][cell] = sure
    outputs[`bbox_${stride}`].set(box, 4 * cell)
    outputs[`kps_${stride}`].set(points, 10 * cell)
  }
  return outputs
}
const POINTS = [-0.5, 0, 0.5, 0, 0, 0.5, -0.4, 1, 0.4, 1]
const MIDDLE: Cell = [16, 2, 2, 0.9, [0, 0, Math.log(2), Math.log(3)], POINTS]
const find = (cells: readonly Cell[], box = { x: 80, y: 30, width: 32, height: 40 }) => {
  const session = { run: async () => outputsOf(cells), close: async () => {} }
  const settings = {
    size: SIZE,
    normalisation: { mean: [0, 0, 0], scale: 1 },
    cropScale: 4,
    threshold: 0.5,
    iouThreshold: 0.3,
  } as const
  return createYunet(session, settings).locate(raster, box)
}

test('boxes and points are decoded at their cell and stride', () => {
  const [face, ...others] = decodeFaces(outputsOf([MIDDLE]), SIZE, 0.5)
  assert.equal(others.length, 0)
  assert.ok(Math.abs(face.confidence - 0.9) < 1e-6)
  const { x, y, width, height } = face.box
  assert.deepEqual([x, y, width, height].map(Math.round), [16, 8, 32, 48])
  assert.deepEqual(face.points.leftEye, { x: 24, y: 32 })
  assert.deepEqual(face.points.rightEye, { x: 40, y: 32 })
  assert.deepEqual(face.points.nose, { x: 32, y: 40 })
  assert.deepEqual(
    [face.points.mouthLeft.x, face.points.mouthRight.x].map(value => Math.round(value * 10)),
    [256, 384],
  )
})

test('the confidence is that of face and object together, and bounded', () => {
  const outputs = outputsOf([[8, 0, 0, 4, [0, 0, 0, 0], POINTS]])
  assert.equal(decodeFaces(outputs, SIZE, 0.5)[0].confidence, 1)
  outputs.obj_8[0] = 0.2
  assert.equal(decodeFaces(outputs, SIZE, 0.5).length, 0)
})

test('the points are told in the pixels of the picture', async () => {
  // The view is 160 pixels of the picture around (96, 50), seen with 64.
  const points = await find([MIDDLE])
  assert.deepEqual(points?.nose, { x: 96, y: 70 })
  assert.deepEqual(points?.leftEye, { x: 76, y: 50 })
})

test('a surer face beside is not taken for the one in the middle', async () => {
  const beside: Cell = [8, 0, 0, 0.99, [0, 0, Math.log(2), Math.log(2)], POINTS]
  assert.deepEqual((await find([beside, MIDDLE]))?.nose, { x: 96, y: 70 })
  assert.equal(await find([beside]), null)
  assert.equal(await find([]), null)
})
