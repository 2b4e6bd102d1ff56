// The FaceMesh family: 468 points of an upright face crop. Knows the network's crop and outputs, nothing of detection.
import type { Affine } from '../geometry.ts'
import { type Normalisation, type Raster, sampleSquare } from '../tensor.ts'
import type { NetworkSession } from '../workers/session.ts'

export const MESH_POINTS = 468

export interface FaceMesh {
  /** [x, y, z] of each point in picture pixels; z grows away from the camera. */
  readonly points: Float32Array
  /** How sure the network is that the crop holds a face, 0-1. */
  readonly faceProbability: number
}

export interface Mesher {
  /** The mesh of one crop (crop pixel → picture). A rough one, enough to place the next crop, samples large faces coarsely. */
  locate(raster: Raster, crop: Affine, isRough?: boolean): Promise<FaceMesh>
  /** Side of a crop, pixels. */
  readonly size: number
}

/** Samples a side of an output pixel, in a rough look. */
const ROUGH_GRID = 2

export const createFacemesh = (
  session: NetworkSession,
  settings: { size: number; normalisation: Normalisation },
): Mesher => {
  const { size, normalisation } = settings
  const input = new Float32Array(3 * size * size)
  return {
    size,
    async locate(raster, crop, isRough = false) {
      sampleSquare(raster, crop, size, normalisation, input, 0, isRough ? ROUGH_GRID : undefined)
      const { mesh, faceFlag } = await session.run(input, [1, 3, size, size])
      return { points: toPicture(mesh, crop), faceProbability: faceFlag[0] }
    },
  }
}

const toPicture = (mesh: Float32Array, crop: Affine): Float32Array => {
  const points = new Float32Array(mesh.length)
  const depthScale = Math.hypot(crop.a, crop.d)
  for (let i = 0; i < mesh.length; i += 3) {
    points[i] = crop.a * mesh[i] + crop.b * mesh[i + 1] + crop.c
    points[i + 1] = crop.d * mesh[i] + crop.e * mesh[i + 1] + crop.f
    points[i + 2] = mesh[i + 2] * depthScale
  }
  return points
}
