// The file of a master key: private to its owner, never half written, never replaced by accident. Knows no key's form.
import { randomUUID } from 'node:crypto'
import { constants, copyFile, link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '../errors.ts'

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
/** Rights of the group and of everybody. */
const OTHERS = 0o077
/** Windows has no such rights, cannot open a folder to flush it, and writes its entries through by itself. */
const IS_POSIX = process.platform !== 'win32'

export interface KeyFile {
  readonly path: string
  /** The text without the space around it; null when there is no file. Throws master_key_missing (unreadable), master_key_exposed. */
  read(): Promise<string | null>
  /** On disk when the promise resolves. False, and nothing done, when there is a file already. */
  create(text: string): Promise<boolean>
  /** As `create`, in the place of what may be there. */
  replace(text: string): Promise<void>
  /** Puts this file in the place of another one, in one step that a crash cannot divide. */
  moveTo(path: string): Promise<void>
}

export function createKeyFile(path: string): KeyFile {
  async function read(): Promise<string | null> {
    try {
      if (IS_POSIX) refuseExposed(path, (await stat(path)).mode)
      return (await readFile(path, 'utf8')).trim()
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null
      if (error instanceof AppError) throw error
      throw new AppError(
        'master_key_missing',
        `The file ${path} of the master key cannot be read (${codeOf(error)}).`,
        {
          cause: error,
        },
      )
    }
  }

  async function create(text: string): Promise<boolean> {
    const draft = await writeDraft(path, text)
    try {
      await linkOrCopy(draft, path)
      return true
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      throw error
    } finally {
      await rm(draft, { force: true })
      await flush(dirname(path))
    }
  }

  async function replace(text: string): Promise<void> {
    await rename(await writeDraft(path, text), path)
    await flush(dirname(path))
  }

  async function moveTo(target: string): Promise<void> {
    await rename(path, target)
    await flush(dirname(target))
  }

  return { path, read, create, replace, moveTo }
}

function refuseExposed(path: string, mode: number): void {
  if ((mode & OTHERS) === 0) return
  throw new AppError(
    'master_key_exposed',
    `Other users of this machine can read the master key in ${path} (mode ${(mode & 0o777).toString(8)}): run "chmod 600 ${path}".`,
  )
}

async function writeDraft(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE })
  const draft = `${path}.${process.pid}-${randomUUID()}.draft`
  await using file = await open(draft, 'wx', FILE_MODE)
  await file.writeFile(text)
  await file.sync()
  return draft
}

/** Both refuse to overwrite: of two processes that start at once, one makes the key and the other reads it. */
async function linkOrCopy(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error
    // Some file systems have no links.
    await copyFile(draft, path, constants.COPYFILE_EXCL)
    await using file = await open(path, 'r+')
    await file.sync()
  }
}

async function flush(folder: string): Promise<void> {
  if (!IS_POSIX) return
  await using handle = await open(folder, 'r')
  await handle.sync()
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
