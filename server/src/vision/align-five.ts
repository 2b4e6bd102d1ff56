// From five points of a face (eye centres, nose tip, mouth corners) to the upright crop that a recogniser expects. Pure.
import type { Landmarks } from '../core/types.ts'
import { type Affine, fitSimilarity, invertAffine } from './geometry.ts'

/** Where the network of the pack retail-0095 was trained to see them, as shares of the crop's side (its documentation). */
const FORM: readonly (readonly [point: keyof Landmarks, x: number, y: number])[] = [
  ['leftEye', 0.3156, 0.4616],
  ['rightEye', 0.6826, 0.4616],
  ['nose', 0.5003, 0.6405],
  ['mouthLeft', 0.3495, 0.8247],
  ['mouthRight', 0.6534, 0.8247],
]

/** The map from crop pixels to the picture, by least squares over the five points; `size` is the crop's side, pixels. */
export const alignFive = (points: Landmarks, size: number): Affine => {
  const imagePoints = FORM.map(([point]) => points[point])
  const cropPoints = FORM.map(([, x, y]) => ({ x: x * size, y: y * size }))
  return invertAffine(fitSimilarity(imagePoints, cropPoints))
}
