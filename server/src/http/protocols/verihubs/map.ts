// What was seen of a face, in the vendor's fields. Pure: core → wire.
import { countPeople, type Probe } from '../../../core/probe.ts'
import type { Box, Landmarks } from '../../../core/types.ts'
import { toProbability } from '../liveness-scale.ts'
import type { Results } from './wire.ts'

/** The vendor's checks of one picture's largest face; those that were not asked for, or are not judged here, are absent. */
export interface Seen {
  /** People in the picture: whoever is less than a quarter as wide as the largest only passes by. */
  readonly nface: number
  /** Quarter turns that the face lies turned by, clockwise, degrees: 0, 90, 180 or 270. */
  readonly rotation: number
  readonly box: Box
  readonly landmarks: Landmarks
  readonly quality?: { readonly blur: boolean; readonly dark: boolean; readonly grayscale: boolean }
  readonly attributes?: Readonly<Partial<Record<(typeof WORN)[number], boolean>>>
  readonly liveness?: { readonly live: boolean; readonly probability: number }
}

/** What the vendor reports of what is worn; the first two are what it validates. */
const WORN = ['sunglasses', 'mask', 'veil', 'hat'] as const

export const toSeen = ({ analysis, face }: Pick<Probe, 'analysis' | 'face'>): Seen => {
  const { quality, attributes, liveness } = face
  const found = quality?.findings
  return {
    nface: countPeople(analysis.faces),
    rotation: toQuarterTurn(face.pose.roll),
    box: face.box,
    landmarks: face.landmarks,
    quality: found
      ? { blur: found.blur.present, dark: found.dark.present, grayscale: found.grayscale.present }
      : undefined,
    attributes: attributes && Object.fromEntries(WORN.map(name => [name, attributes[name]?.present])),
    liveness: liveness && { live: liveness.live, probability: toProbability(liveness) },
  }
}

const toQuarterTurn = (degrees: number): number => (((Math.round(degrees / 90) * 90) % 360) + 360) % 360

export const toResults = ({ nface, rotation, box, landmarks, quality, attributes, liveness }: Seen): Results => ({
  nface,
  rotation,
  bounding_box: toBoundingBox(box),
  face_landmark: toFaceLandmark(landmarks),
  image_quality: quality,
  attributes: attributes && {
    sunglasses_on: attributes.sunglasses,
    mask_on: attributes.mask,
    veil_on: attributes.veil,
    hat_on: attributes.hat,
  },
  liveness: liveness && { status: liveness.live, probability: liveness.probability },
})

const toBoundingBox = ({ x, y, width, height }: Box): Results['bounding_box'] => {
  const [left, top, right, bottom] = [x, y, x + width, y + height].map(Math.round)
  return {
    top_left_x: left,
    top_left_y: top,
    bottom_right_x: right,
    bottom_right_y: bottom,
    width: right - left,
    height: bottom - top,
  }
}

const toFaceLandmark = ({ leftEye, rightEye, nose, mouthLeft, mouthRight }: Landmarks): Results['face_landmark'] => ({
  left_eye_x: Math.round(leftEye.x),
  left_eye_y: Math.round(leftEye.y),
  right_eye_x: Math.round(rightEye.x),
  right_eye_y: Math.round(rightEye.y),
  nose_x: Math.round(nose.x),
  nose_y: Math.round(nose.y),
  mouth_left_x: Math.round(mouthLeft.x),
  mouth_left_y: Math.round(mouthLeft.y),
  mouth_right_x: Math.round(mouthRight.x),
  mouth_right_y: Math.round(mouthRight.y),
})
