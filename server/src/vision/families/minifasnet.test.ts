// The crops that the liveness networks look at, as their own preparation makes them, and the mean of their answers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Box } from '../../core/types.ts'
import type { Raster } from '../tensor.ts'
import { createMinifasnet, cropAround } from './minifasnet.ts'

const NORMALISATION = { mean: [0, 0, 0], scale: 1 } as const
const frame = (width: number, height: number): Raster => ({ width, height, data: new Uint8Array(0) })
const crop = (raster: Raster, box: Box, scale: number) => {
  const { a, c, e, f } = cropAround(raster, box, scale, 80)
  return { left: c, top: f, width: a * 80, height: e * 80 }
}
const close = (found: object, expected: object) =>
  assert.deepEqual(
    Object.entries(found).map(([name, value]) => [name, Math.round(value)]),
    Object.entries(expected),
  )

test('the crop has the proportions of the box, and its edges lie between pixels', () => {
  const box = { x: 300, y: 200, width: 100, height: 120 }
  close(crop(frame(1000, 800), box, 2.7), { left: 215, top: 98, width: 271, height: 325 })
})

test('a crop that does not fit is moved inside the picture', () => {
  close(crop(frame(1000, 800), { x: 10, y: 20, width: 100, height: 120 }, 2.7), {
    left: 0,
    top: 0,
    width: 271,
    height: 325,
  })
  close(crop(frame(1000, 800), { x: 890, y: 670, width: 100, height: 120 }, 2.7), {
    left: 729,
    top: 475,
    width: 271,
    height: 325,
  })
})

test('a crop that is larger than the picture is scaled down as a whole', () => {
  close(crop(frame(480, 640), { x: 120, y: 110, width: 170, height: 240 }, 4), {
    left: 0,
    top: 0,
    width: 453,
    height: 640,
  })
  close(crop(frame(200, 640), { x: 50, y: 300, width: 100, height: 100 }, 4), {
    left: 0,
    top: 250,
    width: 200,
    height: 200,
  })
})

test('boxes that reach out of the picture still give a crop inside it', () => {
  for (const box of [
    { x: -50, y: -50, width: 120, height: 150 },
    { x: 90, y: 60, width: 60, height: 70 },
    { x: 0, y: 0, width: 400, height: 400 },
    { x: 50, y: 40, width: 0.5, height: 0.5 },
  ])
    for (const scale of [2.7, 4]) {
      const { left, top, width, height } = crop(frame(100, 80), box, scale)
      assert.ok(left >= 0 && top >= 0 && width >= 1 && height >= 1)
      assert.ok(left + width <= 100 + 1e-9 && top + height <= 80 + 1e-9)
    }
})

test('each network sees its own crop, sampled and not averaged, and their answers are', async () => {
  // Columns of 0 and 255 in turn: a mean of several would be grey.
  const [width, height] = [480, 480]
  const data = Uint8Array.from({ length: 3 * width * height }, (_, at) => (Math.floor(at / 3) % 2 === 0 ? 0 : 255))
  const seen: { values: Set<number>; shape: readonly number[] }[] = []
  const network = (live: number, cropScale: number) => ({
    session: {
      run: async (input: Float32Array, shape: readonly number[]) => {
        seen.push({ values: new Set(input), shape })
        return { probabilities: Float32Array.of(0.01, live, 0.02) }
      },
      close: async () => {},
    },
    cropScale,
    size: 80,
    normalisation: NORMALISATION,
  })
  const judge = createMinifasnet([network(0.75, 3), network(0.25, 1)])
  assert.equal(await judge.judge({ width, height, data }, { x: 160, y: 160, width: 79, height: 79 }), 0.5)
  assert.deepEqual(
    seen.map(({ shape }) => shape),
    [
      [1, 3, 80, 80],
      [1, 3, 80, 80],
    ],
  )
  assert.deepEqual([...seen[1].values].sort(), [0, 255])
  assert.ok(Math.min(...seen[0].values) < 32 && Math.max(...seen[0].values) > 223)
})
