// What a recognition pack is once it is installed. Apart from the finding of packs, because the workers read this and have no
// use for importers and installers.
import { AppError } from '../../errors.ts'
import type { InstalledPack } from './install.ts'
import { modelFor, type PackManifest, requireField } from './manifest.ts'

/** A network that makes templates, or a share of each. */
export interface RecognitionPart {
  readonly pack: InstalledPack
  /** Length of this share of a template; the squares of all add up to 1. */
  readonly weight: number
}

export interface RecognitionPack {
  readonly manifest: PackManifest
  readonly parts: readonly RecognitionPart[]
}

/** A pack that is not combined of others. */
export const alone = (pack: InstalledPack): RecognitionPack => ({
  manifest: pack.manifest,
  parts: [{ pack, weight: 1 }],
})

/** Length of a template. @throws AppError pack_invalid */
export const dimensionsOf = ({ manifest }: Pick<RecognitionPack, 'manifest'>): number =>
  manifest.parts
    ? manifest.parts.reduce((sum, part) => sum + part.dimensions, 0)
    : requireField(modelFor(manifest, 'embed'), 'dimensions')

/** The pack of this id. @throws AppError pack_not_installed */
export const findRecognitionPack = <P extends Pick<RecognitionPack, 'manifest'>>(
  packs: readonly P[],
  id: string,
): P => {
  const found = packs.find(({ manifest }) => manifest.id === id)
  if (found) return found
  const message = `The model pack ${id} is not installed; install it with "npx likeness packs install ${id}".`
  throw new AppError('pack_not_installed', message, { details: { pack: id } })
}
