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
 * three planes R, G, B. Bilinear; where the picture is at least 1.5 times finer than the output, the mean of a grid of
 * picture pixels (at most `maxGrid` a side), so that nothing aliases. Outside the picture is black.
 */
export const sampleSquare = (
  raster: Raster,
  toImage: Affine,
  size: number,
  normalisation: Normalisation,
  target: Float32Array,
  offset = 0,
  maxGrid = MAX_GRID,
): void => {
  const grid = Math.min(maxGrid, Math.round(scaleOf(toImage)))
  const sample = grid < 2 ? sampleBilinear : sampleMeans
  sample({ raster, map: toImage, size, normalisation, target, offset }, grid)
}

/** Beyond this the grid's samples are spread, no longer every picture pixel: 16² samples are mean enough. */
const MAX_GRID = 16

interface Job {
  readonly raster: Raster
  readonly map: Affine
  readonly size: number
  readonly normalisation: Normalisation
  readonly target: Float32Array
  readonly offset: number
}

// The two loops below take a good part of a picture's time. Each is one plain function: spread over smaller ones, the
// just-in-time compiler ran them at half the speed.

/** A pixel's colour is the picture's between the four pixels around its centre. */
const sampleBilinear = (job: Job): void => {
  const { raster, map, size, normalisation, target, offset } = job
  const { width, height, data } = raster
  const { mean, scale } = normalisation
  const [shiftRed, shiftGreen, shiftBlue] = [mean[0] * scale, mean[1] * scale, mean[2] * scale]
  const plane = size * size
  const rowLength = width * 3
  for (let row = 0; row < size; row++) {
    // Samples lie at the centres of output pixels, and picture pixels have theirs at .5.
    const left = map.a * 0.5 + map.b * (row + 0.5) + map.c - 0.5
    const top = map.d * 0.5 + map.e * (row + 0.5) + map.f - 0.5
    const [from, to] = intersect(spanOf(left, map.a, 0, width - 1, size), spanOf(top, map.d, 0, height - 1, size))
    for (let column = 0; column < from; column++) sampleEdge(job, row, column, left, top)
    for (let column = from, at = offset + row * size + from; column < to; column++, at++) {
      const x = left + map.a * column
      const y = top + map.d * column
      // Truncation is the floor here, as neither is negative.
      const right = x - (x | 0)
      const below = y - (y | 0)
      const one = (1 - right) * (1 - below)
      const two = right * (1 - below)
      const three = (1 - right) * below
      const four = right * below
      const upper = ((y | 0) * width + (x | 0)) * 3
      const lower = upper + rowLength
      const red = data[upper] * one + data[upper + 3] * two + data[lower] * three + data[lower + 3] * four
      const green = data[upper + 1] * one + data[upper + 4] * two + data[lower + 1] * three + data[lower + 4] * four
      const blue = data[upper + 2] * one + data[upper + 5] * two + data[lower + 2] * three + data[lower + 5] * four
      target[at] = red * scale - shiftRed
      target[at + plane] = green * scale - shiftGreen
      target[at + 2 * plane] = blue * scale - shiftBlue
    }
    for (let column = to; column < size; column++) sampleEdge(job, row, column, left, top)
  }
}

/** A pixel's colour is the mean of grid² picture pixels, spread over it evenly. */
const sampleMeans = (job: Job, grid: number): void => {
  const { raster, map, size, normalisation, target, offset } = job
  const { width, height, data } = raster
  const { mean, scale } = normalisation
  const [shiftRed, shiftGreen, shiftBlue] = [mean[0] * scale, mean[1] * scale, mean[2] * scale]
  const count = grid * grid
  const weight = scale / count
  const [stepsX, stepsY] = [gridSteps(map.a, map.b, grid), gridSteps(map.d, map.e, grid)]
  const [lowX, highX] = [-Math.min(...stepsX), width - Math.max(...stepsX)]
  // Without the picture's last row: four bytes are read where a pixel has three.
  const [lowY, highY] = [-Math.min(...stepsY), height - 1 - Math.max(...stepsY)]
  const plane = size * size
  const pixels = new DataView(data.buffer, data.byteOffset, data.length)
  for (let row = 0; row < size; row++) {
    const left = map.b * row + map.c
    const top = map.e * row + map.f
    const [from, to] = intersect(spanOf(left, map.a, lowX, highX, size), spanOf(top, map.d, lowY, highY, size))
    for (let column = 0; column < from; column++) meanAtEdge(job, row, column, stepsX, stepsY)
    for (let column = from, at = offset + row * size + from; column < to; column++, at++) {
      const x = left + map.a * column
      const y = top + map.d * column
      // Red and blue share a number, 16 bits each, which the sum of 16² bytes just fits.
      let redBlue = 0
      let green = 0
      for (let k = 0; k < count; k++) {
        const pixel = Math.imul((y + stepsY[k]) | 0, width) + ((x + stepsX[k]) | 0)
        const colour = pixels.getInt32(Math.imul(pixel, 3), true)
        redBlue = (redBlue + (colour & 0xff00ff)) | 0
        green = (green + ((colour >>> 8) & 0xff)) | 0
      }
      target[at] = (redBlue & 0xffff) * weight - shiftRed
      target[at + plane] = green * weight - shiftGreen
      target[at + 2 * plane] = (redBlue >>> 16) * weight - shiftBlue
    }
    for (let column = to; column < size; column++) meanAtEdge(job, row, column, stepsX, stepsY)
  }
}

