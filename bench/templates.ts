// Templates of every picture under a folder, through the product's own engine. Shared by accuracy and calibration.
import { readdir, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { FaceQuality } from '../server/src/core/face-quality.ts'
import type { EnginePack, FaceEngine } from '../server/src/core/ports.ts'
import type { Assessment, DetectedFace } from '../server/src/core/types.ts'
import { AppError } from '../server/src/errors.ts'
import { DEFAULT_LIMITS } from '../server/src/limits.ts'
import type { PackCalibration } from '../server/src/vision/packs/manifest.ts'
import { BASE_PACK, openRecognition } from '../server/src/vision/packs/recognition.ts'
import { findRecognitionPack } from '../server/src/vision/packs/recognition-pack.ts'
import { createEngine } from '../server/src/vision/workers/pool.ts'

export interface FolderTemplates {
  readonly pack: EnginePack
  /** Identity (folder) and picture name without extension, e.g. "Abel_Pacheco_0001". */
  readonly pictures: readonly FolderPicture[]
  /** Pictures in which no face was found or that could not be read. */
  readonly failures: readonly string[]
}

export interface FolderPicture {
  readonly identity: string
  readonly name: string
  readonly template: Float32Array
  /** Where it was asked for. */
  readonly quality?: FaceQuality
}

const PICTURE = /\.(jpe?g|png|webp|avif|gif)$/i

/** Where benchmarks keep their model pack, so that every run need not build it. */
export const PACKS_FOLDER = new URL('../.cache/packs', import.meta.url).pathname

/** Which pack makes the templates, and where the installed packs lie. */
export interface PackChoice {
  /** Its id; the base pack, `open`, when it is left out. */
  readonly pack?: string
  /** Packs that were installed with "likeness packs install" and LIKENESS_PACKS_DIR; PACKS_FOLDER when it is left out. */
  readonly packsDir?: string
}

export interface EngineChoice extends PackChoice {
  readonly threads?: number
}

/** A pack that has no calibration yet gets one that says nothing. */
export const openEngine = async (choice: EngineChoice = {}): Promise<FaceEngine> => {
  const { pack = BASE_PACK, packsDir = PACKS_FOLDER, threads = availableParallelism() } = choice
  const { base, packs } = await openRecognition({ packsDir })
  const { manifest, parts } = findRecognitionPack(packs, pack)
  const calibrated = { manifest: { ...manifest, calibration: manifest.calibration ?? UNCALIBRATED }, parts }
  return createEngine({ pack: base, packs: [calibrated], threads, limits: DEFAULT_LIMITS })
}

const NO_CURVE: PackCalibration['comparison'] = {
  points: [
    [-1, 0],
    [1, -1],
  ],
  supportedLog10Fmr: 0,
  comparisons: 1,
}
const UNCALIBRATED: PackCalibration = {
  madeFrom: 'nothing',
  images: 1,
  date: '2000-01-01',
  comparison: NO_CURVE,
  best: [],
  fused: [],
}

/** All pictures below `folder`: one folder a person, or file names "Person_0001.jpg" in one folder. */
export const embedFolder = async (
  folder: string,
  onProgress: (done: number, of: number) => void,
  assess: readonly Assessment[] = [],
  choice: PackChoice = {},
): Promise<FolderTemplates> => {
  const engine = await openEngine(choice)
  const files = await listPictures(folder)
  const pictures: FolderPicture[] = []
  const failures: string[] = []
  let next = 0
  let done = 0
  const work = async (): Promise<void> => {
    while (next < files.length) {
      const { path, identity, name } = files[next++]
      const face = await embedFile(engine, path, assess)
      if (face) pictures.push({ identity, name, template: face.template!, quality: face.quality })
      else failures.push(path)
      onProgress(++done, files.length)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() + 2 }, work))
  await engine.close()
  pictures.sort((one, other) => (one.name < other.name ? -1 : 1))
  return { pack: engine.pack, pictures, failures }
}

/** The face whose box lies nearest to the picture's middle: benchmark pictures are centred on their person. */
const embedFile = async (
  engine: FaceEngine,
  path: string,
  assess: readonly Assessment[],
): Promise<DetectedFace | null> => {
  try {
    const { faces, image } = await engine.analyse(new Uint8Array(await readFile(path)), { templates: 'all', assess })
    const offCentre = ({ box }: DetectedFace): number =>
      Math.hypot(box.x + box.width / 2 - image.width / 2, box.y + box.height / 2 - image.height / 2)
    return [...faces].sort((one, other) => offCentre(one) - offCentre(other))[0] ?? null
  } catch (error) {
    if (error instanceof AppError && error.kind === 'input') return null
    throw error
  }
}

export const listPictures = async (
  folder: string,
): Promise<readonly { path: string; identity: string; name: string }[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile() && PICTURE.test(entry.name))
    .map(entry => {
      const name = entry.name.replace(PICTURE, '')
      return { path: join(entry.parentPath, entry.name), identity: name.replace(/_\d+$/, ''), name }
    })
    .sort((one, other) => (one.path < other.path ? -1 : 1))
}
