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
  const plane = size * size
  const colour = new Float64Array(3)
  const [meanRed, meanGreen, meanBlue] = normalisation.mean
  const { scale } = normalisation
  for (let row = 0; row < size; row++) {
    // Bilinear samples lie at the centres of output pixels, and picture pixels have theirs at .5.
    let x = toImage.a * 0.5 + toImage.b * (row + 0.5) + toImage.c - 0.5
    let y = toImage.d * 0.5 + toImage.e * (row + 0.5) + toImage.f - 0.5
    for (let column = 0; column < size; column++, x += toImage.a, y += toImage.d) {
      if (grid < 2) sampleBilinear(raster, x, y, colour)
      else sampleMean(raster, toImage, column, row, grid, colour)
      const at = offset + row * size + column
      target[at] = (colour[0] - meanRed) * scale
      target[at + plane] = (colour[1] - meanGreen) * scale
      target[at + 2 * plane] = (colour[2] - meanBlue) * scale
    }
  }
}

/** Beyond this the grid's samples are spread, no longer every picture pixel: 16² samples are mean enough. */
const MAX_GRID = 16

/** The mean of grid² picture pixels spread over one output pixel. */
const sampleMean = (
  { width, height, data }: Raster,
  map: Affine,
  column: number,
  row: number,
  grid: number,
  colour: Float64Array,
): void => {
  let red = 0
  let green = 0
  let blue = 0
  const stepX = map.a / grid
  const stepY = map.d / grid
  for (let i = 0; i < grid; i++) {
    const v = row + (i + 0.5) / grid
    let x = map.a * column + map.b * v + map.c + stepX / 2
    let y = map.d * column + map.e * v + map.f + stepY / 2
    for (let j = 0; j < grid; j++, x += stepX, y += stepY) {
      if (x < 0 || y < 0 || x >= width || y >= height) continue
      // Truncation is the floor here, as neither is negative.
      const at = ((y | 0) * width + (x | 0)) * 3
      red += data[at]
      green += data[at + 1]
      blue += data[at + 2]
    }
  }
  const weight = 1 / (grid * grid)
  colour[0] = red * weight
  colour[1] = green * weight
  colour[2] = blue * weight
}

/** The picture's colour between the four pixels around (x, y), where whole numbers are pixels' centres. */
const sampleBilinear = (raster: Raster, x: number, y: number, colour: Float64Array): void => {
  const { width, height, data } = raster
  const left = Math.floor(x)
  const top = Math.floor(y)
  const right = x - left
  const below = y - top
  if (left < 0 || top < 0 || left + 1 >= width || top + 1 >= height) {
    sampleEdge(raster, left, top, right, below, colour)
    return
  }
  const one = (1 - right) * (1 - below)
  const two = right * (1 - below)
  const three = (1 - right) * below
  const four = right * below
  const at = (top * width + left) * 3
  const under = at + width * 3
  colour[0] = data[at] * one + data[at + 3] * two + data[under] * three + data[under + 3] * four
  colour[1] = data[at + 1] * one + data[at + 4] * two + data[under + 1] * three + data[under + 4] * four
  colour[2] = data[at + 2] * one + data[at + 5] * two + data[under + 2] * three + data[under + 5] * four
}

/** The same where some of the four pixels lie outside the picture and count as black. */
const sampleEdge = (
  { width, height, data }: Raster,
  left: number,
  top: number,
  right: number,
  below: number,
  colour: Float64Array,
): void => {
  colour.fill(0)
  for (let i = 0; i < 4; i++) {
    const x = left + (i & 1)
    const y = top + (i >> 1)
    if (x < 0 || y < 0 || x >= width || y >= height) continue
    const weight = (i & 1 ? right : 1 - right) * (i >> 1 ? below : 1 - below)
    const at = (y * width + x) * 3
    for (let channel = 0; channel < 3; channel++) colour[channel] += data[at + channel] * weight
  }
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
