// Mouth and expression, from distances between mesh points in three dimensions, so that a turned head counts little. The
// eyes' opening is eyes.ts's. Pure. The expression is geometry, not a network: it sees mouth and brows move, and knows no feelings.
import type { QualityComponentName, QualityMeasure } from '../../core/face-quality.ts'
import type { FaceMesh } from '../families/facemesh.ts'
import { fall, fallFromZero, measure } from './mapping.ts'

/** Lids of each eye: upper and lower points that lie above each other. */
const LEFT_LIDS = [
  [160, 144],
  [159, 145],
  [158, 153],
] as const
const RIGHT_LIDS = [
  [385, 380],
  [386, 374],
  [387, 373],
] as const

/** Distances as shares of the face's height (between the eyes to the chin), but `mouthWidth`: of the eyes' outer corners. */
export interface FaceShape {
  /** The narrower eye's opening by the wider one's. */
  readonly eyeRatio: number
  readonly mouthOpening: number
  readonly mouthWidth: number
  readonly browHeight: number
  /** How far the mouth's corners lie above its middle. */
  readonly cornerLift: number
}

export const shapeOf = ({ points }: FaceMesh): FaceShape => {
  const span = (one: number, other: number): number =>
    Math.hypot(
      points[one * 3] - points[other * 3],
      points[one * 3 + 1] - points[other * 3 + 1],
      points[one * 3 + 2] - points[other * 3 + 2],
    )
  const faceHeight = heightOf(points)
  const opening = (lids: readonly (readonly [number, number])[]): number =>
    Math.max(...lids.map(([upper, lower]) => span(upper, lower))) / faceHeight
  const [left, right] = [opening(LEFT_LIDS), opening(RIGHT_LIDS)]
  return {
    eyeRatio: Math.min(left, right) / Math.max(left, right),
    mouthOpening: span(13, 14) / faceHeight,
    mouthWidth: span(61, 291) / span(33, 263),
    browHeight: (span(107, 133) + span(336, 362)) / 2 / faceHeight,
    cornerLift: liftOf(points) / faceHeight,
  }
}

/** From the middle of the four eye corners to the chin. */
const heightOf = (points: Float32Array): number => {
  const between = [0, 1, 2].map(
    axis => [33, 133, 362, 263].reduce((sum, index) => sum + points[index * 3 + axis], 0) / 4,
  )
  return Math.hypot(...between.map((value, axis) => value - points[152 * 3 + axis]))
}

/** Along the axis from the chin to the forehead, so that the head's roll does not count. */
const liftOf = (points: Float32Array): number => {
  const up = [points[10 * 3] - points[152 * 3], points[10 * 3 + 1] - points[152 * 3 + 1]]
  const length = Math.hypot(up[0], up[1])
  const corners = [0, 1].map(axis => (points[61 * 3 + axis] + points[291 * 3 + axis]) / 2 - points[13 * 3 + axis])
  return (corners[0] * up[0] + corners[1] * up[1]) / length
}

/** Median and deviation of LFW's faces with a closed mouth: own measurement. */
const NEUTRAL = {
  mouthOpening: [0.02, 0.05],
  mouthWidth: [0.55, 0.06],
  browHeight: [0.247, 0.02],
  cornerLift: [-0.01, 0.025],
} as const satisfies Partial<Record<keyof FaceShape, readonly [median: number, deviation: number]>>

/** `mouthClosed` with OFIQ's (1.0) mapping. */
export const measureExpression = (
  shape: FaceShape,
): Pick<Record<QualityComponentName, QualityMeasure>, 'mouthClosed' | 'expressionNeutral'> => {
  const { mouthOpening } = shape
  const strayed = Object.entries(NEUTRAL).map(
    ([name, [median, deviation]]) => (shape[name as keyof FaceShape] - median) / deviation,
  )
  const departure = Math.sqrt(strayed.reduce((sum, value) => sum + value ** 2, 0) / strayed.length)
  return {
    mouthClosed: measure(mouthOpening, 'faceHeights', fall(mouthOpening, 0.2, 0.06)),
    expressionNeutral: measure(departure, 'deviations', fallFromZero(departure, 1.5)),
  }
}
