// The composition root: settings → drivers → core → HTTP. Only this file and those of main/ construct things.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { type Allowances, createAllowances } from './core/allowances.ts'
import { type CallLog, createCallLog } from './core/call-log.ts'
import type { Context } from './core/context.ts'
import { readAuditKey } from './core/control-keys.ts'
import { pruneAnswers } from './core/idempotency.ts'
import { createKey } from './core/keys.ts'
import { countUnsearchable, loadIndex } from './core/load.ts'
import { forgetNumbers } from './core/numbers.ts'
import type { OperatorContext } from './core/operator.ts'
import type { ControlStore, FaceEngine, Vault } from './core/ports.ts'
import { createQuotas, pruneAccepted } from './core/quotas.ts'
import { createLimiter } from './core/token-bucket.ts'
import { pruneTransactions } from './core/transactions.ts'
import { createApp } from './http/app.ts'
import { type Certificate, openCertificate } from './http/certificate.ts'
import type { PictureUrls } from './http/images.ts'
import { parseAllowList } from './http/outgoing/allow-list.ts'
import { createPictureFetcher, type PictureUrlPolicy } from './http/picture-url/fetch.ts'
import { narrowPolicy } from './http/picture-url/narrow.ts'
import { createTelemetry, type Telemetry } from './http/telemetry.ts'
import type { TransportDeps } from './http/transport.ts'
import { type CaptureOpening, openCapture, WAITING_UNREAD } from './main/capture.ts'
import { openContext } from './main/regions.ts'
import { sweepEachMinute } from './main/sweeping.ts'
import { clock, ids } from './main/system.ts'
import { createMasterKeySource } from './seal/master-key.ts'
import { openVault } from './seal/vault.ts'
import { openControlStore } from './store/control-store.ts'
import { lockDataFolder } from './store/data-lock.ts'
import type { ControlTables } from './store/schema.ts'
import { openSqlite, type SqliteOptions } from './store/sqlite.ts'
import { VERSION } from './version.ts'
import { ensureJudgePacks } from './vision/judge-packs.ts'
import { chooseRecognitionPack, openRecognition, type RecognitionOptions } from './vision/packs/recognition.ts'
import { createEngine } from './vision/workers/pool.ts'

export { erasureFileOf, openErasureLog, openRegionData, type RegionData } from './main/regions.ts'

export const DEFAULT_TENANT = 'default'
export const DEFAULT_REGION = 'default'

/** One picture is worked on while the next is read: a bulk enrolment keeps the threads busy and the line short. */
const BATCH_PICTURES_PER_THREAD = 2

/** Databases of up to this size have their pages checked on every start, which takes 0.1 s; larger ones after a crash. */
const ALWAYS_CHECKED_BYTES = 64 * 1024 * 1024

export interface ServerOptions {
  /** A step of getting ready, for people. */
  readonly onProgress: (sentence: string) => void
  /** Where log lines go; standard output unless given. */
  readonly logStream?: { write(line: string): void }
  /** In the place of the pack's engine; for tests and benchmarks of everything but pictures. */
  readonly engine?: FaceEngine
}

export interface Server {
  /** Where it listens, e.g. "http://127.0.0.1:8470". */
  readonly address: string
  /** The certificate behind "https://" on the same port; null where it takes plain HTTP only. */
  readonly certificate: Certificate | null
  /** Made on the very first start; shown once. */
  readonly firstKey: string | null
  /** Resolves when packs and index are loaded. */
  readonly ready: Promise<{ faces: number }>
  close(): Promise<void>
}

/** Opens the control data, for the server and for commands that work beside it. */
export const openControl = (config: Config, options?: SqliteOptions): Promise<ControlStore> =>
  openControlStore(openSqlite<ControlTables>(join(config.dataDir, 'control', 'control.db'), options))

/** What seals and opens secrets, templates and pictures. @throws AppError master_key_* */
export const openVaultOf = async (config: Config, control: ControlStore): Promise<Vault> =>
  openVault({ keys: control.tenantKeys, source: createMasterKeySource(config), clock })

/** What the operator's use cases need; the vault is opened by those that seal a secret or hash a person. */
export const operatorContext = (
  config: Config,
  control: ControlStore,
  vault: () => Promise<Vault> = () => openVaultOf(config, control),
): OperatorContext => ({
  control,
  clock,
  ids,
  vault,
  regionIds: config.regions.map(region => region.id),
  limits: config.limits,
})

