// Where the files of a pack are taken from: the address that they were published at, another one, or a folder. Checks
// nothing but that what it takes is a file of the right size; the installation checks the rest.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { DEFAULT_LIMITS, type Limits } from '../limits.ts'
import type { UpstreamFile } from '../vision/packs/pack-source.ts'
import type { FetchSource } from '../vision/packs/sources.ts'
import { createFailure } from './failure.ts'
import { download } from './pack-download.ts'
import { createProgress, type ProgressStream } from './progress.ts'

/** Files by their names below `folder`, or in a folder of the pack's name in it. */
export const takeFromFolder =
  (folder: string, packId: string): FetchSource =>
  async (_, file) => {
    const places = [join(folder, file.path), join(folder, packId, file.path)]
    for (const place of places) {
      const found = await stat(place).catch(() => null)
      if (!found?.isFile()) continue
      if (found.size === file.bytes) return readFile(place)
      const message = `The file ${place} has ${found.size} bytes where ${file.bytes} were expected; fetch it again.`
      throw new AppError('pack_source_corrupt', message, { details: { file: place } })
    }
    const message = `The file ${file.path} is neither in ${folder} nor in ${join(folder, packId)}.`
    throw new AppError('pack_source_missing', message, { details: { file: file.path } })
  }

export interface AddressOptions {
  /** Ends in a slash. Where there is none, each file's own address. */
  readonly base?: string
  readonly packId: string
  readonly stream: ProgressStream
  readonly limits?: Pick<Limits, 'packSilenceMs' | 'packFileTimeoutMs'>
}

/** Files by their names below the base address, or in a folder of the pack's name below it. */
export const takeFromAddress =
  ({ base, packId, stream, limits = DEFAULT_LIMITS }: AddressOptions): FetchSource =>
  async ({ upstream }, file) => {
    const progress = createProgress({ label: `Fetching ${file.path}`, total: file.bytes, stream })
    const fetchBelow = (address: string): Promise<Uint8Array> =>
      download({
        address: new URL(encodePath(file), address).href,
        bytes: file.bytes,
        limits,
        onProgress: received => progress.update(received),
      })
    try {
      if (base === undefined) return await fetchBelow(upstream)
      return await fetchBelow(base).catch(error =>
        isNotThere(error) ? fetchBelow(`${base}${packId}/`) : Promise.reject(error),
      )
    } finally {
      progress.end()
    }
  }

const isNotThere = (error: unknown): boolean => error instanceof AppError && error.details.status === 404

const encodePath = ({ path }: UpstreamFile): string => path.split('/').map(encodeURIComponent).join('/')

/** The option --url: an address that files lie below. */
export const readBaseAddress = (text: string): string => {
  const address = URL.parse(text)
  const isFine = address && /^https?:$/.test(address.protocol) && !address.username && !address.search && !address.hash
  if (!isFine)
    throw createFailure('usage', '--url must be an http or https address without user name, query and fragment.')
  return address.href.endsWith('/') ? address.href : `${address.href}/`
}

/** The option --from. */
export const readFolder = async (path: string): Promise<string> => {
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory()) return path
  throw createFailure('usage', `There is no folder ${path}; --from takes the one that the files of the pack are in.`)
}
