// Stage "liveness": a face of a raster → whether a person was before the camera, or a picture of one. Which networks judge,
// and from which score on a face is live, is what the pack says.
import type { FaceLiveness } from '../core/face-liveness.ts'
import type { Box } from '../core/types.ts'
import { AppError } from '../errors.ts'
import { createLivenessNet } from './families/liveness-net.ts'
import { type MeshedFace, poseOf } from './mesh.ts'
import { openLivenessJudge, openLivenessNetworks } from './optional-networks.ts'
import type { InstalledPack } from './packs/install.ts'
import { modelFor, type PackDecision, type PackManifest } from './packs/manifest.ts'
import type { Raster } from './tensor.ts'

export interface LivenessStage {
  judge(raster: Raster, face: MeshedFace): Promise<FaceLiveness>
}

/** 0-1, higher is live. */
type Score = (raster: Raster, face: MeshedFace) => Promise<number>

/** Opens the networks of `minifasnet` or of the project's own `liveness`. @throws AppError pack_invalid */
export const openLiveness = async (pack: InstalledPack): Promise<LivenessStage> => {
  const { manifest } = pack
  const { threshold, bpcer } = decisionOf(manifest)
  const score = await openScore(pack)
  const model = `${manifest.id}@${manifest.version}`
  return {
    async judge(raster, face) {
      const found = await score(raster, face)
      return { score: found, threshold, live: found >= threshold, model, bpcer }
    },
  }
}

const decisionOf = ({ id, decision }: PackManifest): PackDecision => {
  if (decision) return decision
  throw new AppError('pack_invalid', `The pack ${id} does not say from which score on a face is live.`, {
    details: { pack: id, field: 'decision' },
  })
}

const openScore = async (pack: InstalledPack): Promise<Score> => {
  const { family } = modelFor(pack.manifest, 'liveness')
  if (family === 'liveness-net') return openOwnScore(pack)
  const judge = await openLivenessJudge(pack)
  return (raster, face) => judge.judge(raster, detectorBox(face))
}

const openOwnScore = async (pack: InstalledPack): Promise<Score> => {
  const judge = createLivenessNet(await openLivenessNetworks(pack, 'liveness-net'))
  return (raster, { meshBox, mesh }) => judge.judge(raster, meshBox, poseOf(mesh).roll)
}

/**
 * The box that minifasnet's own detector gives: about the mesh, a little narrower, with some of the forehead. Chosen for the
 * upstream's three pictures, whose scores depend on it: 0.995, 0.224 and 0.002, where its own detector's boxes give 1.000,
 * 0.22 and 0.007.
 */
const detectorBox = ({ meshBox: { x, y, width, height } }: MeshedFace): Box => ({
  x: x + ((1 - BOX_WIDTH) / 2) * width,
  y: y - BOX_ABOVE * height,
  width: BOX_WIDTH * width,
  height: (1 + BOX_ABOVE) * height,
})

const BOX_WIDTH = 0.98
const BOX_ABOVE = 0.11
