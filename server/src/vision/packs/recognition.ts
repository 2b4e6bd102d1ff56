// The packs that templates can be made with: a pack with a recogniser of its own, or one that combines those of others.
// Finds and verifies those that are on this machine; runs no network.
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import { ensurePack, type InstalledPack, type InstallOptions, readCommitted } from './install.ts'
import type { PackManifest } from './manifest.ts'
import {
  alone,
  dimensionsOf,
  findRecognitionPack,
  type RecognitionPack,
  type RecognitionPart,
} from './recognition-pack.ts'

/** Every recognition pack that comes with the server, the best first: what new galleries take of those that are installed. */
export const RECOGNITION_PACKS = ['open+retail', 'retail-0095', 'open'] as const
export type RecognitionPackId = (typeof RECOGNITION_PACKS)[number]

/** The pack that finds faces and their meshes, whichever makes the templates; built from npm packages. */
export const BASE_PACK = 'open'

export interface InstalledRecognition {
  readonly base: InstalledPack
  /** The best first; never empty, as the base is among them. */
  readonly packs: readonly RecognitionPack[]
}

export interface RecognitionOptions extends Pick<InstallOptions, 'packsDir'> {
  /** Called before each model is converted. */
  readonly onProgress?: (id: string, progress: Parameters<NonNullable<InstallOptions['onProgress']>>[0]) => void
}

/** What new galleries take by the setting: the best, or the one that it names. @throws AppError pack_not_installed */
export const chooseRecognitionPack = (
  packs: readonly RecognitionPack[],
  setting: RecognitionPackId | 'auto',
): RecognitionPack => (setting === 'auto' ? packs[0]! : findRecognitionPack(packs, setting))

/**
 * The recognition packs of this machine, verified; the base is built where it is missing. A pack is there when its folder
 * is, a combined one when all its parts are.
 * @throws AppError pack_invalid where one is damaged, and what `ensurePack` throws
 */
export const openRecognition = async ({ packsDir, onProgress }: RecognitionOptions): Promise<InstalledRecognition> => {
  const ensure = (id: string) => ensurePack({ packsDir, id, onProgress: progress => onProgress?.(id, progress) })
  const installed = new Map<string, InstalledPack>([[BASE_PACK, await ensure(BASE_PACK)]])
  const manifests = await Promise.all(RECOGNITION_PACKS.map(readCommitted))
  for (const { id, parts } of manifests) {
    if (parts || installed.has(id) || !(await isThere(join(packsDir, id)))) continue
    installed.set(id, await ensure(id).catch(error => Promise.reject(explainDamage(error, id))))
  }
  return { base: installed.get(BASE_PACK)!, packs: manifests.flatMap(manifest => assemble(manifest, installed) ?? []) }
}

/** A pack of a manifest and of what is installed; undefined where some of it is not. @throws AppError pack_invalid */
export const assemble = (
  manifest: PackManifest,
  installed: ReadonlyMap<string, InstalledPack>,
): RecognitionPack | undefined => {
  const own = installed.get(manifest.id)
  if (!manifest.parts) return own && alone(own)
  const parts: RecognitionPart[] = []
  for (const { pack: id, version, dimensions, weight } of manifest.parts) {
    const pack = installed.get(id)
    if (!pack) return undefined
    const found = { version: pack.manifest.version, dimensions: dimensionsOf(alone(pack)) }
    if (found.version !== version || found.dimensions !== dimensions)
      throw new AppError(
        'pack_invalid',
        `The pack ${manifest.id} combines ${id} ${version} with ${dimensions} values, and ${id} ${found.version} has ${found.dimensions}.`,
        { details: { pack: manifest.id, part: id } },
      )
    parts.push({ pack, weight })
  }
  return { manifest, parts }
}

export const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** A folder that does not verify and cannot be built from what is here. */
export const explainDamage = (error: unknown, id: string): unknown => {
  if (!(error instanceof AppError) || error.code !== 'pack_not_installed') return error
  const message = `The model pack ${id} is damaged, or of another version; install it again with "npx likeness packs install ${id}", or take it away with "npx likeness packs remove ${id}".`
  return new AppError('pack_invalid', message, { details: { pack: id }, cause: error })
}
