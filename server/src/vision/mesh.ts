// Stage "mesh": a face candidate → 468 points, five landmarks and the head's pose. Candidates that the mesh network does
// not take for a face are dropped here.
import type { Landmarks, Point, Pose } from '../core/types.ts'
import type { FaceCandidate } from './detect.ts'
import type { FaceMesh, Mesher } from './families/facemesh.ts'
import { type Affine, centreOf, squareToImage } from './geometry.ts'
import type { Raster } from './tensor.ts'

export interface MeshedFace extends FaceCandidate {
  readonly mesh: FaceMesh
}

/** Side of the mesh crop relative to the detector's box. */
const CROP_SCALE = 1.5

/** The crops around the candidates, turned so that the eyes are level. */
export const locateMeshes = async (
  mesher: Mesher,
  raster: Raster,
  candidates: readonly FaceCandidate[],
): Promise<MeshedFace[]> => {
  const faces: MeshedFace[] = []
  for (const candidate of candidates) {
    const [mesh] = await mesher.locate(raster, [meshCrop(candidate, mesher.size)])
    faces.push({ ...candidate, mesh })
  }
  return faces
}

const meshCrop = ({ box, eyes: [left, right] }: FaceCandidate, size: number): Affine =>
  squareToImage(
    centreOf(box),
    CROP_SCALE * Math.max(box.width, box.height),
    Math.atan2(right.y - left.y, right.x - left.x),
    size,
  )

export const pointOf = (mesh: FaceMesh, index: number): Point => ({
  x: mesh.points[index * 3],
  y: mesh.points[index * 3 + 1],
})

const middle = (one: Point, other: Point): Point => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 })

/** Eye centres from the eye corners (33, 133; 362, 263), nose tip 1, mouth corners 61 and 291. */
export const landmarksOf = (mesh: FaceMesh): Landmarks => ({
  leftEye: middle(pointOf(mesh, 33), pointOf(mesh, 133)),
  rightEye: middle(pointOf(mesh, 362), pointOf(mesh, 263)),
  nose: pointOf(mesh, 1),
  mouthLeft: pointOf(mesh, 61),
  mouthRight: pointOf(mesh, 291),
})

const DEGREES = 180 / Math.PI

/** Head pose from the mesh's depth: the axis across the face (temples 234 → 454) and down it (forehead 10 → chin 152). */
export const poseOf = (mesh: FaceMesh): Pose => {
  const across = direction(mesh, 234, 454)
  const down = direction(mesh, 10, 152)
  const roll = Math.atan2(across[1], across[0])
  // Undo the roll, so that yaw and pitch are measured on the upright face.
  const acrossLength = Math.hypot(across[0], across[1])
  const downLength = down[1] * Math.cos(roll) - down[0] * Math.sin(roll)
  return {
    yaw: Math.atan2(across[2], acrossLength) * DEGREES,
    pitch: Math.atan2(-down[2], downLength) * DEGREES,
    roll: roll * DEGREES,
  }
}

const direction = ({ points }: FaceMesh, from: number, to: number): readonly [number, number, number] => [
  points[to * 3] - points[from * 3],
  points[to * 3 + 1] - points[from * 3 + 1],
  points[to * 3 + 2] - points[from * 3 + 2],
]
