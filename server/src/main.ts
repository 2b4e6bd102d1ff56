// The composition root: settings → drivers → core → HTTP. The only file that constructs things.
import { randomUUIDv7 } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openFsBlobStore } from './blobs/fs.ts'
import type { Config } from './config.ts'
import type { Context, Region } from './core/context.ts'
import { resumeErasures } from './core/galleries.ts'
import { createKey, type KeyContext } from './core/keys.ts'
import { loadIndex } from './core/load.ts'
import type { Clock, ControlStore, FaceEngine, IdSource } from './core/ports.ts'
import { createApp } from './http/app.ts'
import { createExactIndex } from './index/exact.ts'
import { openControlStore } from './store/control-store.ts'
import { openRegionStore } from './store/region-store.ts'
import type { ControlTables, RegionTables } from './store/schema.ts'
import { openSqlite } from './store/sqlite.ts'
import { VERSION } from './version.ts'
import { ensurePack } from './vision/packs/install.ts'
import { createEngine } from './vision/workers/pool.ts'

export const DEFAULT_TENANT = 'default'
export const DEFAULT_REGION = 'default'

const clock: Clock = { now: () => new Date() }
const ids: IdSource = { next: () => randomUUIDv7() }

export interface ServerProgress {
  /** A step of getting ready, for people. */
  readonly onProgress: (sentence: string) => void
}

export interface Server {
  /** Where it listens, e.g. "http://127.0.0.1:8470". */
  readonly address: string
  /** Made on the very first start; shown once. */
  readonly firstKey: string | null
  /** Resolves when packs and index are loaded. */
  readonly ready: Promise<{ faces: number }>
  close(): Promise<void>
}

/** Opens the control data, for the server and for commands that work beside it. */
export const openControl = (config: Config): Promise<ControlStore> =>
  openControlStore(openSqlite<ControlTables>(join(config.dataDir, 'control', 'control.db')))

export const keyContext = (control: ControlStore): KeyContext => ({ control, clock, ids })

/** Listens at once; readiness follows when packs and index are loaded. */
export const startServer = async (config: Config, { onProgress }: ServerProgress): Promise<Server> => {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  const control = await openControl(config)
  let context: Context | null = null
  let state = 'loading the model pack'
  const app = await createApp({
    control,
    context: () => context,
    readiness: async () => {
      for (const region of context?.regions.values() ?? []) await region.store.ping()
      return { ready: context !== null, state }
    },
    limits: config.limits,
    ids,
    version: VERSION,
    logLevel: config.logLevel,
  })
  const address = await app.listen({ host: config.host, port: config.port })
  const firstKey =
    (await control.countKeys()) === 0
      ? await createKey(keyContext(control), { tenantId: DEFAULT_TENANT, regionId: DEFAULT_REGION, name: 'first' })
      : null

  const load = async (): Promise<{ faces: number }> => {
    const engine = await openEngine(config, onProgress)
    const loading = await openContext(config, control, engine)
    state = 'loading the index'
    const faces = await loadIndex(loading)
    context = loading
    state = 'ready'
    void resumeErasures(loading).catch(error =>
      app.log.error({ err: error }, 'an unfinished deletion could not be resumed'),
    )
    return { faces }
  }
  const ready = load()
  ready.catch(() => {
    state = 'failed to load'
  })
  return {
    address,
    firstKey: firstKey?.key ?? null,
    ready,
    async close() {
      await app.close()
      await ready.catch(() => null)
      if (context) await closeContext(context)
      await control.close()
    },
  }
}

const openEngine = async (config: Config, onProgress: ServerProgress['onProgress']): Promise<FaceEngine> => {
  const pack = await ensurePack({
    id: config.pack,
    packsDir: config.packsDir,
    onProgress: ({ step, of, what }) =>
      onProgress(`Preparing the model pack "${config.pack}": ${what} (${step} of ${of})`),
  })
  return createEngine({ pack, threads: config.visionThreads, limits: config.limits })
}

const openContext = async (config: Config, control: ControlStore, engine: FaceEngine): Promise<Context> => {
  const region = await openRegion(config, engine, DEFAULT_REGION)
  return {
    control,
    regions: new Map([[region.id, region]]),
    engine,
    clock,
    ids,
    limits: config.limits,
    keepPictures: config.keepPictures,
  }
}

const openRegion = async (config: Config, engine: FaceEngine, id: string): Promise<Region> => {
  const folder = join(config.dataDir, 'regions', id)
  const store = await openRegionStore(openSqlite<RegionTables>(join(folder, 'region.db')))
  const blobs = await openFsBlobStore(join(folder, 'pictures'))
  const index = createExactIndex({
    dimensions: engine.pack.dimensions,
    templates: faceIds => store.faces.templatesOf(faceIds),
    threads: config.searchThreads,
    maxQueuedSearches: config.limits.maxQueuedSearches,
  })
  return { id, store, index, blobs }
}

const closeContext = async (context: Context): Promise<void> => {
  await context.engine.close()
  for (const region of context.regions.values()) {
    await region.index.close()
    await region.store.close()
  }
}
