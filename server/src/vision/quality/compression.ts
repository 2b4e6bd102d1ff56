// Traces of JPEG compression: steps in brightness at the borders of blocks of eight pixels, on the picture's own pixels.
// Pure. A picture that was made smaller or turned by a few degrees since shows none, and counts as uncompressed.
import type { QualityMeasure } from '../../core/face-quality.ts'
import type { Box } from '../../core/types.ts'
import type { Raster } from '../tensor.ts'
import { fall, measure, unmeasured } from './mapping.ts'

const BLOCK = 8
/** Side of the piece that is looked at, picture pixels: many blocks, little time. */
const MAX_SIDE = 192
/** Fewer blocks a side say nothing. */
const MIN_SIDE = 4 * BLOCK
/** Own measurement: what a clean face has after JPEG of quality 30; half the octaves and twice the value are worth 25. */
const MIDDLE = 3
const WIDTH = 0.8
/** Keeps the logarithm finite. */
const NOTHING = 0.1

/**
 * How much larger the steps at block borders are than those inside blocks, relative to those; both
 * directions together. `reduction`: picture pixels per raster pixel; beyond 1 the blocks cannot be seen any more.
 */
export const measureCompression = (raster: Raster, box: Box, reduction: number): QualityMeasure => {
  const piece = cutMiddle(raster, box)
  if (reduction > 1 || piece.width < MIN_SIDE || piece.height < MIN_SIDE) return unmeasured('ratio')
  const value = (excessAcross(piece) + excessDown(piece)) / 2
  return measure(value, 'ratio', fall(Math.log2(value + NOTHING), Math.log2(MIDDLE), WIDTH))
}

interface Piece {
  readonly width: number
  readonly height: number
  readonly green: Uint8Array
}

/** The middle of the face; green is most of the luma. */
const cutMiddle = (raster: Raster, box: Box): Piece => {
  const [left, width] = span(box.x, box.width, raster.width)
  const [top, height] = span(box.y, box.height, raster.height)
  const green = new Uint8Array(width * height)
  for (let row = 0, at = 0; row < height; row++) {
    const start = (top + row) * raster.width + left
    for (let column = 0; column < width; column++) green[at++] = raster.data[(start + column) * 3 + 1]
  }
  return { width, height, green }
}

const span = (start: number, length: number, limit: number): readonly [from: number, length: number] => {
  const [from, to] = [Math.max(0, Math.floor(start)), Math.min(limit, Math.ceil(start + length))]
  const wanted = Math.max(0, Math.min(MAX_SIDE, to - from))
  return [from + ((to - from - wanted) >> 1), wanted]
}

/** Steps from each pixel to the one `step` further on. */
const stepsOf = (green: Uint8Array, step: number): Uint8Array => {
  const steps = new Uint8Array(green.length)
  for (let at = 0; at + step < green.length; at++) steps[at] = Math.abs(green[at + step] - green[at])
  return steps
}

/** At borders that are crossed along rows. */
const excessAcross = ({ green, width, height }: Piece): number => {
  const steps = stepsOf(green, 1)
  const sums = new Float64Array(BLOCK)
  for (let row = 0; row < height; row++) {
    const start = row * width
    for (let column = 1; column + 2 < width; column++) {
      const at = start + column
      const rise = 2 * steps[at] - steps[at - 1] - steps[at + 1]
      if (rise > 0) sums[column & (BLOCK - 1)] += rise
    }
  }
  return compareSteps(sums, width, height)
}

/** At borders that are crossed along columns; row by row all the same, as the pixels lie. */
const excessDown = ({ green, width, height }: Piece): number => {
  const steps = stepsOf(green, width)
  const sums = new Float64Array(BLOCK)
  for (let row = 1; row + 2 < height; row++) {
    const start = row * width
    let sum = 0
    for (let at = start; at < start + width; at++) {
      const rise = 2 * steps[at] - steps[at - width] - steps[at + width]
      if (rise > 0) sum += rise
    }
    sums[row % BLOCK] += sum
  }
  return compareSteps(sums, height, width)
}

/**
 * `sums`: twice the steps that have level ground on both sides, by their place in the block; lines of `length` pixels, of
 * which all but the first and the last two count.
 */
const compareSteps = (sums: Float64Array, length: number, lines: number): number => {
  const countOf = (phase: number): number => Math.floor((length - 3 - phase) / BLOCK) + (phase === 0 ? 0 : 1)
  const steps = sums.map((sum, phase) => sum / 2 / (lines * countOf(phase))).sort()
  const usual = steps[BLOCK >> 1]
  return (steps[BLOCK - 1] - usual) / (usual + FLOOR)
}

/** Keeps the ratio finite on surfaces without any structure; luma levels. */
const FLOOR = 0.1
