// Opens the networks of the packs that an operator installs: liveness, the five points of a face. Which
// family serves is what pack.json says; what they are used for is decided elsewhere.
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { reverseChannels } from './channels.ts'
import { createMinifasnet, type LivenessJudge } from './families/minifasnet.ts'
import { createYunet, type PointFinder } from './families/yunet.ts'
import type { InstalledPack } from './packs/install.ts'
import { modelFor, type PackModel, requireField } from './packs/manifest.ts'
import type { Normalisation } from './tensor.ts'
import { type NetworkSession, openSession } from './workers/session.ts'

/** All models of the task liveness, averaged. @throws AppError pack_invalid */
export const openLivenessJudge = async ({ manifest, directory }: InstalledPack): Promise<LivenessJudge> => {
  modelFor(manifest, 'liveness')
  const networks = []
  for (const model of manifest.models.filter(({ task }) => task === 'liveness')) {
    expectFamily(model, 'minifasnet')
    const cropScale = requireField(model, 'cropScale')
    networks.push({ session: await openModel(model, directory), cropScale, ...inputOf(model) })
  }
  return createMinifasnet(networks)
}

/** @throws AppError pack_invalid */
export const openPointFinder = async ({ manifest, directory }: InstalledPack): Promise<PointFinder> => {
  const model = modelFor(manifest, 'landmarks')
  expectFamily(model, 'yunet')
  const settings = { cropScale: requireField(model, 'cropScale'), ...requireField(model, 'detection') }
  return createYunet(await openModel(model, directory), { ...inputOf(model), ...settings })
}

/** The session of one network; it takes red, green, blue whatever the network wants. */
export const openModel = async ({ file, input }: PackModel, directory: string): Promise<NetworkSession> => {
  const session = await openSession(join(directory, file), input.name)
  return input.order === 'bgr' ? reverseChannels(session) : session
}

/** Side of the input in pixels, and its normalisation. */
export const inputOf = ({ input }: PackModel): { size: number; normalisation: Normalisation } => ({
  size: Number(input.shape.at(-1)),
  normalisation: { mean: input.mean, scale: input.scale },
})

const expectFamily = (model: PackModel, family: PackModel['family']): void => {
  if (model.family === family) return
  throw new AppError(
    'pack_invalid',
    `The model ${model.file} is of the family ${model.family}, where ${family} was expected.`,
  )
}
