// Opens the regions of the settings: each one's rows, pictures, index, log of erasures and upkeep.
import { join } from 'node:path'
import { openFsBlobStore } from '../blobs/fs.ts'
import type { Config } from '../config.ts'
import { openAuditLog } from '../core/audit.ts'
import { type Context, findPack, type Region } from '../core/context.ts'
import { createErasureRecorder, type ReplayCounts, reconcileErasures } from '../core/erasure-log.ts'
import { createLocks } from '../core/locks.ts'
import { createMendedIndex } from '../core/mended-index.ts'
import { createPackIndexes } from '../core/pack-indexes.ts'
import type { BlobStore, ErasureLog, Store, Vault } from '../core/ports.ts'
import { createUpkeep } from '../core/upkeep.ts'
import { createExactIndex } from '../index/exact.ts'
import { openErasureFile } from '../store/erasure-file.ts'
import { openRegionStore } from '../store/region-store.ts'
import type { RegionTables } from '../store/schema.ts'
import { openSqlite, type SqliteOptions } from '../store/sqlite.ts'
import { clock, ids } from './system.ts'

/** How the regions are opened: what closes them, and whom they tell. */
interface Opening {
  readonly parts: AsyncDisposableStack
  readonly checks: SqliteOptions
  readonly onProgress: (sentence: string) => void
  readonly onTrouble: (error: unknown, what: string) => void
}

/** Every region of the settings, with what was erased since its database was copied erased again. */
export const openContext = async (
  config: Config,
  opened: Pick<Context, 'control' | 'vault' | 'calls' | 'engine'>,
  opening: Opening,
): Promise<Context> => {
  const { control } = opened
  const regions = new Map<string, Region>()
  for (const { id } of config.regions) {
    const { region, replayed } = await openRegion(config, opened, opening, id)
    regions.set(id, region)
    if (replayed.galleries + replayed.subjects + replayed.faces > 0)
      opening.onProgress(
        `The database of region "${id}" is older than its log of erasures: erased again ${replayed.galleries} galleries, ${replayed.subjects} subjects, ${replayed.faces} faces`,
      )
  }
  return {
    ...opened,
    audit: await openAuditLog({ control, vault: opened.vault, clock, ids }),
    regions,
    clock,
    ids,
    limits: config.limits,
    keepPictures: config.keepPictures,
  }
}

export interface RegionData {
  readonly store: Store
  readonly blobs: BlobStore
}

/** A region's rows and pictures without engine and index, for the server and for commands that look after the data. */
export const openRegionData = async (
  { dataDir }: Pick<Config, 'dataDir'>,
  vault: Vault,
  id: string,
  options?: SqliteOptions,
): Promise<RegionData> => {
  const folder = join(dataDir, 'regions', id)
  const store = await openRegionStore(openSqlite<RegionTables>(join(folder, 'region.db'), options), vault)
  return { store, blobs: await openFsBlobStore(join(folder, 'pictures')) }
}

/** The log of a region's erasures, for its one writer. @throws AppError erasure_log_corrupt */
export const openErasureLog = ({ erasuresDir }: Pick<Config, 'erasuresDir'>, id: string): Promise<ErasureLog> =>
  openErasureFile(erasureFileOf(erasuresDir, id), id)

export const erasureFileOf = (folder: string, regionId: string): string => join(folder, `${regionId}.log`)

const openRegion = async (
  config: Config,
  { control, vault, engine }: Pick<Context, 'control' | 'vault' | 'engine'>,
  { parts, checks, onTrouble }: Opening,
  id: string,
): Promise<{ region: Region; replayed: ReplayCounts }> => {
  const { store, blobs } = await openRegionData(config, vault, id, checks)
  parts.defer(() => store.close())
  const log = await openErasureLog(config, id)
  const erasures = createErasureRecorder(store, log)
  parts.defer(() => erasures.close())
  const replayed = await reconcileErasures({ regionId: id, store, blobs, log, control, vault, clock })
  const indexes = createPackIndexes(pack => {
    const { dimensions, distribution } = findPack(engine, pack)!
    return createExactIndex({
      dimensions,
      distribution,
      templates: faceIds => store.faces.templatesOf(faceIds),
      threads: config.searchThreads,
      maxQueuedSearches: config.limits.maxQueuedSearches,
    })
  })
  parts.defer(() => indexes.close())
  const index = createMendedIndex({
    index: indexes,
    store,
    onTrouble: error => onTrouble(error, 'a gallery is loaded anew, as its index could not be changed'),
  })
  const upkeep = createUpkeep({
    store,
    blobs,
    index,
    erasures,
    clock,
    onTrouble: error => onTrouble(error, 'something that is left of an erasure or a failure could not be removed yet'),
  })
  parts.defer(() => upkeep.close())
  return { region: { id, store, index, blobs, erasures, upkeep, enrolments: createLocks() }, replayed }
}
