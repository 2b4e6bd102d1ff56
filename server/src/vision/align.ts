// Stage "align": from mesh points to the upright face crop that the recogniser expects. Pure.
import type { Point } from '../core/types.ts'
import { type Affine, fitSimilarity, invertAffine } from './geometry.ts'

/**
 * The 33-point form: mesh index → dlib's mean face shape (68-point numbering less the 17 of the jaw; x and y as shares
 * of the face square). Nose ridge and base, both eyes, upper lip: the points that expression and age move least.
 */
const FORM: readonly (readonly [mesh: number, x: number, y: number])[] = [
  [168, 0.490127, 0.203352],
  [197, 0.490127, 0.307009],
  [5, 0.490127, 0.409805],
  [4, 0.490127, 0.515625],
  [75, 0.36688, 0.587326],
  [97, 0.426036, 0.609345],
  [2, 0.490127, 0.628106],
  [326, 0.554217, 0.609345],
  [305, 0.613373, 0.587326],
  [33, 0.121737, 0.216423],
  [160, 0.187122, 0.178758],
  [158, 0.265825, 0.179852],
  [133, 0.334606, 0.231733],
  [153, 0.260918, 0.245099],
  [144, 0.182743, 0.244077],
  [362, 0.645647, 0.231733],
  [385, 0.714428, 0.179852],
  [387, 0.793132, 0.178758],
  [263, 0.858516, 0.216423],
  [373, 0.79751, 0.244077],
  [380, 0.719335, 0.245099],
  [61, 0.254149, 0.780233],
  [39, 0.340985, 0.745405],
  [37, 0.428858, 0.727388],
  [0, 0.490127, 0.742578],
  [267, 0.551395, 0.727388],
  [269, 0.639268, 0.745405],
  [291, 0.726104, 0.780233],
  [78, 0.290379, 0.784792],
  [82, 0.428096, 0.778746],
  [13, 0.490127, 0.785343],
  [312, 0.552157, 0.778746],
  [308, 0.689874, 0.784792],
]

export interface AlignmentForm {
  /** Border around the face square, as a share of its side. */
  readonly padding: number
  /** Side of the crop, pixels. */
  readonly size: number
}

/** The map from crop pixels to the picture, by least squares over the form's points; `points` are the 468 of the mesh. */
export const alignFace = (points: readonly Point[], form: AlignmentForm): Affine => {
  const place = (share: number): number => ((form.padding + share) / (2 * form.padding + 1)) * form.size
  const imagePoints = FORM.map(([mesh]) => points[mesh])
  const cropPoints = FORM.map(([, x, y]) => ({ x: place(x), y: place(y) }))
  return invertAffine(fitSimilarity(imagePoints, cropPoints))
}