/** Where the grid's samples lie along one axis of the picture, from the output pixel's corner. */
const gridSteps = (perColumn: number, perRow: number, grid: number): Float64Array =>
  Float64Array.from(
    { length: grid * grid },
    (_, k) => (perColumn * ((k % grid) + 0.5) + perRow * (Math.floor(k / grid) + 0.5)) / grid,
  )

/** One pixel as `sampleBilinear` has it, where some of the four may lie outside the picture and count as black. */
const sampleEdge = (job: Job, row: number, column: number, left: number, top: number): void => {
  const { width, height, data } = job.raster
  const x = left + job.map.a * column
  const y = top + job.map.d * column
  const sums = [0, 0, 0]
  for (let i = 0; i < 4; i++) {
    const pixelX = Math.floor(x) + (i & 1)
    const pixelY = Math.floor(y) + (i >> 1)
    if (pixelX < 0 || pixelY < 0 || pixelX >= width || pixelY >= height) continue
    const weight = (1 - Math.abs(x - pixelX)) * (1 - Math.abs(y - pixelY))
    const at = (pixelY * width + pixelX) * 3
    for (let channel = 0; channel < 3; channel++) sums[channel] += data[at + channel] * weight
  }
  store(job, row, column, sums, 1)
}

/** One pixel as `sampleMeans` has it, where some of the grid may lie outside the picture and count as black. */
const meanAtEdge = (job: Job, row: number, column: number, stepsX: Float64Array, stepsY: Float64Array): void => {
  const { raster, map } = job
  const { width, height, data } = raster
  const sums = [0, 0, 0]
  for (let k = 0; k < stepsX.length; k++) {
    const x = map.a * column + map.b * row + map.c + stepsX[k]
    const y = map.d * column + map.e * row + map.f + stepsY[k]
    if (x < 0 || y < 0 || x >= width || y >= height) continue
    const at = (Math.floor(y) * width + Math.floor(x)) * 3
    for (let channel = 0; channel < 3; channel++) sums[channel] += data[at + channel]
  }
  store(job, row, column, sums, stepsX.length)
}

const store = (job: Job, row: number, column: number, sums: readonly number[], count: number): void => {
  const { size, normalisation, target, offset } = job
  for (let channel = 0; channel < 3; channel++) {
    const at = offset + (channel * size + row) * size + column
    target[at] = (sums[channel] / count - normalisation.mean[channel]) * normalisation.scale
  }
}

type Span = readonly [from: number, to: number]

/** The whole numbers k, 0 ≤ k < size, for which low ≤ start + step·k < high: none, or a run of them. */
const spanOf = (start: number, step: number, low: number, high: number, size: number): Span => {
  const isWithin = (k: number): boolean => start + step * k >= low && start + step * k < high
  if (step === 0) return isWithin(0) ? [0, size] : [0, 0]
  const [first, last] = step > 0 ? [low - start, high - start] : [high - start, low - start]
  let from = Math.min(size, Math.max(0, Math.floor(first / step)))
  let to = Math.max(from, Math.min(size, Math.ceil(last / step) + 1))
  // Rounded positions rise or fall with k too: where both ends lie within, all between them do.
  while (from < to && !isWithin(from)) from++
  while (from < to && !isWithin(to - 1)) to--
  return [from, to]
}

const intersect = ([from, to]: Span, [otherFrom, otherTo]: Span): Span => {
  const first = Math.max(from, otherFrom)
  return [first, Math.max(first, Math.min(to, otherTo))]
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
