// Sampling pictures into network inputs: constant pictures, linear ramps, borders, mirror images.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Affine, squareToImage } from './geometry.ts'
import { mirrorPlanes, type Normalisation, normaliseVector, type Raster, sampleSquare } from './tensor.ts'

const PLAIN: Normalisation = { mean: [0, 0, 0], scale: 1 }

const paint = (width: number, height: number, colour: (x: number, y: number) => readonly number[]): Raster => {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(colour(x, y), (y * width + x) * 3)
  return { width, height, data }
}

const sample = (raster: Raster, map: Affine, size: number, normalisation = PLAIN): Float32Array => {
  const target = new Float32Array(3 * size * size)
  sampleSquare(raster, map, size, normalisation, target)
  return target
}

const assertNear = (actual: number, expected: number, tolerance = 1e-3): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`)

test('a constant picture stays constant at every scale and angle, channel by channel', () => {
  const raster = paint(64, 48, () => [10, 120, 250])
  for (const side of [5, 8, 16, 40])
    for (const angle of [0, 0.3, Math.PI / 2]) {
      const size = 8
      const values = sample(raster, squareToImage({ x: 32, y: 24 }, side * 0.6, angle, size), size)
      for (const [channel, expected] of [10, 120, 250].entries())
        for (const value of values.subarray(channel * size * size, (channel + 1) * size * size))
          assertNear(value, expected)
    }
})

test('values are normalised as (x - mean) * scale, each channel by its own mean', () => {
  const raster = paint(8, 8, () => [100, 150, 200])
  const values = sample(raster, squareToImage({ x: 4, y: 4 }, 2, 0, 2), 2, { mean: [90, 100, 250], scale: 0.5 })
  assert.deepEqual([values[0], values[4], values[8]], [5, 25, -25])
})

describe('a linear ramp', () => {
  const raster = paint(100, 80, (x, y) => [x * 2, y * 3, x + y])
  /** The ramp's colour at a continuous position; pixel centres lie at .5. */
  const rampAt = (x: number, y: number): readonly number[] => [(x - 0.5) * 2, (y - 0.5) * 3, x + y - 1]

  const assertRamp = (side: number, degrees: number, tolerance: readonly number[]): void => {
    const size = 12
    const map = squareToImage({ x: 50, y: 40 }, side, (degrees * Math.PI) / 180, size)
    const values = sample(raster, map, size)
    for (let row = 0; row < size; row++)
      for (let column = 0; column < size; column++) {
        const [u, v] = [column + 0.5, row + 0.5]
        const expected = rampAt(map.a * u + map.b * v + map.c, map.d * u + map.e * v + map.f)
        for (const [channel, value] of expected.entries())
          assertNear(values[channel * size * size + row * size + column], value, tolerance[channel])
      }
  }

  test('is sampled exactly at its own size, enlarged, and turned', () => {
    for (const side of [12, 5, 17])
      for (const degrees of [0, 30, 90, 200]) assertRamp(side, degrees, [1e-3, 1e-3, 1e-3])
  })

  test('is sampled exactly when reduced by a whole number', () => {
    for (const side of [24, 36, 48]) assertRamp(side, 0, [1e-3, 1e-3, 1e-3])
  })

  test('is at most half a picture pixel off when reduced otherwise', () => {
    for (const side of [20, 31, 44]) for (const degrees of [0, 30, 90, 200]) assertRamp(side, degrees, [1, 1.5, 1])
  })
})

test('outside of the picture is black, and only that', () => {
  const raster = paint(10, 10, () => [200, 200, 200])
  const values = sample(raster, { a: 1, b: 0, c: -5, d: 0, e: 1, f: 0 }, 10)
  for (let row = 0; row < 10; row++)
    for (let column = 0; column < 10; column++) assert.equal(values[row * 10 + column], column < 5 ? 0 : 200)
  assert.ok(sample(raster, squareToImage({ x: 900, y: -900 }, 10, 0, 10), 10).every(value => value === 0))
})

describe('across the border', () => {
  const noise = paint(40, 30, (x, y) => [(x * 37 + y * 91) % 256, (x * y * 13) % 256, (x + 7 * y) % 256])

  /** The definition, one pixel at a time: the four around the centre, or the mean of the grid. */
  const define = (map: Affine, column: number, row: number, grid: number, channel: number): number => {
    const at = (x: number, y: number): number =>
      x < 0 || y < 0 || x >= noise.width || y >= noise.height ? 0 : noise.data[(y * noise.width + x) * 3 + channel]
    const place = (u: number, v: number) => ({ x: map.a * u + map.b * v + map.c, y: map.d * u + map.e * v + map.f })
    if (grid < 2) {
      const { x, y } = place(column + 0.5, row + 0.5)
      const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)]
      const [right, below] = [x - 0.5 - left, y - 0.5 - top]
      const upper = at(left, top) * (1 - right) + at(left + 1, top) * right
      return upper * (1 - below) + (at(left, top + 1) * (1 - right) + at(left + 1, top + 1) * right) * below
    }
    let sum = 0
    for (let k = 0; k < grid * grid; k++) {
      const { x, y } = place(column + ((k % grid) + 0.5) / grid, row + (Math.floor(k / grid) + 0.5) / grid)
      sum += at(Math.floor(x), Math.floor(y))
    }
    return sum / grid ** 2
  }

  for (const grid of [1, 2, 3])
    test(`every pixel is what the definition says, ${grid} to a side`, () => {
      const size = 20
      for (const centre of [
        { x: 20, y: 15 },
        { x: 2, y: 28 },
        { x: 41, y: -3 },
      ])
        for (const angle of [0, 0.4, Math.PI / 2, 2.9]) {
          const map = squareToImage(centre, grid * size * 1.01, angle, size)
          const values = sample(noise, map, size)
          for (const [index, value] of values.entries()) {
            const [column, row] = [index % size, Math.floor(index / size) % size]
            assertNear(value, define(map, column, row, grid, Math.floor(index / size ** 2)))
          }
        }
    })
})

test('fine stripes do not alias when the picture is reduced', () => {
  const raster = paint(64, 64, x => (x % 2 ? [255, 255, 255] : [0, 0, 0]))
  for (const value of sample(raster, squareToImage({ x: 32, y: 32 }, 48, 0, 12), 12)) assertNear(value, 127.5, 1)
})

test('a square is written at its offset and nowhere else', () => {
  const target = new Float32Array(3 * 4 + 10).fill(-1)
  sampleSquare(
    paint(8, 8, () => [7, 8, 9]),
    squareToImage({ x: 4, y: 4 }, 2, 0, 2),
    2,
    PLAIN,
    target,
    5,
  )
  assert.deepEqual([...target.subarray(5, 17)], [7, 7, 7, 7, 8, 8, 8, 8, 9, 9, 9, 9])
  assert.ok([...target.subarray(0, 5), ...target.subarray(17)].every(value => value === -1))
})

test('mirroring turns each row around, and twice is the same again', () => {
  const source = Float32Array.from({ length: 12 }, (_, index) => index)
  const mirrored = new Float32Array(12)
  mirrorPlanes(source, 0, mirrored, 0, 2)
  assert.deepEqual([...mirrored], [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10])
  const back = new Float32Array(12)
  mirrorPlanes(mirrored, 0, back, 0, 2)
  assert.deepEqual(back, source)
})

test('a vector is scaled to length 1, and a zero vector stays zero', () => {
  const vector = normaliseVector(Float32Array.of(3, 0, 4))
  assertNear(vector[0], 0.6, 1e-6)
  assertNear(vector[2], 0.8, 1e-6)
  assert.deepEqual([...normaliseVector(new Float32Array(3))], [0, 0, 0])
})
