// Blur, by blurring once more: what is sharp loses much of its detail by that, what is blurred has none to lose. Pure.
import type { QualityMeasure } from '../../core/face-quality.ts'
import type { FaceCrop } from './crop.ts'
import { measure, rise } from './mapping.ts'

/** Pixels of the mean that the picture is blurred with; Crété et al., "The blur effect", 2007, has 9. */
const WINDOW = 9
/** Own measurement over LFW: see docs/reference/quality.md. */
const MIDDLE = 0.4
const WIDTH = 0.04

/**
 * Share of the differences between neighbours that blurring takes away, along rows and along columns, the smaller of the
 * two, as motion blurs in one direction only. 0-1; neither contrast nor brightness changes it.
 */
export const measureSharpness = ({ luma, size }: FaceCrop): QualityMeasure => {
  const lost = Math.min(lossAlong(luma, size, 1, size), lossAlong(luma, size, size, 1))
  return measure(lost, 'share', rise(lost, MIDDLE, WIDTH))
}

/** `step` leads to the next pixel of a line, `next` to the next line. */
const lossAlong = (luma: Float32Array, size: number, step: number, next: number): number => {
  let [differences, lost] = [0, 0]
  for (let line = 0; line < size; line++) {
    const start = line * next
    let sum = 0
    for (let i = 0; i < WINDOW; i++) sum += luma[start + i * step]
    for (let i = WINDOW; i < size; i++) {
      // The mean moves on by one pixel: what comes in less what goes out is the blurred picture's own difference.
      const before = sum
      sum += luma[start + i * step] - luma[start + (i - WINDOW) * step]
      const middle = start + (i - (WINDOW >> 1)) * step
      const sharp = Math.abs(luma[middle] - luma[middle - step])
      differences += sharp
      lost += Math.max(0, sharp - Math.abs(sum - before) / WINDOW)
    }
  }
  return differences > 0 ? lost / differences : 0
}
