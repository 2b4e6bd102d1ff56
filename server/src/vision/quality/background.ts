// Whether what is beside the head is plain: the strips left and right of it and above it. Pure. Without a segmentation,
// long hair and shoulders beside the head count as background.
import type { QualityMeasure } from '../../core/face-quality.ts'
import type { Affine } from '../geometry.ts'
import type { Raster } from '../tensor.ts'
import { type FaceCrop, isInPicture, pixelsOfAll, type Zone } from './crop.ts'
import { fall, measure, unmeasured } from './mapping.ts'

/** Beyond ears and hair, from above the head to the mouth. */
const STRIPS: readonly Zone[] = [
  [-0.48, -0.48, -0.25, 0.7],
  [1.25, -0.48, 1.48, 0.7],
]
/** Less than this share of the strips inside the picture says nothing. */
const MIN_SHARE = 0.2

/** Mean length of the luma's gradient (Sobel), levels; the mapping is OFIQ's (1.0). */
export const measureBackground = (crop: FaceCrop, raster: Raster): QualityMeasure => {
  const { luma, size, toImage } = crop
  const pixels = pixelsOfAll(crop, STRIPS)
  let sum = 0
  let count = 0
  for (let i = 0; i < pixels.length; i++) {
    const pixel = pixels[i]
    if (!isSurrounded(toImage, Math.floor(pixel / size), pixel % size, raster)) continue
    sum += gradientAt(luma, size, pixel)
    count++
  }
  if (count < MIN_SHARE * pixels.length) return unmeasured('levels')
  const gradient = sum / count
  return measure(gradient, 'levels', 1.9 * fall(gradient, 10, 100))
}

/** Whether the pixels around it show the picture too: its border is a step that nobody stands before. */
const isSurrounded = (toImage: Affine, row: number, column: number, raster: Raster): boolean =>
  isInPicture(toImage, row - 2, column - 2, raster) &&
  isInPicture(toImage, row - 2, column + 2, raster) &&
  isInPicture(toImage, row + 2, column - 2, raster) &&
  isInPicture(toImage, row + 2, column + 2, raster)

const gradientAt = (luma: Float32Array, size: number, at: number): number => {
  const above = at - size
  const below = at + size
  const left = luma[above - 1] + 2 * luma[at - 1] + luma[below - 1]
  const right = luma[above + 1] + 2 * luma[at + 1] + luma[below + 1]
  const upper = luma[above - 1] + 2 * luma[above] + luma[above + 1]
  const lower = luma[below - 1] + 2 * luma[below] + luma[below + 1]
  return Math.sqrt((right - left) ** 2 + (lower - upper) ** 2)
}
