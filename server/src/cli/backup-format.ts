// What a backup consists of: a folder laid out like a data folder, a list of checksums, a manifest. Reads and writes the
// two; copies nothing.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { AppError } from '../errors.ts'

export const MANIFEST_FILE = 'manifest.json'
/** In the form of sha256sum, which can check it. */
export const CHECKSUMS_FILE = 'checksums.sha256'
export const BACKUP_FORMAT = 1

const count = z.int().min(0)
const hash = z.string().regex(/^[0-9a-f]{64}$/)

const Manifest = z.object({
  likeness: z.literal('backup'),
  format: z.literal(BACKUP_FORMAT),
  /** Of the program that wrote it. */
  version: z.string(),
  createdAt: z.iso.datetime(),
  /** Tells the master key that opens it from others; the key itself is never part of a backup. Null: nothing is sealed. */
  masterKeyFingerprint: z.string().nullable(),
  control: z.object({ migrations: z.array(z.string()) }),
  regions: z.array(
    z.object({
      id: z.string(),
      migrations: z.array(z.string()),
      galleries: count,
      subjects: count,
      faces: count,
      pictures: count,
      erasures: count,
      /** Faces whose picture was not there when it was to be copied; erased: they were erased while the backup ran. */
      missingPictures: z.array(z.object({ faceId: z.string(), erased: z.boolean() })),
    }),
  ),
  files: count,
  bytes: count,
  checksums: hash,
})

export type Manifest = z.infer<typeof Manifest>
export type RegionManifest = Manifest['regions'][number]

/** @throws AppError backup_invalid */
export const readManifest = async (folder: string): Promise<Manifest> => {
  const path = join(folder, MANIFEST_FILE)
  const text = await readFile(path, 'utf8').catch(cause => {
    throw invalid(folder, `it has no ${MANIFEST_FILE} that can be read`, cause)
  })
  try {
    return Manifest.parse(JSON.parse(text))
  } catch (cause) {
    throw invalid(folder, `its ${MANIFEST_FILE} is not that of a backup of format ${BACKUP_FORMAT}`, cause)
  }
}

/** 128 bits of the check value, in hex. */
export const fingerprintOf = (check: Uint8Array | null): string | null =>
  check && Buffer.from(check).toString('hex').slice(0, 32)

export interface ChecksumLine {
  readonly hash: string
  /** Below the backup's folder, with "/". */
  readonly path: string
}

/** The places that a file of a data folder has; whatever else a list names is not written anywhere. */
const PLACES =
  /^(control\/control\.db|regions\/[a-z0-9-]{1,32}\/region\.db|regions\/[a-z0-9-]{1,32}\/pictures\/[0-9a-f]{2}\/[A-Za-z0-9_-]{1,64}|erasures\/[a-z0-9-]{1,32}\.log)$/

export const writeChecksum = ({ hash: value, path }: ChecksumLine): string => `${value}  ${path}\n`

/** @throws AppError backup_invalid */
export async function* readChecksums(folder: string): AsyncGenerator<ChecksumLine> {
  for await (const line of createInterface({ input: createReadStream(join(folder, CHECKSUMS_FILE)) })) {
    const [value = '', path = ''] = line.split('  ', 2)
    if (!hash.safeParse(value).success || !PLACES.test(path))
      throw invalid(folder, `its ${CHECKSUMS_FILE} names no file of a backup: ${JSON.stringify(line.slice(0, 200))}`)
    yield { hash: value, path }
  }
}

/** SHA-256 in hex, and the length. */
export const hashFile = async (path: string): Promise<{ hash: string; bytes: number }> => {
  const sum = createHash('sha256')
  let bytes = 0
  await pipeline(createReadStream(path), async chunks => {
    for await (const chunk of chunks) {
      bytes += chunk.length
      sum.update(chunk)
    }
  })
  return { hash: sum.digest('hex'), bytes }
}

export const hashBytes = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export const invalid = (folder: string, what: string, cause?: unknown): AppError =>
  new AppError('backup_invalid', `The backup ${folder} cannot be used: ${what}.`, { cause })
