// Installs a model pack on this machine: converts its weights to ONNX once, checks every checksum on the way, and from then
// on only verifies. Runs no network; downloads nothing but what the caller's `fetchSource` does.
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../errors.ts'
import { convertModel } from './convert.ts'
import { type PackManifest, type PackModel, parseManifest } from './manifest.ts'
import { isUpstreamSource } from './pack-source.ts'
import { hash, readIfThere, readSources, type SourceReaders } from './sources.ts'

/** A pack whose files were verified; `directory` holds pack.json and the ONNX files that it names. */
export interface InstalledPack {
  readonly manifest: PackManifest
  readonly directory: string
}

export interface InstallOptions extends SourceReaders {
  readonly id: string
  /** Where installed packs live; the pack gets a folder of its own in it. */
  readonly packsDir: string
  /** Called before each model is converted; never for a pack that is already there. */
  readonly onProgress?: (progress: { step: number; of: number; what: string }) => void
  /** The committed manifest; by default the one that comes with the server. */
  readonly manifestPath?: string
}

const MANIFEST = 'pack.json'
/** A build folder older than this was left by a process that was interrupted. */
const ABANDONED_AFTER_MS = 3_600_000

/** The manifest of a pack that comes with the server. */
export function committedManifest(id: string): string {
  return fileURLToPath(new URL(`../../../packs/${id.replaceAll('+', '-')}/${MANIFEST}`, import.meta.url))
}

/** What the committed manifest of a pack says. Throws `pack_invalid`. */
export async function readCommitted(id: string): Promise<PackManifest> {
  const path = committedManifest(id)
  return parseManifest(await readManifest(path), path)
}

/**
 * Returns the installed pack, building it first where it is missing or damaged. Two processes may do this at once. Throws
 * `pack_not_installed` for a pack from elsewhere without `fetchSource`; `pack_source_missing`, `pack_source_corrupt`,
 * `pack_operation_unknown`, `pack_invalid`, or what `fetchSource` throws.
 */
export async function ensurePack(options: InstallOptions): Promise<InstalledPack> {
  const manifestPath = options.manifestPath ?? committedManifest(options.id)
  const text = await readManifest(manifestPath)
  const manifest = parseManifest(text, manifestPath)
  if (manifest.id !== options.id) {
    const message = `${manifestPath} describes the pack ${manifest.id} where ${options.id} was asked for.`
    throw new AppError('pack_invalid', message, { details: { file: manifestPath, field: 'id' } })
  }
  const directory = join(options.packsDir, options.id)
  const hasModels = await areModelsThere(manifest, directory)
  if (hasModels && (await readIfThere(join(directory, MANIFEST)))?.toString('utf8') === text)
    return { manifest, directory }
  if (!hasModels && !options.fetchSource) refuseForeign(manifest)
  await mkdir(options.packsDir, { recursive: true })
  await removeAbandoned(options)
  // Fetched and converted in memory: a download that breaks off leaves nothing behind.
  const files = hasModels ? [] : await convertModels(manifest, { ...options, manifestPath })
  const building = join(options.packsDir, `.${options.id}-${randomUUID()}`)
  try {
    await mkdir(building)
    for (const [name, content] of [...files, [MANIFEST, text] as const]) await writeFile(join(building, name), content)
    await moveIntoPlace(building, directory)
  } finally {
    await rm(building, { recursive: true, force: true })
  }
  return { manifest, directory }
}

/** Removes an installed pack in one step. False where there is none. */
export async function removePack({ id, packsDir }: Pick<InstallOptions, 'id' | 'packsDir'>): Promise<boolean> {
  const directory = join(packsDir, id)
  if (!(await isDirectory(directory))) return false
  const leaving = join(packsDir, `.${id}-${randomUUID()}`)
  await rename(directory, leaving)
  await rm(leaving, { recursive: true, force: true })
  return true
}

function refuseForeign({ id, models }: PackManifest): void {
  if (!models.some(({ source }) => isUpstreamSource(source))) return
  const message = `The model pack ${id} is not installed; install it with "npx likeness packs install ${id}".`
  throw new AppError('pack_not_installed', message, { details: { pack: id } })
}

/** Verifies a pack that is already there, by its own manifest. Throws `pack_invalid` that names the damaged file. */
export async function loadPack(directory: string): Promise<InstalledPack> {
  const path = join(directory, MANIFEST)
  const manifest = parseManifest(await readManifest(path), path)
  for (const model of manifest.models) {
    const problem = await findDamage(model, directory)
    if (problem) throw problem
  }
  return { manifest, directory }
}

async function readManifest(path: string): Promise<string> {
  const content = await readIfThere(path)
  if (content) return content.toString('utf8')
  throw new AppError('pack_invalid', `There is no model pack at ${path}.`, { details: { file: path } })
}

/** True where every ONNX file verifies. A manifest that says more about the same files is taken over without a build. */
async function areModelsThere(manifest: PackManifest, directory: string): Promise<boolean> {
  for (const model of manifest.models) {
    if (await findDamage(model, directory)) return false
  }
  return true
}

async function findDamage(model: PackModel, directory: string): Promise<AppError | undefined> {
  const path = join(directory, model.file)
  const content = await readIfThere(path)
  if (content && hash(content) === model.sha256) return undefined
  const problem = content ? 'is damaged: its SHA-256 is not the one in pack.json' : 'is missing'
  const message = `The model file ${path} ${problem}; start the server again, or remove the folder, to have it rebuilt.`
  return new AppError('pack_invalid', message, { details: { file: path } })
}

/** The ONNX files by name, in the order of the manifest. */
async function convertModels(
  manifest: PackManifest,
  options: InstallOptions & { readonly manifestPath: string },
): Promise<[string, Uint8Array][]> {
  const of = manifest.models.length
  const files: [string, Uint8Array][] = []
  for (const [index, model] of manifest.models.entries()) {
    options.onProgress?.({ step: index + 1, of, what: model.file })
    const onnx = convertModel(
      model,
      await readSources(model, { ...options, committedDir: dirname(options.manifestPath) }),
    )
    const actual = hash(onnx)
    if (actual !== model.sha256) {
      const message = `The conversion of ${model.file} gave the SHA-256 ${actual} where pack.json has ${model.sha256}; the importer and pack.json come from different versions of the server.`
      throw new AppError('pack_invalid', message, { details: { file: model.file } })
    }
    files.push([model.file, onnx])
  }
  return files
}

/**
 * Moves a finished build to its place in one step. Where a folder is there already (damaged, of another version, or made
 * by another process meanwhile) its files are replaced one by one, each in one step, the manifest last: a reader never
 * meets half a file, and a pack that was left in between does not verify.
 */
async function moveIntoPlace(building: string, directory: string): Promise<void> {
  const files = (await readdir(building)).filter(name => name !== MANIFEST)
  if (!(await isDirectory(directory))) {
    try {
      await rename(building, directory)
      return
    } catch (error) {
      if (!(await isDirectory(directory))) throw error
    }
  }
  for (const file of [...files, MANIFEST]) await rename(join(building, file), join(directory, file))
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isDirectory() ?? false
}

async function removeAbandoned({ id, packsDir }: InstallOptions): Promise<void> {
  for (const name of await readdir(packsDir)) {
    if (!name.startsWith(`.${id}-`)) continue
    const path = join(packsDir, name)
    const found = await stat(path).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true })
  }
}
