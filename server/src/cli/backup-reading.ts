// Puts a backup in the place of a data folder's data, and erases again what was erased since it was made. Everything is
// checked and copied beside the present data first; nothing of that is changed before all of it has gone well.
import { existsSync } from 'node:fs'
import { copyFile, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import {
  NOTHING_REPLAYED,
  type ReplayCounts,
  type ReplayParts,
  reconcileErasures,
  replayErasures,
} from '../core/erasure-log.ts'
import type { ControlStore, Vault } from '../core/ports.ts'
import { forgetSessions } from '../core/session-retention.ts'
import { AppError } from '../errors.ts'
import { erasureFileOf, openControl, openErasureLog, openRegionData, openVaultOf } from '../main.ts'
import { createMasterKeySource, findMasterKey } from '../seal/master-key.ts'
import { readControlCopy } from '../store/database-copies.ts'
import { readErasureFile } from '../store/erasure-file.ts'
import { KNOWN_MIGRATIONS } from '../store/migrate.ts'
import {
  CHECKSUMS_FILE,
  type ChecksumLine,
  hashBytes,
  hashFile,
  invalid,
  type Manifest,
  readChecksums,
  readManifest,
} from './backup-format.ts'
import { stamp } from './backup-writing.ts'
import { createFolders, flushFolder, forEachAtOnce, writeDurably } from './durable-files.ts'

export interface RestoreOrder {
  readonly from: string
  /** A folder of logs of erasures that are to be replayed besides the one that the settings name; null: none. */
  readonly erasures: string | null
  /** Whether there may be data already. */
  readonly replace: boolean
  readonly onFile: (done: number, total: number) => void
}

export interface RestoredRegion {
  readonly id: string
  readonly galleries: number
  readonly subjects: number
  readonly faces: number
  readonly erasedAgain: ReplayCounts
  /** The logs that were replayed: of the backup itself, of the settings' folder, of the folder that was given. */
  readonly logs: readonly ('backup' | 'kept' | 'given')[]
}

export interface Restored {
  readonly manifest: Manifest
  readonly regions: readonly RestoredRegion[]
  /** Where the data of before lies now; null where there was none. */
  readonly replaced: string | null
}

/** The parts of a data folder that a backup has. */
const PARTS = ['regions', 'control'] as const
const FILES_AT_ONCE = 8
/** More than are given between a backup and its restore. */
const NUMBERS_LEFT_OUT = 1_000_000

/** The data folder must be held by the caller (see `lockDataFolder`). @throws AppError backup_invalid, store_newer, master_key_* */
export const readBackup = async (config: Config, order: RestoreOrder): Promise<Restored> => {
  const manifest = await readManifest(order.from)
  refuseNewer(order.from, manifest)
  await requireMasterKey(config, order.from)
  const now = stamp(new Date())
  const draft = { ...config, dataDir: join(config.dataDir, `restoring-${now}`) }
  try {
    await copyFiles(order, manifest, draft.dataDir)
    const regions = await openAndReplay(config, draft, order, manifest)
    const replaced = order.replace ? await moveAside(config, join(config.dataDir, `replaced-${now}`)) : null
    for (const part of PARTS) await rename(join(draft.dataDir, part), join(config.dataDir, part))
    await flushFolder(config.dataDir)
    return { manifest, regions, replaced }
  } finally {
    await rm(draft.dataDir, { recursive: true, force: true })
  }
}

/** Whether the folder has what a restore would put there. */
export const holdsData = ({ dataDir }: Pick<Config, 'dataDir'>): boolean =>
  PARTS.some(part => existsSync(join(dataDir, part)))

const refuseNewer = (from: string, { control, regions, version }: Manifest): void => {
  const unknown = [
    ...control.migrations.filter(name => !KNOWN_MIGRATIONS.control.includes(name)),
    ...regions.flatMap(region => region.migrations.filter(name => !KNOWN_MIGRATIONS.region.includes(name))),
  ]
  if (unknown.length === 0) return
  throw new AppError(
    'store_newer',
    `The backup ${from} was written by Likeness ${version}, which is newer (this one does not know its migration "${unknown[0]}"): restore it with that version, or a later one.`,
    { details: { migration: unknown[0] } },
  )
}

/** Looks for the key that the backup's tenant keys are wrapped with, and makes none. @throws AppError master_key_* */
const requireMasterKey = async (config: Config, from: string): Promise<void> => {
  const path = join(from, 'control', 'control.db')
  if (!existsSync(path)) throw invalid(from, 'it has no control database')
  const { tenantKeys } = readControlCopy(path)
  if (tenantKeys.keys.length > 0) await findMasterKey(createMasterKeySource(config), tenantKeys)
}

const copyFiles = async (order: RestoreOrder, manifest: Manifest, target: string): Promise<void> => {
  const { from, onFile } = order
  if ((await hashFile(join(from, CHECKSUMS_FILE)).catch(() => null))?.hash !== manifest.checksums)
    throw invalid(from, `its ${CHECKSUMS_FILE} is missing or was altered`)
  const folders = createFolders()
  let done = 0
  await forEachAtOnce(FILES_AT_ONCE, readChecksums(from), async line => {
    await folders.prepare(join(target, line.path))
    await copyVerified(from, line, target)
    onFile(++done, manifest.files)
  })
  // A region in which nobody was ever enrolled has no pictures, and an installation may have no region yet.
  await folders.prepare(join(target, 'regions', 'any'))
  await folders.flush()
}

/** What is verified is what is written: the file is read once. Databases are larger than memory may be, and read twice. */
const copyVerified = async (from: string, { path, hash }: ChecksumLine, target: string): Promise<void> => {
  const source = join(from, path)
  const damaged = (): AppError => invalid(from, `${path} is missing or was altered`)
  if (!path.includes('/pictures/')) {
    await copyFile(source, join(target, path)).catch(() => Promise.reject(damaged()))
    if ((await hashFile(join(target, path))).hash !== hash) throw damaged()
    await using file = await open(join(target, path), 'r+')
    return file.sync()
  }
  const bytes = await readFile(source).catch(() => null)
  if (!bytes || hashBytes(bytes) !== hash) throw damaged()
  await writeDurably(join(target, path), bytes)
}

const openAndReplay = async (
  config: Config,
  draft: Config,
  order: RestoreOrder,
  manifest: Manifest,
): Promise<readonly RestoredRegion[]> => {
  const control = await openControl(draft)
  try {
    const vault = await openVaultOf(config, control)
    const regions: RestoredRegion[] = []
    for (const { id } of manifest.regions) regions.push(await replayRegion(draft, order, { control, vault, id }))
    return regions
  } finally {
    await control.close()
  }
}

/**
 * The log that the settings name goes on; where there is none yet, it begins with the one that was given, or with the
 * backup's own. What the others know besides is erased as well, and so gets into it.
 */
const replayRegion = async (
  draft: Config,
  { erasures }: RestoreOrder,
  { control, vault, id }: { control: ControlStore; vault: Vault; id: string },
): Promise<RestoredRegion> => {
  const kept = erasureFileOf(draft.erasuresDir, id)
  const own = erasureFileOf(join(draft.dataDir, 'erasures'), id)
  const given = erasures === null ? null : erasureFileOf(erasures, id)
  const logs = [
    { name: 'backup' as const, path: own },
    { name: 'given' as const, path: given },
    { name: 'kept' as const, path: kept },
  ].flatMap(({ name, path }) => (path !== null && existsSync(path) ? [{ name, path }] : []))
  if (!existsSync(kept)) await beginLog(kept, logs.find(({ name }) => name === 'given') ?? logs[0])
  const { store, blobs } = await openRegionData(draft, vault, id)
  const log = await openErasureLog(draft, id)
  try {
    const clock = { now: () => new Date() }
    const parts: ReplayParts = { regionId: id, store, blobs, log, control, vault, clock }
    let erasedAgain = NOTHING_REPLAYED
    for (const { path } of logs) erasedAgain = sum(erasedAgain, await replayErasures(parts, readErasureFile(path)))
    await reconcileErasures(parts)
    await forgetSessions(parts)
    // A caller may still know numbers that were given after the backup: they must not come to mean somebody else.
    await store.numbers.skip(NUMBERS_LEFT_OUT)
    const { galleries, subjects, faces } = await store.inspection.counts()
    return { id, galleries, subjects, faces, erasedAgain, logs: logs.map(({ name }) => name) }
  } finally {
    await log.close()
    await store.close()
  }
}

const beginLog = async (kept: string, first: { path: string } | undefined): Promise<void> => {
  if (!first) return
  const folders = createFolders()
  await folders.prepare(kept)
  await writeDurably(kept, await readFile(first.path))
  await folders.flush()
}

const sum = (one: ReplayCounts, other: ReplayCounts): ReplayCounts => ({
  galleries: one.galleries + other.galleries,
  subjects: one.subjects + other.subjects,
  faces: one.faces + other.faces,
  pictures: one.pictures + other.pictures,
})

/** The folder itself may be a mount point, so its parts are moved and not the whole. */
const moveAside = async ({ dataDir }: Config, target: string): Promise<string | null> => {
  const present = (await readdir(dataDir)).filter(name => PARTS.some(part => part === name))
  if (present.length === 0) return null
  await mkdir(target, { mode: 0o700 })
  for (const name of present) await rename(join(dataDir, name), join(target, name))
  await flushFolder(target)
  return target
}
