// Which packs judge a face besides its quality, installed and verified. Opens no network: workers do, see open-judges.ts.
import { join } from 'node:path'
import type { AttributeName } from '../core/face-attributes.ts'
import type { JudgePacks } from './judges.ts'
import { ensurePack, type InstalledPack } from './packs/install.ts'
import { explainDamage, isThere, type RecognitionOptions } from './packs/recognition.ts'

export interface JudgeSettings {
  readonly attributes: readonly AttributeName[]
  readonly liveness: 'auto' | 'minifasnet' | 'liveness' | 'off'
}

/** Those that the settings name, verified, and built where they are missing. @throws AppError pack_not_installed, pack_invalid */
export const ensureJudgePacks = async (
  { packsDir, onProgress }: RecognitionOptions,
  { attributes, liveness }: JudgeSettings,
): Promise<JudgePacks> => {
  const ensure = (id: string) => ensurePack({ packsDir, id, onProgress: progress => onProgress?.(id, progress) })
  const heads: InstalledPack[] = []
  for (const name of attributes) heads.push(await ensure(headPackOf(name)))
  return { attributes: heads, liveness: await ensureLiveness(packsDir, liveness, ensure) }
}

/** "faceBlocker" → "attribute-face-blocker". */
export const headPackOf = (name: AttributeName): string =>
  `attribute-${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

/** Installed on request only; where it is, it judges. */
const BETTER = 'minifasnet'

const ensureLiveness = async (
  packsDir: string,
  setting: JudgeSettings['liveness'],
  ensure: (id: string) => Promise<InstalledPack>,
): Promise<InstalledPack | null> => {
  if (setting === 'off') return null
  const isBetterThere = await isThere(join(packsDir, BETTER))
  const id = setting === 'auto' ? (isBetterThere ? BETTER : 'liveness') : setting
  return ensure(id).catch(error => Promise.reject(id === BETTER && isBetterThere ? explainDamage(error, id) : error))
}
