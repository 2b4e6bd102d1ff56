// Stage "embed": meshed faces → unit templates, each from its aligned crop.
import { alignFace } from './align.ts'
import { MESH_POINTS } from './families/facemesh.ts'
import { type MeshedFace, pointOf } from './mesh.ts'
import type { Networks } from './networks.ts'
import type { Raster } from './tensor.ts'

/** One template a face, in the same order. */
export const embedFaces = (
  { recogniser, alignment }: Pick<Networks, 'recogniser' | 'alignment'>,
  raster: Raster,
  faces: readonly MeshedFace[],
): Promise<readonly Float32Array[]> => {
  const crops = faces.map(({ mesh }) => {
    const points = Array.from({ length: MESH_POINTS }, (_, index) => pointOf(mesh, index))
    return alignFace(points, alignment)
  })
  return recogniser.embed(raster, crops)
}
