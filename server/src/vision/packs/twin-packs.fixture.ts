// For tests: a second recognition pack where the real ones are absent, of the base pack's own network aligned more widely,
// and one that combines the two.
import type { InstalledPack } from './install.ts'
import type { PackManifest } from './manifest.ts'
import { alone, type RecognitionPack } from './recognition-pack.ts'

export interface TwinPacks {
  readonly twin: InstalledPack
  /** The best first, as a server has them. */
  readonly packs: readonly RecognitionPack[]
  readonly joined: RecognitionPack
}

/** Weights 0.6 and 0.8. */
export const twinPacks = (open: InstalledPack): TwinPacks => {
  const { manifest, directory } = open
  const model = manifest.models.find(({ task }) => task === 'embed')!
  const wider = { ...model, alignment: { form: 'mesh-33', padding: 0.3, size: 150, mirror: true } } as const
  const twin = { directory, manifest: { ...manifest, id: 'twin', models: [wider], quality: undefined } }
  const parts = [
    { pack: open, weight: 0.6 },
    { pack: twin, weight: 0.8 },
  ]
  const joinedManifest: PackManifest = {
    ...manifest,
    id: 'open+twin',
    models: [],
    quality: undefined,
    calibration: { ...manifest.calibration!, templates: undefined },
    parts: parts.map(({ pack, weight }) => ({
      pack: pack.manifest.id,
      version: pack.manifest.version,
      dimensions: 128,
      weight,
    })),
  }
  const joined = { manifest: joinedManifest, parts }
  return { twin, joined, packs: [joined, alone(twin), alone(open)] }
}