/** Where the first key goes, and what commands take that are not told a region. */
export const defaultRegionOf = ({ regions }: Pick<Config, 'regions'>): string =>
  regions.some(({ id }) => id === DEFAULT_REGION) ? DEFAULT_REGION : regions[0].id

/**
 * Listens at once; readiness follows when packs and index are loaded. What was opened is closed again where a later step
 * fails.
 * @throws AppError of the kind "setup": data_folder_in_use, store_damaged, store_newer, master_key_* …; storage_full
 */
export const startServer = async (
  config: Config,
  { onProgress, logStream, engine }: ServerOptions,
): Promise<Server> => {
  await using opened = new AsyncDisposableStack()
  const pictureUrls = openPictureUrls(config)
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  const lock = lockDataFolder(config.dataDir)
  let areChecked = lock.wasReleased
  opened.defer(() => lock.release(areChecked))
  const checks: SqliteOptions = { checkUpToBytes: lock.wasReleased ? ALWAYS_CHECKED_BYTES : Number.POSITIVE_INFINITY }
  const certificate = config.tls === 'on' ? await openServerCertificate(config) : null
  const control = await openControl(config, checks)
  opened.defer(() => control.close())
  const vault = await openVaultOf(config, control)
  let loaded: AsyncDisposableStack | null = null
  opened.defer(() => loaded?.disposeAsync())
  const calls: CallLog = createCallLog({
    control,
    hashKey: () => readAuditKey({ control, vault }),
    limits: config.limits,
    onTrouble: (error, lost) => app.log.error({ err: error, lost }, 'the log of calls could not be written in full'),
  })
  opened.defer(() => calls.close())
  let ready: Server['ready'] | null = null
  opened.defer(async () => void (await ready?.catch(() => null)))
  const telemetry = config.metrics === 'off' ? null : createTelemetry({ version: VERSION, context: () => context })
  opened.defer(() => telemetry?.close())
  let context: Context | null = null
  let state = 'loading the model pack'
  const onTrouble = (error: unknown, what: string): void => app.log.error({ err: error }, what)
  const captureParts = await openCapture(config, { context: () => context, opened, onTrouble, telemetry })
  const app = await createApp({
    ...captureParts,
    control,
    context: () => context,
    readiness: async () => {
      for (const region of context?.regions.values() ?? []) await region.store.ping()
      return { ready: context !== null, state }
    },
    limits: config.limits,
    pictureUrls,
    batchConcurrency: BATCH_PICTURES_PER_THREAD * config.visionThreads,
    calls,
    allowances: openAllowances(config, control, calls),
    clock,
    ids,
    ...whereToAnswer(config),
    version: VERSION,
    transport: transportOf(config, { certificate, telemetry, logStream }),
    metrics: config.metrics,
  })
  opened.defer(() => app.close())
  const address = await app.listen({ host: config.host, port: config.port })
  const firstKey = await createFirstKey(config, control)

  startChores(config, control, { context: () => context, opened, onTrouble })
  const load = async (): Promise<{ faces: number }> => {
    await using parts = new AsyncDisposableStack()
    const faceEngine = engine ?? (await openEngine(config, onProgress, telemetry))
    parts.defer(() => faceEngine.close())
    const loading = await openContext(
      config,
      { control, vault, calls, engine: faceEngine },
      { parts, checks, onProgress, onTrouble },
    )
    areChecked = true
    state = 'loading the index'
    const faces = await loadIndex(loading)
    for (const [pack, galleries] of await countUnsearchable(loading))
      onProgress(`Galleries of the pack ${pack}, which is not installed, and cannot be searched: ${galleries}`)
    context = loading
    loaded = parts.move()
    state = 'ready'
    for (const region of loading.regions.values()) void region.upkeep.run()
    captureParts.capture.resume().catch(error => onTrouble(error, WAITING_UNREAD))
    return { faces }
  }
  ready = load()
  ready.catch(() => {
    state = 'failed to load'
  })
  const closing = opened.move()
  return {
    address,
    certificate,
    firstKey,
    ready,
    close: () => closing.disposeAsync(),
  }
}

