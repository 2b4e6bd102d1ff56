// What a baseline sees that must lose: resolution, sharpness and borders of a picture, and nothing of what is on the face.
// Pure.
import { uprightCrop } from '../../server/src/vision/families/faceres.ts'
import { type Raster, sampleSquare } from '../../server/src/vision/tensor.ts'
import type { View } from './canvas.ts'

/** Side of the crop that sharpness and borders are measured on. */
const SIDE = 112
/** Pixels that count as the border of the crop. */
const EDGE = 4

/** Distance of the eyes, sides and pixels of the picture, sharpness at two scales, and each border's light and black share. */
export const BASELINE = 16

export const measureBaseline = ({ raster, eyes }: View): Float32Array => {
  const planes = new Float32Array(3 * SIDE * SIDE)
  sampleSquare(raster, uprightCrop(eyes, SIDE), SIDE, { mean: [0, 0, 0], scale: 1 }, planes)
  const luma = new Float32Array(SIDE * SIDE)
  for (let i = 0; i < luma.length; i++)
    luma[i] = 0.299 * planes[i] + 0.587 * planes[i + luma.length] + 0.114 * planes[i + 2 * luma.length]
  const far = Math.hypot(eyes[1].x - eyes[0].x, eyes[1].y - eyes[0].y)
  return Float32Array.from([
    Math.log(far),
    ...sizesOf(raster),
    Math.log(raster.width / far),
    Math.log(raster.height / far),
    stepOf(luma, 1),
    stepOf(luma, 3),
    stepOf(luma, 1) / (1 + stepOf(luma, 3)),
    ...bordersOf(luma),
  ])
}

const sizesOf = ({ width, height }: Raster): number[] => [Math.log(width * height), width / height]

/** Logarithm of the mean difference between pixels so far apart. */
const stepOf = (luma: Float32Array, distance: number): number => {
  let sum = 0
  for (let at = 0; at + distance < luma.length; at++) sum += Math.abs(luma[at + distance] - luma[at])
  return Math.log(1 + sum / luma.length)
}

const bordersOf = (luma: Float32Array): number[] => {
  const sides: ((along: number, across: number) => number)[] = [
    (along, across) => across * SIDE + along,
    (along, across) => (SIDE - 1 - across) * SIDE + along,
    (along, across) => along * SIDE + across,
    (along, across) => along * SIDE + SIDE - 1 - across,
  ]
  return sides.flatMap(at => {
    let [sum, black] = [0, 0]
    for (let along = 0; along < SIDE; along++)
      for (let across = 0; across < EDGE; across++) {
        const value = luma[at(along, across)]
        sum += value
        if (value < 1) black++
      }
    return [sum / (SIDE * EDGE * 255), black / (SIDE * EDGE)]
  })
}
