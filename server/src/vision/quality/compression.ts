// Traces of JPEG compression: steps in brightness at the borders of blocks of eight pixels, on the picture's own pixels.
// Pure. A picture that was made smaller or turned by a few degrees since shows none, and counts as uncompressed.
import type { QualityMeasure } from '../../core/face-quality.ts'
import type { Box } from '../../core/types.ts'
import type { Raster } from '../tensor.ts'
import { fall, measure, unmeasured } from './mapping.ts'

const BLOCK = 8
/** Side of the piece that is looked at, picture pixels: many blocks, little time. */
const MAX_SIDE = 256
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
  const value = (excessOf(piece, 1, piece.width) + excessOf(piece, piece.width, 1)) / 2
  return measure(value, 'ratio', fall(Math.log2(value + NOTHING), Math.log2(MIDDLE), WIDTH))
}

interface Piece {
  readonly width: number
  readonly height: number
  readonly green: Int16Array
}

/** The middle of the face; green is most of the luma. */
const cutMiddle = (raster: Raster, box: Box): Piece => {
  const [left, width] = span(box.x, box.width, raster.width)
  const [top, height] = span(box.y, box.height, raster.height)
  const green = new Int16Array(width * height)
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

/** `step` leads along a line, across block borders; `next` to the next line. */
const excessOf = ({ green, width, height }: Piece, step: number, next: number): number => {
  const [length, lines] = step === 1 ? [width, height] : [height, width]
  const sums = new Float64Array(BLOCK)
  const counts = new Float64Array(BLOCK)
  for (let line = 0; line < lines; line++) {
    const start = line * next
    for (let i = 1; i + 2 < length; i++) {
      const at = start + i * step
      const here = Math.abs(green[at + step] - green[at])
      const beside = Math.abs(green[at] - green[at - step]) + Math.abs(green[at + 2 * step] - green[at + step])
      // A border is a step with level ground on both sides.
      sums[i % BLOCK] += Math.max(0, here - beside / 2)
      counts[i % BLOCK]++
    }
  }
  const steps = sums.map((sum, phase) => sum / counts[phase]).sort()
  const usual = steps[BLOCK >> 1]
  return (steps[BLOCK - 1] - usual) / (usual + FLOOR)
}

/** Keeps the ratio finite on surfaces without any structure; luma levels. */
const FLOOR = 0.1
