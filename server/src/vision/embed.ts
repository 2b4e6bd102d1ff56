// Stage "embed": meshed faces → unit templates, each from its aligned crop.
import { alignFace } from './align.ts'
import type { Embedding } from './families/dlib-resnet.ts'
import { type MeshedFace, meshPoints } from './mesh.ts'
import type { Networks } from './networks.ts'
import type { Raster } from './tensor.ts'

/** One template a face, in the same order. */
export const embedFaces = (
  { recogniser, alignment }: Pick<Networks, 'recogniser' | 'alignment'>,
  raster: Raster,
  faces: readonly MeshedFace[],
): Promise<readonly Embedding[]> =>
  recogniser.embed(
    raster,
    faces.map(({ mesh }) => alignFace(meshPoints(mesh), alignment)),
  )