/** Null where there was one before. */
const createFirstKey = async (config: Config, control: ControlStore): Promise<string | null> => {
  if ((await control.countCredentials('native')) > 0) return null
  const input = { tenantId: DEFAULT_TENANT, regionId: defaultRegionOf(config), name: 'first' }
  return (await createKey(operatorContext(config, control), input)).key
}

const transportOf = (
  { limits, logLevel, trustProxy }: Config,
  { logStream, ...rest }: Pick<TransportDeps, 'certificate' | 'telemetry'> & Pick<ServerOptions, 'logStream'>,
): TransportDeps => ({ limits, ids, log: { level: logLevel, stream: logStream }, trustProxy, ...rest })

/** The hosts of the regions, and what links in answers begin with. */
const whereToAnswer = ({ regions, unknownHosts, publicUrl }: Config) => ({ regions, unknownHosts, publicUrl })

const openAllowances = (config: Config, control: ControlStore, calls: CallLog): Allowances =>
  createAllowances({
    limiter: createLimiter(clock),
    quotas: createQuotas({ control, calls, clock }),
    calls,
    clock,
    defaults: {
      requestsPerSecond: config.rateLimit ?? null,
      burst: config.rateBurst ?? null,
      perDay: config.quotaPerDay ?? null,
      perMonth: config.quotaPerMonth ?? null,
    },
  })

/** @throws AppError config_invalid */
const openPictureUrls = (config: Config): PictureUrls => {
  const policy: PictureUrlPolicy = {
    mode: config.imageUrls,
    allow: parseAllowList(config.imageUrlAllow ?? '', 'LIKENESS_IMAGE_URL_ALLOW'),
  }
  const fetch = createPictureFetcher({ limits: config.limits })
  return { fetch, policyOf: ({ imageUrls }) => narrowPolicy(policy, imageUrls) }
}

/** @throws AppError config_invalid */
const openServerCertificate = ({ tlsCertFile, tlsKeyFile, dataDir, host }: Config): Promise<Certificate> =>
  openCertificate({ certFile: tlsCertFile, keyFile: tlsKeyFile, folder: join(dataDir, 'control'), host })

const openEngine = async (
  config: Config,
  onProgress: ServerOptions['onProgress'],
  telemetry: Telemetry | null,
): Promise<FaceEngine> => {
  const report: RecognitionOptions['onProgress'] = (id, { step, of, what }) =>
    onProgress(`Preparing the model pack "${id}": ${what} (${step} of ${of})`)
  const { base, packs } = await openRecognition({ packsDir: config.packsDir, onProgress: report })
  return createEngine({
    pack: base,
    packs,
    judges: await ensureJudgePacks({ packsDir: config.packsDir, onProgress: report }, config),
    newGalleryPack: chooseRecognitionPack(packs, config.pack).manifest.id,
    threads: config.visionThreads,
    limits: config.limits,
    onStages: telemetry?.observeStages,
  })
}

/** What is to be done every now and then, until the server stops. */
const startChores = (
  config: Config,
  control: ControlStore,
  { context, opened, onTrouble }: Omit<CaptureOpening, 'telemetry'>,
): void => {
  const stopPruning = pruneHourly(config, control, context, error =>
    onTrouble(error, 'old calls and answers could not be deleted'),
  )
  opened.defer(stopPruning)
  opened.defer(sweepEachMinute(context, onTrouble))
}

const PRUNE_INTERVAL_MS = 3_600_000

/** At once and then every hour; the answer stops it and waits for what is going on. */
const pruneHourly = (
  { transactionDays, limits }: Config,
  control: ControlStore,
  context: () => Context | null,
  onTrouble: (error: unknown) => void,
): (() => Promise<void>) => {
  const prune = async (): Promise<void> => {
    await pruneTransactions({ control, clock }, transactionDays).catch(onTrouble)
    await pruneAnswers({ control, clock, limits }).catch(onTrouble)
    await pruneAccepted({ control, clock }).catch(onTrouble)
    const loaded = context()
    if (loaded) await forgetNumbers(loaded).catch(onTrouble)
  }
  let pruning = prune()
  const timer = setInterval(() => {
    pruning = pruning.then(prune)
  }, PRUNE_INTERVAL_MS).unref()
  return async () => {
    clearInterval(timer)
    await pruning
  }
}
