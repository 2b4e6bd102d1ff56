// Pictures as arrays: sampling a region of a raster into the planar, normalised floats that the networks take. Pure.
import { type Affine, scaleOf } from './geometry.ts'

/** Interleaved RGB, 8 bits a channel, rows from the top, no padding: data.length = width·height·3. */
export interface Raster {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** value = (pixel - mean[channel]) · scale */
export interface Normalisation {
  readonly mean: readonly [number, number, number]
  readonly scale: number
}

/**
 * Samples `size`×`size` pixels of the raster through `toImage` (output pixel → picture) into `target` at `offset` as
 * three planes R, G, B. Bilinear; where the picture is more than 1.5 times finer than the output, the mean of a grid of
 * samples, so that nothing aliases. Outside the picture is black.
 */
export const sampleSquare = (
  raster: Raster,
  toImage: Affine,
  size: number,
  normalisation: Normalisation,
  target: Float32Array,
  offset = 0,
): void => {
  const grid = Math.min(8, Math.max(1, Math.round(scaleOf(toImage))))
  const plane = size * size
  const weight = 1 / (grid * grid)
  const sum = new Float64Array(3)
  const [meanRed, meanGreen, meanBlue] = normalisation.mean
  const { scale } = normalisation
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      sum.fill(0)
      for (let i = 0; i < grid; i++) {
        const v = row + (i + 0.5) / grid
        for (let j = 0; j < grid; j++) {
          const u = column + (j + 0.5) / grid
          addBilinear(raster, toImage.a * u + toImage.b * v + toImage.c, toImage.d * u + toImage.e * v + toImage.f, sum)
        }
      }
      const at = offset + row * size + column
      target[at] = (sum[0] * weight - meanRed) * scale
      target[at + plane] = (sum[1] * weight - meanGreen) * scale
      target[at + 2 * plane] = (sum[2] * weight - meanBlue) * scale
    }
  }
}

/** Adds the picture's colour at a continuous position (pixel centres at .5) to `sum`. */
const addBilinear = (raster: Raster, x: number, y: number, sum: Float64Array): void => {
  const { width, height, data } = raster
  const px = x - 0.5
  const py = y - 0.5
  const left = Math.floor(px)
  const top = Math.floor(py)
  if (left < -1 || top < -1 || left >= width || top >= height) return
  const fx = px - left
  const fy = py - top
  const inLeft = left >= 0
  const inRight = left + 1 < width
  const row = width * 3
  const base = top * row + left * 3
  if (top >= 0) {
    if (inLeft) addPixel(data, base, (1 - fx) * (1 - fy), sum)
    if (inRight) addPixel(data, base + 3, fx * (1 - fy), sum)
  }
  if (top + 1 < height) {
    if (inLeft) addPixel(data, base + row, (1 - fx) * fy, sum)
    if (inRight) addPixel(data, base + row + 3, fx * fy, sum)
  }
}

const addPixel = (data: Uint8Array, at: number, weight: number, sum: Float64Array): void => {
  sum[0] += data[at] * weight
  sum[1] += data[at + 1] * weight
  sum[2] += data[at + 2] * weight
}

/** Copies a planar square of `size`×`size` three-plane floats, mirrored left to right. */
export const mirrorPlanes = (
  source: Float32Array,
  from: number,
  target: Float32Array,
  to: number,
  size: number,
): void => {
  for (let row = 0; row < 3 * size; row++) {
    const start = row * size
    for (let column = 0; column < size; column++) target[to + start + column] = source[from + start + size - 1 - column]
  }
}

/** Scales a vector to length 1 in place and returns it. A zero vector stays zero. */
export const normaliseVector = (vector: Float32Array): Float32Array => {
  let squares = 0
  for (const value of vector) squares += value * value
  const factor = squares > 0 ? 1 / Math.sqrt(squares) : 0
  for (let i = 0; i < vector.length; i++) vector[i] *= factor
  return vector
}
