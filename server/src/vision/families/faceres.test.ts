// The crop puts the eyes where the network wants them, and the bands are the means of the rows that they name.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyAffine } from '../geometry.ts'
import { createFaceres, FEATURES, meanBands, uprightCrop } from './faceres.ts'

const near = (found: { x: number; y: number }, x: number, y: number) =>
  assert.ok(Math.abs(found.x - x) < 1e-9 && Math.abs(found.y - y) < 1e-9, JSON.stringify(found))

test('the eyes lie at (82, 95) and (142, 95) of 224 pixels, however the head leans', () => {
  for (const [left, right] of [
    [
      { x: 100, y: 100 },
      { x: 160, y: 100 },
    ],
    [
      { x: 30, y: 50 },
      { x: 30, y: 70 },
    ],
    [
      { x: 500, y: 400 },
      { x: 380, y: 460 },
    ],
  ] as const) {
    const crop = uprightCrop([left, right], 224)
    near(applyAffine(crop, 82, 95), left.x, left.y)
    near(applyAffine(crop, 142, 95), right.x, right.y)
    near(applyAffine(uprightCrop([left, right], 112), 41, 47.5), left.x, left.y)
  }
})

test('a band is the mean of its rows, channel by channel', () => {
  const map = new Float32Array(14 * 14 * 512)
  for (let row = 0; row < 14; row++)
    for (let column = 0; column < 14; column++)
      for (let channel = 0; channel < 512; channel++)
        map[(row * 14 + column) * 512 + channel] = row + 100 * (channel % 2)
  const means = meanBands(map)
  assert.equal(means.length, FEATURES)
  assert.deepEqual([means[0], means[512], means[1024]], [1.5, 5.5, 10.5])
  assert.deepEqual([means[1], means[513], means[1535]], [101.5, 105.5, 110.5])
})

test('the network gets one upright crop of red, green and blue', async () => {
  const seen: { length: number; shape: readonly number[] }[] = []
  const session = {
    run: async (input: Float32Array, shape: readonly number[]) => {
      seen.push({ length: input.length, shape })
      return { features: new Float32Array(14 * 14 * 512).fill(2) }
    },
    close: async () => {},
  }
  const reader = createFaceres(session, { size: 224, normalisation: { mean: [0, 0, 0], scale: 1 } })
  const raster = { width: 50, height: 40, data: new Uint8Array(3 * 50 * 40) }
  const features = await reader.read(raster, [
    { x: 20, y: 20 },
    { x: 30, y: 20 },
  ])
  assert.deepEqual(seen, [{ length: 3 * 224 * 224, shape: [1, 3, 224, 224] }])
  assert.ok(features.every(value => value === 2))
})
