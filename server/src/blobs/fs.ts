// Blobs as files of one folder, private to the user that the server runs as. Knows nothing of what is in them.
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, opendir, readdir, readFile, rename, rm, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BlobStore } from '../core/ports.ts'
import { AppError } from '../errors.ts'
import { checkBlobKey, isBlobKey } from './keys.ts'

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
/** Beside the two-digit folders of the blobs, which it cannot be mistaken for. */
const UNFINISHED = 'unfinished'
const SHELF = /^[0-9a-f]{2}$/
/** Windows cannot open a folder to flush it, and writes its entries through by itself. */
const CAN_FLUSH_FOLDERS = process.platform !== 'win32'

/** Opens (or makes) the folder, and removes what writers that are gone left unfinished. */
export async function openFsBlobStore(folder: string): Promise<BlobStore> {
  const unfinished = join(folder, UNFINISHED)
  await mkdir(unfinished, { recursive: true, mode: FOLDER_MODE })
  await removeLeftovers(unfinished)
  const ready = new Map<string, Promise<void>>()

  /** Makes the folder once, and flushes the folders that name it. */
  function prepareShelf(shelf: string): Promise<void> {
    const known = ready.get(shelf)
    if (known) return known
    const made = makeShelf(folder, shelf)
    ready.set(shelf, made)
    made.catch(() => ready.delete(shelf))
    return made
  }

  async function put(key: string, bytes: Uint8Array): Promise<void> {
    const path = locate(folder, key)
    const draft = join(unfinished, `${process.pid}-${randomUUID()}`)
    try {
      await prepareShelf(dirname(path))
      await writeDurably(draft, bytes)
      await rename(draft, path)
    } catch (error) {
      await rm(draft, { force: true })
      throw isForWantOfSpace(error) ? new AppError('storage_full', undefined, { cause: error }) : error
    }
    await flushFolder(dirname(path))
  }

  async function get(key: string): Promise<Uint8Array | null> {
    const bytes = await readFile(locate(folder, key)).catch(ignoreMissing)
    return bytes ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : null
  }

  async function remove(keys: readonly string[]): Promise<void> {
    const paths = keys.map(key => locate(folder, key))
    for (const path of paths) await unlink(path).catch(ignoreMissing)
    // A power cut must not bring an erased picture back.
    for (const shelf of new Set(paths.map(path => dirname(path)))) await flushFolder(shelf).catch(ignoreMissing)
  }

  async function* listKeys(): AsyncGenerator<string> {
    for (const shelf of await listShelves(folder)) {
      for await (const entry of await opendir(join(folder, shelf))) {
        if (entry.isFile() && isBlobKey(entry.name)) yield entry.name
      }
    }
  }

  return { put, get, delete: remove, keys: listKeys }
}

/** 256 folders by a hash: ids that count time begin alike, and would all land in one folder. */
function locate(folder: string, key: string): string {
  return join(folder, ...placeOfBlob(key))
}

/** Shelf and file name of a blob below the folder of its store, for those who copy whole stores. */
export function placeOfBlob(key: string): readonly [string, string] {
  checkBlobKey(key)
  const hash = createHash('sha256').update(key).digest('hex')
  return [hash.slice(0, 2), key]
}

async function makeShelf(folder: string, shelf: string): Promise<void> {
  await mkdir(shelf, { recursive: true, mode: FOLDER_MODE })
  await flushFolder(folder)
}

async function listShelves(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder)
  return names.filter(name => SHELF.test(name)).sort()
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx', FILE_MODE)
  await file.writeFile(bytes)
  await file.sync()
}

async function flushFolder(path: string): Promise<void> {
  if (!CAN_FLUSH_FOLDERS) return
  await using folder = await open(path, 'r')
  await folder.sync()
}

/** A draft begins with its writer's process id. One with ours, now that we open, is an earlier process's of that id. */
async function removeLeftovers(unfinished: string): Promise<void> {
  for (const name of await readdir(unfinished)) {
    const writer = Number.parseInt(name, 10)
    if (writer !== process.pid && isRunning(writer)) continue
    await rm(join(unfinished, name), { force: true })
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    // Somebody else's process runs too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function isForWantOfSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

function ignoreMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}
