// Opens the networks of the packs that an operator installs: liveness, the five points of a face. Which
// family serves is what pack.json says; what they are used for is decided elsewhere.
import { createMinifasnet, type LivenessJudge, type LivenessNetwork } from './families/minifasnet.ts'
import { createYunet, type PointFinder } from './families/yunet.ts'
import { expectFamily, inputOf, openModel } from './models.ts'
import type { InstalledPack } from './packs/install.ts'
import { modelFor, type PackModel, requireField } from './packs/manifest.ts'

/** All models of the task liveness, which must be of one family. @throws AppError pack_invalid */
export const openLivenessNetworks = async (
  { manifest, directory }: InstalledPack,
  family: PackModel['family'],
): Promise<readonly LivenessNetwork[]> => {
  modelFor(manifest, 'liveness')
  const networks = []
  for (const model of manifest.models.filter(({ task }) => task === 'liveness')) {
    expectFamily(model, family)
    const cropScale = requireField(model, 'cropScale')
    networks.push({ session: await openModel(model, directory), cropScale, ...inputOf(model) })
  }
  return networks
}

/** @throws AppError pack_invalid */
export const openLivenessJudge = async (pack: InstalledPack): Promise<LivenessJudge> =>
  createMinifasnet(await openLivenessNetworks(pack, 'minifasnet'))

/** @throws AppError pack_invalid */
export const openPointFinder = async ({ manifest, directory }: InstalledPack): Promise<PointFinder> => {
  const model = modelFor(manifest, 'landmarks')
  expectFamily(model, 'yunet')
  const settings = { cropScale: requireField(model, 'cropScale'), ...requireField(model, 'detection') }
  return createYunet(await openModel(model, directory), { ...inputOf(model), ...settings })
}
