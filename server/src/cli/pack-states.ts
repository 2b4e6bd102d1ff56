// What of a model pack is on this machine: each file installed, not built or damaged. Builds nothing.
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { committedManifest } from '../vision/packs/install.ts'
import { type PackManifest, type PackModel, parseManifest } from '../vision/packs/manifest.ts'
import { hash, readIfThere } from '../vision/packs/sources.ts'

export type PackState = 'installed' | 'not built' | 'damaged'

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
  /** The server makes its templates with this one. */
  readonly inUse: boolean
  readonly directory: string
  readonly state: PackState
  readonly models: readonly ModelState[]
}

/** Every pack that comes with the server, by id. */
export const readPacks = async (config: { pack: string; packsDir: string }): Promise<PackFacts[]> => {
  const shipped = dirname(dirname(committedManifest(config.pack)))
  const ids = (await readdir(shipped, { withFileTypes: true })).filter(entry => entry.isDirectory())
  return Promise.all(ids.map(({ name }) => readPack(name, config)))
}

const readPack = async (id: string, { pack, packsDir }: { pack: string; packsDir: string }): Promise<PackFacts> => {
  const path = committedManifest(id)
  const text = (await readIfThere(path))?.toString('utf8') ?? ''
  const manifest = parseManifest(text, path)
  const directory = join(packsDir, id)
  const installed = (await readIfThere(join(directory, 'pack.json')))?.toString('utf8')
  const models = await Promise.all(manifest.models.map(model => readModel(model, directory)))
  return {
    ...describePack(manifest),
    inUse: id === pack,
    directory,
    state: stateOf(installed === text, models),
    models,
  }
}

const describePack = ({ id, version, licence, description }: PackManifest) => ({ id, version, licence, description })

/** A pack.json of another version counts as not built: the server will build this one. */
const stateOf = (isThisVersion: boolean, models: readonly ModelState[]): PackState => {
  if (!isThisVersion) return 'not built'
  return models.every(({ state }) => state === 'installed') ? 'installed' : 'damaged'
}

const readModel = async (model: PackModel, directory: string): Promise<ModelState> => {
  const { task, family, file, bytes, licence, sha256 } = model
  const content = await readIfThere(join(directory, file))
  const state = content === undefined ? 'not built' : hash(content) === sha256 ? 'installed' : 'damaged'
  return { task, family, file, bytes, licence, state }
}
