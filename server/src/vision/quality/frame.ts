// The face within its picture: its size, the room around it, whether it is the only one, and the head's turn. Pure.
import type { QualityComponentName, QualityMeasure } from '../../core/face-quality.ts'
import type { Box, Point, Pose } from '../../core/types.ts'
import { areaOf } from '../geometry.ts'
import { fallFromZero, measure, rise } from './mapping.ts'

type Measures<N extends QualityComponentName> = Pick<Record<QualityComponentName, QualityMeasure>, N>

export interface FaceInPicture {
  /** The 468 points, in pixels of the picture. */
  readonly points: readonly Point[]
  readonly pose: Pose
  readonly box: Box
  readonly width: number
  readonly height: number
}

export const middle = (one: Point, other: Point): Point => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 })
const distance = (one: Point, other: Point): number => Math.hypot(one.x - other.x, one.y - other.y)

const RADIANS = Math.PI / 180
/** Beyond this yaw the distance between the eyes says nothing of the face's size any more. Degrees. */
const MAX_YAW = 75

/** Size and room; constants of the mappings: OFIQ 1.0. A face height is the distance from between the eyes to the chin. */
export const measureFrame = ({
  points,
  pose,
  width,
  height,
}: FaceInPicture): Measures<
  'interEyeDistance' | 'headSize' | 'marginLeft' | 'marginRight' | 'marginAbove' | 'marginBelow'
> => {
  const [left, right] = [middle(points[33], points[133]), middle(points[362], points[263])]
  const between = middle(left, right)
  const faceHeight = distance(between, points[152])
  const eyes = distance(left, right)
  const frontal = eyes / Math.cos(Math.min(MAX_YAW, Math.abs(pose.yaw)) * RADIANS)
  const share = faceHeight / height
  const margin = (room: number, unit: 'eyeDistances' | 'faceHeights', wanted: number): QualityMeasure =>
    measure(room, unit, rise(room, wanted, 0.1))
  return {
    interEyeDistance: measure(frontal, 'pixels', rise(frontal, 70, 20)),
    headSize: measure(share, 'share', fallFromZero(Math.abs(share - 0.45), 0.05)),
    marginLeft: margin(left.x / eyes, 'eyeDistances', 0.9),
    marginRight: margin((width - right.x) / eyes, 'eyeDistances', 0.9),
    marginAbove: margin(between.y / faceHeight, 'faceHeights', 1.4),
    marginBelow: margin((height - between.y) / faceHeight, 'faceHeights', 1.8),
  }
}

/** 100·cos² of each angle: ISO/IEC 29794-5, OFIQ 1.0. A head turned by more than a right angle scores 0. */
export const measurePose = ({ yaw, pitch, roll }: Pose): Measures<'poseYaw' | 'posePitch' | 'poseRoll'> => {
  const turn = (degrees: number): QualityMeasure =>
    measure(degrees, 'degrees', 100 * Math.max(0, Math.cos(degrees * RADIANS)) ** 2)
  return { poseYaw: turn(yaw), posePitch: turn(pitch), poseRoll: turn(roll) }
}

/** The second largest face's area by this one's: ISO/IEC 29794-5. `others`: boxes in the picture that are not this face. */
export const measureSingle = (box: Box, others: readonly Box[]): QualityMeasure => {
  const ratio = Math.max(0, ...others.map(areaOf)) / areaOf(box)
  return measure(ratio, 'ratio', 100 * (1 - ratio))
}
