// Which pictures an enrolment means and whose they are: files and folders → paths with subject ids. Reads folders, opens
// no picture.
import { readdir, stat } from 'node:fs/promises'
import { basename, extname, join, normalize } from 'node:path'
import { createFailure } from './failure.ts'

export interface PictureFile {
  readonly path: string
  readonly subjectId: string
}

export interface FoundPictures {
  readonly pictures: readonly PictureFile[]
  /** Files in the folders that are no pictures by their name. */
  readonly skipped: number
}

interface FolderContent {
  readonly files: readonly string[]
  readonly folders: readonly string[]
}

/** Wider than what the server takes: a picture in another format is refused by name instead of being passed over. */
const PICTURE_NAMES = /\.(jpe?g|jfif|png|webp|avif|gif|heic|heif|bmp|tiff?)$/i

/**
 * A file counts whatever its name, for the subject named like it (without the extension). A folder's own pictures count
 * the same way; a folder inside it is one subject of that name with all its pictures. `subjectId` names one person for
 * all, which a folder with folders in it contradicts. Names become NFC, the form that keyboards type.
 * @throws Failure usage: nothing there, folders too deep, one subject for many folders
 */
export const findPictures = async (paths: readonly string[], subjectId?: string): Promise<FoundPictures> => {
  const found = await Promise.all(paths.map(path => findIn(normalize(path), subjectId)))
  const pictures = found.flatMap(each => each.pictures)
  const skipped = found.reduce((sum, each) => sum + each.skipped, 0)
  if (pictures.length === 0) throw createFailure('usage', `There are no pictures in ${paths.join(', ')}.`)
  return { pictures, skipped }
}

const findIn = async (path: string, subjectId?: string): Promise<FoundPictures> => {
  const facts = await stat(path).catch(() => null)
  if (!facts) throw createFailure('usage', `There is no file or folder ${path}.`)
  if (!facts.isDirectory()) return { pictures: [{ path, subjectId: subjectId ?? nameOf(path) }], skipped: 0 }
  const { files, folders } = await readFolder(path)
  if (subjectId !== undefined && folders.length > 0)
    throw createFailure(
      'usage',
      `${path} has folders in it, each of which is a subject: leave --subject out, or name one of the folders.`,
    )
  const own = files.filter(isPicture).map(file => ({ path: file, subjectId: subjectId ?? nameOf(file) }))
  let skipped = files.length - own.length
  const pictures: PictureFile[] = own
  for (const folder of folders) {
    const inside = await findInSubjectFolder(folder)
    pictures.push(...inside.pictures)
    skipped += inside.skipped
  }
  return { pictures, skipped }
}

const findInSubjectFolder = async (folder: string): Promise<FoundPictures> => {
  const { files, folders } = await readFolder(folder)
  if (folders.length > 0)
    throw createFailure(
      'usage',
      `${folders[0]} lies too deep to tell whose pictures it holds: the folder that you name may hold one folder a subject, and those only pictures.`,
    )
  const subjectId = basename(folder).normalize('NFC')
  const pictures = files.filter(isPicture).map(path => ({ path, subjectId }))
  return { pictures, skipped: files.length - pictures.length }
}

/** Sorted by name, hidden entries left out, links followed. */
const readFolder = async (folder: string): Promise<FolderContent> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => {
    throw createFailure('usage', `The folder ${folder} cannot be read.`)
  })
  const files: string[] = []
  const folders: string[] = []
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    const isFolder = entry.isSymbolicLink() ? await leadsToFolder(path) : entry.isDirectory()
    if (isFolder) folders.push(path)
    else files.push(path)
  }
  return { files, folders }
}

/** False for a link that leads nowhere, so that it is reported as a file that cannot be read. */
const leadsToFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => null))?.isDirectory() ?? false

const isPicture = (path: string): boolean => PICTURE_NAMES.test(path)

const nameOf = (path: string): string => basename(path, extname(path)).normalize('NFC')
