// Opens one model of a pack, and reads what pack.json says of its input. What a network is used for is decided elsewhere.
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { reverseChannels } from './channels.ts'
import type { PackModel } from './packs/manifest.ts'
import type { Normalisation } from './tensor.ts'
import { type NetworkSession, openSession } from './workers/session.ts'

/** The session of one network; it takes red, green, blue whatever the network wants. @throws AppError pack_invalid */
export const openModel = async ({ file, input }: PackModel, directory: string): Promise<NetworkSession> => {
  const session = await openSession(join(directory, file), input.name)
  return input.order === 'bgr' ? reverseChannels(session) : session
}

/** Side of the square input in pixels, and its normalisation. */
export const inputOf = (model: PackModel): { readonly size: number; readonly normalisation: Normalisation } => ({
  size: Number(model.input.shape.at(-1)),
  normalisation: normalisationOf(model),
})

export const normalisationOf = ({ input }: PackModel): Normalisation => ({ mean: input.mean, scale: input.scale })

/** @throws AppError pack_invalid */
export const expectFamily = ({ file, family }: PackModel, expected: PackModel['family']): void => {
  if (family === expected) return
  throw new AppError('pack_invalid', `The model ${file} is of the family ${family}, where ${expected} was expected.`)
}
