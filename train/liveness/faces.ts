// Finds the face of a picture as the server does, with the networks of the pack `open`, for preparation and benchmarks.
import type { Box } from '../../server/src/core/types.ts'
import { detectFaces } from '../../server/src/vision/detect.ts'
import { areaOf, containmentOf } from '../../server/src/vision/geometry.ts'
import { locateMeshes, type MeshedFace } from '../../server/src/vision/mesh.ts'
import { openNetworks } from '../../server/src/vision/networks.ts'
import { ensurePack } from '../../server/src/vision/packs/install.ts'
import type { Raster } from '../../server/src/vision/tensor.ts'
import { frameView } from '../../server/src/vision/views.ts'

/** The faces of one look at the whole frame, largest first; where `expected` is given, those that cover it. */
export type FindFaces = (raster: Raster, most: number, expected?: Box) => Promise<MeshedFace[]>

export const openFaceFinder = async (packsDir: string): Promise<FindFaces> => {
  const pack = await ensurePack({ id: 'open', packsDir })
  const { detector, mesher, iouThreshold } = await openNetworks(pack.directory, pack.manifest)
  return async (raster, most, expected) => {
    const candidates = await detectFaces(detector, raster, [frameView(raster, detector.size)], iouThreshold)
    const near = expected ? candidates.filter(({ box }) => containmentOf(box, expected) > MIN_OVERLAP) : candidates
    const sorted = near.toSorted((one, other) => areaOf(other.box) - areaOf(one.box))
    const faces: MeshedFace[] = []
    for (const candidate of sorted) {
      if (faces.length === most) break
      faces.push(...(await locateMeshes(mesher, raster, [candidate])))
    }
    return faces
  }
}

const MIN_OVERLAP = 0.5
