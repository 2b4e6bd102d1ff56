// Finds the weight files of a model, inside installed npm packages, beside its pack.json, or by asking the caller for what was published
// elsewhere, and hands over their bytes once their SHA-256 is the one that the manifest names. Downloads nothing.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { AppError } from '../../errors.ts'
import { corruptDownload } from './import/download-errors.ts'
import { corruptSource } from './import/tfjs-weights.ts'
import type { PackModel } from './manifest.ts'
import {
  type CommittedSource,
  isNpmSource,
  isUpstreamSource,
  type NpmSource,
  type UpstreamFile,
  type UpstreamSource,
} from './pack-source.ts'

/** The absolute path of a file of a package, or undefined where the package is not installed. */
export type ResolveSource = (packageName: string, path: string) => string | undefined

/** Looks where Node would look for the package; its `exports` do not matter. */
export function resolveInstalled(packageName: string, path: string): string | undefined {
  try {
    const found = findPackageJSON(packageName, import.meta.url)
    return found && join(dirname(found), path)
  } catch {
    return undefined
  }
}

/** The bytes of a file that was published elsewhere; the caller of this checks them. */
export type FetchSource = (source: UpstreamSource, file: UpstreamFile) => Promise<Uint8Array>

export interface SourceReaders {
  readonly resolveSource?: ResolveSource
  /** Where there is none, packs from elsewhere are refused: nothing is downloaded that was not asked for. */
  readonly fetchSource?: FetchSource
}

interface Readers extends SourceReaders {
  /** The folder that the committed pack.json lies in. */
  readonly committedDir: string
}

/** The bytes of a model's source files by path. Throws `pack_source_missing` or `pack_source_corrupt`, or what `fetchSource` throws. */
export function readSources(model: PackModel, readers: Readers): Promise<Map<string, Uint8Array>> {
  const { source } = model
  if (isNpmSource(source)) return readPackageSources(source, readers.resolveSource ?? resolveInstalled)
  if (isUpstreamSource(source)) return readUpstreamSources(source, readers.fetchSource)
  return readCommittedSources(source, readers.committedDir)
}

async function readCommittedSources({ files }: CommittedSource, directory: string): Promise<Map<string, Uint8Array>> {
  const bytes = new Map<string, Uint8Array>()
  for (const { path, sha256 } of files) {
    const name = join(directory, path)
    const content = await readIfThere(name)
    if (!content || hash(content) !== sha256) {
      const [code, problem] = content ? (['corrupt', 'is damaged'] as const) : (['missing', 'is missing'] as const)
      const message = `The file ${name} ${problem}; install the server again.`
      throw new AppError(`pack_source_${code}`, message, { details: { file: name } })
    }
    bytes.set(path, content)
  }
  return bytes
}

async function readPackageSources(source: NpmSource, resolve: ResolveSource): Promise<Map<string, Uint8Array>> {
  const bytes = new Map<string, Uint8Array>()
  for (const file of source.files) {
    const path = resolve(source.package, file.path)
    const content = path === undefined ? undefined : await readIfThere(path)
    const name = `${source.package}/${file.path}`
    if (content === undefined) {
      const message = `The weight file ${name} is missing; install it with npm ci, which brings ${source.package} ${source.version}.`
      throw new AppError('pack_source_missing', message, { details: { file: name } })
    }
    const actual = hash(content)
    if (actual !== file.sha256) {
      throw corruptSource(name, `has the SHA-256 ${actual} where ${file.sha256} was expected`)
    }
    bytes.set(file.path, content)
  }
  return bytes
}

async function readUpstreamSources(
  source: UpstreamSource,
  fetchSource?: FetchSource,
): Promise<Map<string, Uint8Array>> {
  const bytes = new Map<string, Uint8Array>()
  for (const file of source.files) {
    if (!fetchSource)
      throw new AppError('pack_source_missing', `The file ${file.path} has to be fetched from ${source.upstream}.`)
    const content = await fetchSource(source, file)
    const actual = hash(content)
    if (actual !== file.sha256)
      throw corruptDownload(file.path, `has the SHA-256 ${actual} where ${file.sha256} was expected`)
    bytes.set(file.path, content)
  }
  return bytes
}

export function hash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** The content of a file, or undefined where there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}
