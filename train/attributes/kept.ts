// Faces and samples on disk, so that heads can be fitted again without the half hour that samples take. Holds features of
// people's faces: for the machine that trains, and for no repository.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere } from '../../server/src/vision/packs/sources.ts'
import type { FoundFaces } from './faces.ts'
import type { SampleSet } from './samples.ts'

export interface Kept extends FoundFaces {
  readonly set: SampleSet
}

const LIST = 'samples.json'
const FEATURES = 'features.f32'
const BASELINE = 'baseline.f32'

export const writeKept = async (folder: string, { set, ...found }: Kept): Promise<void> => {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, FEATURES), bytesOf(set.features))
  await writeFile(join(folder, BASELINE), bytesOf(set.baseline))
  // The list comes last: where it is, the rest is whole.
  await writeFile(join(folder, LIST), JSON.stringify({ ...found, samples: set.samples }))
}

/** Null where nothing is kept. */
export const readKept = async (folder: string): Promise<Kept | null> => {
  const list = await readIfThere(join(folder, LIST))
  if (!list) return null
  const { samples, ...found } = JSON.parse(list.toString('utf8'))
  const floats = async (name: string): Promise<Float32Array> => {
    const bytes = await readFile(join(folder, name))
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / Float32Array.BYTES_PER_ELEMENT)
  }
  return { ...found, set: { samples, features: await floats(FEATURES), baseline: await floats(BASELINE) } }
}

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
