// Blur: how steep the steepest edges of the face are. Pure.
import type { QualityMeasure } from '../../core/face-quality.ts'
import { deviationOf, type FaceCrop } from './crop.ts'
import { measure, rise } from './mapping.ts'

/** The steepest hundredth: lids, pupils, lips. Noise and blocks of compression are steps too, but not as high. */
const STEEPEST = 0.01
/** Own measurement: median of LFW 0.64; a Gaussian blur of a twentieth of the distance between the eyes 0.3-0.4. */
const MIDDLE = 0.55
const WIDTH = 0.08

/**
 * The luma's gradient that a hundredth of the pixels exceed, relative to the deviation of all, so that neither contrast
 * nor brightness counts. Deviations a pixel of the fine crop.
 */
export const measureSharpness = ({ luma, size }: FaceCrop): QualityMeasure => {
  const contrast = deviationOf(luma)
  const steepest = contrast > 0 ? steepestOf(luma, size) / contrast : 0
  return measure(steepest, 'deviations', rise(steepest, MIDDLE, WIDTH))
}

/** Sorting sixteen thousand values would take longer than all other measures: they are counted in bins. */
const BINS_PER_LEVEL = 8
const BINS = 362 * BINS_PER_LEVEL

const steepestOf = (luma: Float32Array, size: number): number => {
  const counts = new Uint32Array(BINS)
  for (let row = 0; row < size - 1; row++) {
    for (let at = row * size; at < row * size + size - 1; at++) {
      const across = luma[at + 1] - luma[at]
      const down = luma[at + size] - luma[at]
      counts[(Math.sqrt(across * across + down * down) * BINS_PER_LEVEL) | 0]++
    }
  }
  const wanted = STEEPEST * (size - 1) ** 2
  let bin = BINS
  for (let above = 0; above < wanted && bin > 0; ) above += counts[--bin]
  return (bin + 0.5) / BINS_PER_LEVEL
}
