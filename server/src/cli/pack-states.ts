// What of the model packs is on this machine: each file installed, available or damaged. Builds nothing.
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { committedManifest } from '../vision/packs/install.ts'
import { type PackManifest, type PackModel, parseManifest } from '../vision/packs/manifest.ts'
import { describeSource } from '../vision/packs/pack-source.ts'
import { BASE_PACK, RECOGNITION_PACKS } from '../vision/packs/recognition.ts'
import { hash, readIfThere } from '../vision/packs/sources.ts'

/** Available: it can be installed, or the server builds it when it starts. */
export type PackState = 'installed' | 'available' | 'damaged'

export interface ModelState {
  readonly task: string
  readonly family: string
  readonly file: string
  readonly bytes: number
  readonly licence: string
  readonly state: PackState
}

export interface PackFacts {
  readonly id: string
  readonly version: string
  readonly licence: string
  readonly description: string
  /** What its networks are for, each task once. */
  readonly tasks: readonly string[]
  /** Where the weights come from: npm packages, or addresses. */
  readonly sources: readonly string[]
  /** What was measured with it. */
  readonly figures: NonNullable<PackManifest['figures']>
  /** New galleries take this one. */
  readonly inUse: boolean
  /** The packs that this one is made of, which has no files of its own then. */
  readonly parts: readonly string[]
  readonly directory: string
  readonly state: PackState
  /** Of all files together. */
  readonly bytes: number
  readonly models: readonly ModelState[]
}

/** Every pack that comes with the server: the one that new galleries take, then the others by id. */
export const readPacks = async (config: { pack: string; packsDir: string }): Promise<PackFacts[]> => {
  const shipped = dirname(dirname(committedManifest(BASE_PACK)))
  const folders = (await readdir(shipped, { withFileTypes: true })).filter(entry => entry.isDirectory())
  const packs = await Promise.all(folders.map(({ name }) => readPack(name, config)))
  const whole = packs.map(pack => (pack.parts.length > 0 ? withParts(pack, packs) : pack))
  const used = config.pack === 'auto' ? findBest(whole) : config.pack
  return whole
    .map(pack => ({ ...pack, inUse: pack.id === used }))
    .sort((one, other) => Number(other.inUse) - Number(one.inUse) || one.id.localeCompare(other.id))
}

/** The base pack is there in the end, so there is always one. */
const findBest = (packs: readonly PackFacts[]): string =>
  RECOGNITION_PACKS.find(id => packs.some(pack => pack.id === id && pack.state === 'installed')) ?? BASE_PACK

/** A pack that is made of others is what they are: installed when all of them are. */
const withParts = (pack: PackFacts, packs: readonly PackFacts[]): PackFacts => {
  const parts = packs.filter(({ id }) => pack.parts.includes(id))
  // The base pack is built when it is needed.
  const states = parts.map(({ id, state }) => (id === BASE_PACK && state === 'available' ? 'installed' : state))
  return {
    ...pack,
    tasks: ['embed'],
    sources: [...new Set(parts.flatMap(({ sources }) => sources))],
    state: states.includes('damaged') ? 'damaged' : states.includes('available') ? 'available' : 'installed',
  }
}

const readPack = async (folder: string, { packsDir }: { packsDir: string }): Promise<PackFacts> => {
  const path = committedManifest(folder)
  const text = (await readIfThere(path))?.toString('utf8') ?? ''
  const manifest = parseManifest(text, path)
  const { id } = manifest
  const directory = join(packsDir, id)
  const installed = (await readIfThere(join(directory, 'pack.json')))?.toString('utf8')
  const models = await Promise.all(manifest.models.map(model => readModel(model, directory)))
  return {
    ...describePack(manifest),
    inUse: false,
    directory,
    state: stateOf(installed === undefined ? 'none' : installed === text ? 'this' : 'other', models),
    bytes: models.reduce((sum, { bytes }) => sum + bytes, 0),
    models,
  }
}

const describePack = ({ id, version, licence, description, figures = [], models, parts = [] }: PackManifest) => ({
  id,
  version,
  licence,
  description,
  tasks: [...new Set(models.map(({ task }) => task))],
  sources: [...new Set(models.map(({ source }) => describeSource(source)))],
  figures,
  parts: parts.map(({ pack }) => pack),
})

/** Files that verify are good under another pack.json too: the next start or installation takes over this one. */
const stateOf = (manifest: 'none' | 'this' | 'other', models: readonly ModelState[]): PackState => {
  if (manifest === 'none') return 'available'
  if (models.every(({ state }) => state === 'installed')) return 'installed'
  return manifest === 'this' ? 'damaged' : 'available'
}

const readModel = async (model: PackModel, directory: string): Promise<ModelState> => {
  const { task, family, file, bytes, licence, sha256 } = model
  const content = await readIfThere(join(directory, file))
  const state = content === undefined ? 'available' : hash(content) === sha256 ? 'installed' : 'damaged'
  return { task, family, file, bytes, licence, state }
}
