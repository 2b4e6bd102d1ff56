// Writes a backup of a data folder, beside a running server or without one. Never touches the master key.
import { existsSync } from 'node:fs'
import { copyFile, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { placeOfBlob } from '../blobs/fs.ts'
import type { Config } from '../config.ts'
import { galleryKeyOf, keyOf } from '../core/erasure-log.ts'
import { erasureFileOf } from '../main.ts'
import { type CopiedPicture, readControlCopy, readPicturesOfCopy, readRegionCopy } from '../store/database-copies.ts'
import { readErasureFile } from '../store/erasure-file.ts'
import { checkSqlite, copySqlite } from '../store/sqlite-files.ts'
import { VERSION } from '../version.ts'
import {
  BACKUP_FORMAT,
  CHECKSUMS_FILE,
  fingerprintOf,
  hashBytes,
  hashFile,
  MANIFEST_FILE,
  type Manifest,
  type RegionManifest,
  writeChecksum,
} from './backup-format.ts'
import { createFolders, flushFolder, forEachAtOnce, writeDurably } from './durable-files.ts'
import { createFailure } from './failure.ts'

export interface BackupProgress {
  /** Pictures copied so far, of so many. */
  readonly onPicture: (done: number, total: number) => void
}

const PICTURES_AT_ONCE = 8
/** How often the log is looked at for the faces whose pictures were missing, and the time in between. */
const MAX_LOOKS = 3
const LOOK_PAUSE_MS = 1000

/** The files of one backup that is being written. */
interface Draft {
  readonly folder: string
  prepare(path: string): Promise<void>
  /** Notes the checksum of a file that lies in the draft. */
  add(path: string, hash: string, bytes: number): Promise<void>
  addFile(path: string): Promise<void>
  /** Ends the list of checksums. */
  finish(): Promise<{ files: number; bytes: number; checksums: string }>
}

/**
 * In a folder of its own below `to`, which has its name only once it is whole. The order makes it consistent: regions
 * before the control data, as a tenant's key is there before anything is sealed with it; pictures after the rows that name
 * them; the logs of erasures last, so that a picture that was erased meanwhile is known as erased.
 */
export const writeBackup = async (
  config: Config,
  to: string,
  { onPicture }: BackupProgress,
): Promise<{ folder: string; manifest: Manifest }> => {
  const createdAt = new Date()
  const folder = join(to, `likeness-backup-${stamp(createdAt)}`)
  await mkdir(to, { recursive: true, mode: 0o700 })
  const draft = await createDraft(folder)
  try {
    const ids = await listRegions(config)
    for (const id of ids) await copyDatabase(config, draft, join('regions', id, 'region.db'))
    await copyDatabase(config, draft, join('control', 'control.db'))
    const { migrations, tenantKeys } = readControlCopy(join(draft.folder, 'control', 'control.db'))
    const regions: RegionManifest[] = []
    for (const id of ids) regions.push(await copyRegion(config, draft, id, onPicture))
    const manifest: Manifest = {
      likeness: 'backup',
      format: BACKUP_FORMAT,
      version: VERSION,
      createdAt: createdAt.toISOString(),
      masterKeyFingerprint: fingerprintOf(tenantKeys.check),
      control: { migrations: [...migrations] },
      regions,
      ...(await draft.finish()),
    }
    await writeDurably(join(draft.folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`)
    await flushFolder(draft.folder)
    await rename(draft.folder, folder)
    await flushFolder(to)
    return { folder, manifest }
  } catch (error) {
    await rm(draft.folder, { recursive: true, force: true })
    throw error
  }
}

/** 20310203T040506Z: sorts by time, and every file system takes it. */
export const stamp = (at: Date): string => at.toISOString().replace(/[-:]|\.\d+/g, '')

/** The regions whose data lies in the folder, named in the settings or not. */
export const listRegions = async ({ dataDir }: Pick<Config, 'dataDir'>): Promise<readonly string[]> => {
  const folder = join(dataDir, 'regions')
  const names = await readdir(folder).catch(() => [])
  return names.filter(name => existsSync(join(folder, name, 'region.db'))).sort()
}

const createDraft = async (name: string): Promise<Draft> => {
  const folder = `${name}.unfinished`
  if (existsSync(name)) throw createFailure('usage', `${name} exists already; try again in a second.`)
  await mkdir(folder, { mode: 0o700 })
  const folders = createFolders()
  const list = await open(join(folder, CHECKSUMS_FILE), 'wx', 0o600)
  const total = { files: 0, bytes: 0 }
  const add = async (path: string, hash: string, bytes: number): Promise<void> => {
    await list.appendFile(writeChecksum({ hash, path: path.split(sep).join('/') }))
    total.files++
    total.bytes += bytes
  }
  return {
    folder,
    prepare: path => folders.prepare(join(folder, path)),
    add,
    async addFile(path) {
      const { hash, bytes } = await hashFile(join(folder, path))
      await add(path, hash, bytes)
    },
    async finish() {
      await list.sync()
      await list.close()
      await folders.flush()
      return { ...total, checksums: (await hashFile(join(folder, CHECKSUMS_FILE))).hash }
    },
  }
}

const copyDatabase = async ({ dataDir }: Config, draft: Draft, path: string): Promise<void> => {
  await draft.prepare(path)
  await copySqlite(join(dataDir, path), join(draft.folder, path))
  const [damage] = checkSqlite(join(draft.folder, path))
  if (damage !== undefined)
    throw createFailure(
      'failed',
      `The database ${join(dataDir, path)} is damaged (${damage}); see "npx likeness doctor".`,
    )
  await draft.addFile(path)
}

const copyRegion = async (
  config: Config,
  draft: Draft,
  id: string,
  onPicture: BackupProgress['onPicture'],
): Promise<RegionManifest> => {
  const database = join(draft.folder, 'regions', id, 'region.db')
  const { migrations, ...facts } = readRegionCopy(database)
  const missing: CopiedPicture[] = []
  let pictures = 0
  await forEachAtOnce(PICTURES_AT_ONCE, readPicturesOfCopy(database), async picture => {
    if (await copyPicture(config, draft, id, picture)) pictures++
    else missing.push(picture)
    onPicture(pictures, facts.faces)
  })
  const erased = await waitForErasures(erasureFileOf(config.erasuresDir, id), missing)
  await copyLog(config, draft, id)
  const missingPictures = missing.map(({ faceId }) => ({ faceId, erased: erased.has(faceId) }))
  return { id, migrations: [...migrations], ...facts, pictures, missingPictures }
}

const copyPicture = async ({ dataDir }: Config, draft: Draft, id: string, { key }: CopiedPicture): Promise<boolean> => {
  const path = join('regions', id, 'pictures', ...placeOfBlob(key))
  const bytes = await readFile(join(dataDir, path)).catch(ignoreMissing)
  if (!bytes) return false
  await draft.prepare(path)
  await writeDurably(join(draft.folder, path), bytes)
  await draft.add(path, hashBytes(bytes), bytes.length)
  return true
}

/** A last line that is being written may come without its end: whoever opens the copy leaves it out. */
const copyLog = async ({ erasuresDir }: Config, draft: Draft, id: string): Promise<void> => {
  const source = erasureFileOf(erasuresDir, id)
  if (!existsSync(source)) return
  const path = erasureFileOf('erasures', id)
  await draft.prepare(path)
  await copyFile(source, join(draft.folder, path))
  await using file = await open(join(draft.folder, path), 'r+')
  await file.sync()
  await draft.addFile(path)
}

/** An erasure deletes the picture a moment before it gets into the log. */
const waitForErasures = async (log: string, missing: readonly CopiedPicture[]): Promise<ReadonlySet<string>> => {
  for (let attempt = 1; ; attempt++) {
    const erased = await findErased(log, missing)
    if (erased.size === missing.length || attempt === MAX_LOOKS) return erased
    await new Promise(resolve => setTimeout(resolve, LOOK_PAUSE_MS))
  }
}

/** The ids of those faces that the log knows as erased, alone, with their subject or with their gallery. */
const findErased = async (log: string, faces: readonly CopiedPicture[]): Promise<ReadonlySet<string>> => {
  const erased = new Set<string>()
  if (faces.length === 0) return erased
  const wanted = Map.groupBy(
    faces.flatMap(face => [face.faceId, face.subjectUid, galleryKeyOf(face)].map(key => ({ key, id: face.faceId }))),
    ({ key }) => key,
  )
  for await (const records of readErasureFile(log))
    for (const record of records) for (const { id } of wanted.get(keyOf(record)) ?? []) erased.add(id)
  return erased
}

const ignoreMissing = (error: unknown): null => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}
