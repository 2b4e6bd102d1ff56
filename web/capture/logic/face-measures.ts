// From the points of a face mesh to what guidance and movements are told by. Pure; degrees, and parts of lengths.
import type { FaceLook } from './face-look.ts'
import type { Size } from './oval.ts'

/** x to the right, y down, z away from the camera, all in pixels of the picture. */
export type Point = readonly [number, number, number]

export interface FaceMeasures {
  /** Middle of the face as a part of the picture's width and height. */
  readonly x: number
  readonly y: number
  /** Top of the forehead to the chin, as a part of the picture's height. */
  readonly height: number
  /** Degrees; positive when the face turns to its own left, which is the right of the picture. */
  readonly yaw: number
  /** Degrees; positive upwards. */
  readonly pitch: number
  /** Degrees; positive clockwise in the picture. */
  readonly roll: number
  /** Distance of the lids by the width of the eye, mean of both. */
  readonly eyeOpenness: number
  /** Width of the mouth by the distance of the eyes' outer corners. */
  readonly mouthWidth: number
  /** What its pixels say; null where they cannot be read. */
  readonly look: FaceLook | null
}

// Numbers of the mesh's points (MediaPipe face mesh): each end of the face, the eyes' corners and lids, the mouth's corners.
const TOP = 10
const CHIN = 152
const CHEEKS = [234, 454] as const
const RIGHT_EYE = { outer: 33, inner: 133, upper: [160, 158], lower: [144, 153] } as const
const LEFT_EYE = { outer: 263, inner: 362, upper: [387, 385], lower: [373, 380] } as const
const MOUTH = [61, 291] as const
/** The fewest points of a whole mesh. */
export const MESH_POINTS = 468

/** @param mesh at least `MESH_POINTS` points */
export const measureFace = (mesh: readonly Point[], picture: Size, look: FaceLook | null): FaceMeasures => {
  const at = (index: number): Point => mesh[index] ?? [0, 0, 0]
  const across = subtract(at(CHEEKS[1]), at(CHEEKS[0]))
  const down = subtract(at(CHIN), at(TOP))
  const eyes = subtract(at(LEFT_EYE.outer), at(RIGHT_EYE.outer))
  const roll = Math.atan2(across[1], across[0])
  return {
    x: (at(CHEEKS[0])[0] + at(CHEEKS[1])[0]) / 2 / picture.width,
    y: (at(TOP)[1] + at(CHIN)[1]) / 2 / picture.height,
    height: Math.hypot(down[0], down[1]) / picture.height,
    // As if the head were upright.
    yaw: degrees(Math.atan2(across[2], Math.hypot(across[0], across[1]))),
    pitch: degrees(Math.atan2(-down[2], down[1] * Math.cos(roll) - down[0] * Math.sin(roll))),
    roll: degrees(roll),
    eyeOpenness: (openness(at, RIGHT_EYE) + openness(at, LEFT_EYE)) / 2,
    mouthWidth: distance(at(MOUTH[0]), at(MOUTH[1])) / Math.max(1, Math.hypot(...eyes)),
    look,
  }
}

const openness = (at: (index: number) => Point, eye: typeof RIGHT_EYE | typeof LEFT_EYE): number => {
  const gaps = eye.upper.map((upper, index) => flatDistance(at(upper), at(eye.lower[index] ?? upper)))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  return mean / Math.max(1, distance(at(eye.outer), at(eye.inner)))
}

const subtract = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
const distance = (a: Point, b: Point): number => Math.hypot(...subtract(a, b))
/** Without depth, which the mesh only guesses between the lids. */
const flatDistance = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1])
const degrees = (radians: number): number => (radians * 180) / Math.PI
