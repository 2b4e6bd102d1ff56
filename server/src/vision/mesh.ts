// Stage "mesh": a face candidate → 468 points, five landmarks and the head's pose. Candidates that the mesh network does
// not take for a face are dropped here.
import type { Box, Landmarks, Point, Pose } from '../core/types.ts'
import type { FaceCandidate } from './detect.ts'
import { type FaceMesh, MESH_POINTS, type Mesher } from './families/facemesh.ts'
import { type Affine, applyAffine, centreOf, invertAffine, squareToImage } from './geometry.ts'
import type { Raster } from './tensor.ts'

export interface MeshedFace extends FaceCandidate {
  readonly mesh: FaceMesh
  /** Bounding box of the mesh's points. */
  readonly meshBox: Box
}

/** Side of the mesh crop relative to the detector's box; the later ones are tried where the network sees no face in the first. */
const CROP_SCALES = [1.5, 1.8, 1.3]
/** The mesh network must agree that a candidate is a face. */
const MIN_FACE_PROBABILITY = 0.4

/**
 * Looks this often, and then sees no face any more. A picture made of thousands of small faces would take minutes; one of
 * a hundred people takes about six hundred looks.
 */
export const boundLooks = (mesher: Mesher, maxLooks: number): Mesher => {
  const nothing: FaceMesh = { points: new Float32Array(3 * MESH_POINTS), faceProbability: 0 }
  let looks = 0
  return {
    size: mesher.size,
    locate: async (...crop) => (++looks > maxLooks ? nothing : mesher.locate(...crop)),
  }
}

/** The meshes of those candidates that the network takes for faces. */
export const locateMeshes = async (
  mesher: Mesher,
  raster: Raster,
  candidates: readonly FaceCandidate[],
): Promise<MeshedFace[]> => {
  const faces: MeshedFace[] = []
  for (const candidate of candidates) {
    const mesh = await locateMesh(mesher, raster, candidate)
    if (mesh) faces.push({ ...candidate, mesh, meshBox: boxOf(mesh) })
  }
  return faces
}

const locateMesh = async (mesher: Mesher, raster: Raster, candidate: FaceCandidate): Promise<FaceMesh | null> => {
  for (const scale of CROP_SCALES) {
    const mesh = await mesher.locate(raster, meshCrop(candidate, scale, mesher.size), true)
    if (mesh.faceProbability >= MIN_FACE_PROBABILITY) return refineMesh(mesher, raster, mesh)
  }
  return null
}

/**
 * The mesh of the crop that the first mesh's own points give: the detector's box and eyes are rough, most of all on
 * profiles and leaning heads, and the mesh, and with it the template, moves with its crop.
 */
const refineMesh = async (mesher: Mesher, raster: Raster, mesh: FaceMesh): Promise<FaceMesh> => {
  const refined = await mesher.locate(raster, pointsCrop(mesh, mesher.size))
  return refined.faceProbability >= MIN_FACE_PROBABILITY ? refined : mesh
}

/** The square around the mesh's points, turned with the line through the outer eye corners. */
const pointsCrop = (mesh: FaceMesh, size: number): Affine => {
  const [left, right] = [pointOf(mesh, OUTER_EYE_LEFT), pointOf(mesh, OUTER_EYE_RIGHT)]
  const angle = Math.atan2(right.y - left.y, right.x - left.x)
  const upright = { a: Math.cos(angle), b: Math.sin(angle), c: 0, d: -Math.sin(angle), e: Math.cos(angle), f: 0 }
  const box = boxOf(mesh, upright)
  const centre = centreOf(box)
  const back = invertAffine(upright)
  const side = CROP_SCALES[0] * Math.max(box.width, box.height)
  return squareToImage(applyAffine(back, centre.x, centre.y), side, angle, size)
}

const OUTER_EYE_LEFT = 33
const OUTER_EYE_RIGHT = 263

/** The crop around a candidate, turned so that the eyes are level. */
const meshCrop = ({ box, eyes: [left, right] }: FaceCandidate, scale: number, size: number): Affine =>
  squareToImage(
    centreOf(box),
    scale * Math.max(box.width, box.height),
    Math.atan2(right.y - left.y, right.x - left.x),
    size,
  )

/** Bounding box of the points, mapped first where a map is given. */
const boxOf = (mesh: FaceMesh, map?: Affine): Box => {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < MESH_POINTS; i++) {
    const point = pointOf(mesh, i)
    const { x, y } = map ? applyAffine(map, point.x, point.y) : point
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  }
  return { x: left, y: top, width: right - left, height: bottom - top }
}

export const pointOf = (mesh: FaceMesh, index: number): Point => ({
  x: mesh.points[index * 3],
  y: mesh.points[index * 3 + 1],
})

export const meshPoints = (mesh: FaceMesh): readonly Point[] =>
  Array.from({ length: MESH_POINTS }, (_, index) => pointOf(mesh, index))

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
