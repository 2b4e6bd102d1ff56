// For tests: a face as the detector measures it, and meshes to measure.
import type { FaceLook } from './face-look.ts'
import { type FaceMeasures, MESH_POINTS, type Point } from './face-measures.ts'
import type { Sighting } from './guidance.ts'

/** Bare, in good light, with open eyes. */
export const LOOK: FaceLook = { brightness: 130, eyeHeight: 0.36, eyeLight: 1.8, lowerDistance: 0.05 }

/** In the middle of the oval of a 640 × 480 picture, looking straight. */
export const STRAIGHT: FaceMeasures = {
  x: 0.5,
  y: 0.48,
  height: 0.55,
  yaw: 0,
  pitch: -11,
  roll: 0,
  eyeOpenness: 0.33,
  mouthWidth: 0.58,
  look: LOOK,
}

export const seeing = (change: Partial<FaceMeasures> = {}, faces = 1): Sighting => ({
  faces,
  face: { ...STRAIGHT, ...change },
})

export const NOBODY: Sighting = { faces: 0, face: null }

/** A mesh of zeros but for the named points. */
export const meshWith = (points: Readonly<Record<number, Point>>): Point[] =>
  Array.from({ length: MESH_POINTS }, (_, index) => points[index] ?? [0, 0, 0])
