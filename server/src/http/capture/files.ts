// The files of the capture page: the built page with its scripts, and the models that guide the person in the browser. Read
// once at start; what it answers with is fixed from then on. Knows no session.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, posix, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

export type Encoding = 'br' | 'gzip'

export interface PageFile {
  readonly mediaType: string
  /** Of the file without an encoding, in double quotes. */
  readonly etag: string
  /** Without an encoding. */
  readonly bytes: number
  read(): Buffer | Readable
  /** Made when it is first asked for, and kept; null for what does not become smaller. */
  readonly encode: ((encoding: Encoding) => Promise<Buffer>) | null
}

export interface CaptureFiles {
  /** Null where the page was not built. */
  readonly page: PageFile | null
  /** By their path under "assets", with forward slashes; their names hold a hash of what they are. */
  readonly assets: ReadonlyMap<string, PageFile>
  /** By name. */
  readonly models: ReadonlyMap<string, PageFile>
}

export interface CaptureFolders {
  /** What the build of web/ writes: index.html and assets/. */
  readonly page: string
  /** Those of the npm package @vladmandic/human. */
  readonly models: string
}

/** What the page looks for faces and their shape with; each is a description and its weights. */
export const MODELS = ['blazeface', 'facemesh'] as const

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}
const COMPRESSIBLE = /^(text\/|application\/(json|wasm)|image\/svg)/

/** Without a folder, or with an empty one, there is no page; models that are not there are left out. */
export const openCaptureFiles = async ({ page, models }: CaptureFolders): Promise<CaptureFiles> => ({
  page: await readSmall(join(page, 'index.html')).catch(() => null),
  assets: await readAssets(join(page, 'assets')),
  models: await readModels(models),
})

const readAssets = async (folder: string): Promise<ReadonlyMap<string, PageFile>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = entries
    .filter(entry => entry.isFile() && extname(entry.name) !== '.map')
    .map(entry => join(entry.parentPath, entry.name))
  const named = paths.map(async path => {
    const name = path
      .slice(folder.length + 1)
      .split(sep)
      .join(posix.sep)
    return [name, await readSmall(path)] as const
  })
  return new Map(await Promise.all(named))
}

const readModels = async (folder: string): Promise<ReadonlyMap<string, PageFile>> => {
  const names = MODELS.flatMap(name => [`${name}.json`, `${name}.bin`])
  const open = async (name: string): Promise<readonly (readonly [string, PageFile])[]> => {
    const path = join(folder, name)
    try {
      return [[name, name.endsWith('.bin') ? await openLarge(path) : await readSmall(path)]]
    } catch {
      return []
    }
  }
  return new Map((await Promise.all(names.map(open))).flat())
}

const mediaTypeOf = (path: string): string => MEDIA_TYPES[extname(path)] ?? 'application/octet-stream'

const readSmall = async (path: string): Promise<PageFile> => {
  const content = await readFile(path)
  const mediaType = mediaTypeOf(path)
  return {
    mediaType,
    etag: etagOf(content),
    bytes: content.length,
    read: () => content,
    encode: COMPRESSIBLE.test(mediaType) ? createEncoder(content) : null,
  }
}

/** Weights are read from the disk for each visitor: they are large, and browsers keep them. */
const openLarge = async (path: string): Promise<PageFile> => {
  const { size, mtimeMs } = await stat(path)
  return {
    mediaType: mediaTypeOf(path),
    etag: etagOf(Buffer.from(`${path} ${size} ${mtimeMs}`)),
    bytes: size,
    read: () => createReadStream(path),
    encode: null,
  }
}

const etagOf = (content: Uint8Array): string =>
  `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`

/** Of 11: the last steps take ten times as long, and save a fiftieth of the bytes. */
const BROTLI_QUALITY = 9

const createEncoder = (content: Buffer): ((encoding: Encoding) => Promise<Buffer>) => {
  const made = new Map<Encoding, Promise<Buffer>>()
  const make = { br: compressBrotli, gzip: compressGzip }
  return encoding => {
    const known = made.get(encoding) ?? make[encoding](content)
    made.set(encoding, known)
    return known
  }
}

const compressGzip = (content: Buffer): Promise<Buffer> => promisify(gzip)(content, { level: 9 })

const compressBrotli = (content: Buffer): Promise<Buffer> =>
  promisify(brotliCompress)(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  })
