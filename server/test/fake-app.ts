// The whole HTTP application over a fake core, on a free port: for tests that need many or odd calls, or a port that fails.
import { createAllowances } from '../src/core/allowances.ts'
import { createCallLog } from '../src/core/call-log.ts'
import { type Capture, createCapture } from '../src/core/capture.ts'
import type { Context } from '../src/core/context.ts'
import { readAuditKey } from '../src/core/control-keys.ts'
import { createKey } from '../src/core/keys.ts'
import { createQuotas } from '../src/core/quotas.ts'
import { createLimiter } from '../src/core/token-bucket.ts'
import type { Allowance } from '../src/core/types.ts'
import { createApp } from '../src/http/app.ts'
import type { CaptureFiles } from '../src/http/capture/files.ts'
import type { Certificate } from '../src/http/certificate.ts'
import type { PictureUrls } from '../src/http/images.ts'
import type { LogOptions } from '../src/http/log.ts'
import type { UnknownHosts } from '../src/http/protocols/host-regions.ts'
import type { RegionHosts } from '../src/http/protocols/mount.ts'
import { DEFAULT_LIMITS, type Limits } from '../src/limits.ts'
import { type FakeCore, type FakePorts, openFakeCore } from './fake-core.ts'
import { type Client, createClient } from './support.ts'

export interface FakeApp extends Client {
  readonly url: string
  readonly key: string
  readonly core: FakeCore
  /** Another application over the same data, as after a crash. */
  restart(): Promise<FakeApp>
  close(): Promise<void>
}

export interface FakeAppOptions {
  readonly limits?: Partial<Limits>
  readonly change?: Partial<Context>
  /** Puts others in the place of the ports: some that fail. */
  readonly adapt?: (ports: FakePorts) => FakePorts
  readonly batchConcurrency?: number
  /** None unless given. */
  readonly pictureUrls?: PictureUrls
  readonly regions?: readonly RegionHosts[]
  readonly unknownHosts?: UnknownHosts
  /** Plain HTTP only unless given. */
  readonly certificate?: Certificate
  /** In the place of the real one. */
  readonly capture?: Capture
  /** No page unless given. */
  readonly captureFiles?: CaptureFiles
  readonly publicUrl?: string
  /** Silent unless given. */
  readonly log?: LogOptions
  /** Of the key; none unless given. */
  readonly allowance?: Allowance
}

const NO_URLS: PictureUrls = {
  fetch: async () => new Uint8Array(),
  policyOf: () => ({ mode: 'off' }) as never,
}

const NO_FILES: CaptureFiles = { page: null, assets: new Map(), models: new Map() }

export const openFakeApp = async (options: FakeAppOptions = {}): Promise<FakeApp> => {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const core = await openFakeCore({ limits, ...options.change }, options.adapt)
  const { control, clock, ids, vault } = core.context
  const operator = { control, clock, ids, limits, regionIds: ['default'], vault: async () => vault }
  const { key } = await createKey(operator, { tenantId: 'default', regionId: 'default', allowance: options.allowance })
  return serve(core, options, key)
}

const serve = async (core: FakeCore, options: FakeAppOptions, key: string): Promise<FakeApp> => {
  const { context } = core
  const { control, clock, ids, vault, limits } = context
  const calls = createCallLog({ control, hashKey: () => readAuditKey({ control, vault }), limits, onTrouble: () => {} })
  const loaded = { ...context, calls }
  const capture = options.capture ?? createCapture({ context: () => loaded, onTrouble: () => {} })
  const app = await createApp({
    control,
    context: () => loaded,
    readiness: async () => ({ ready: true, state: 'ready' }),
    limits,
    pictureUrls: options.pictureUrls ?? NO_URLS,
    batchConcurrency: options.batchConcurrency ?? 4,
    calls,
    allowances: createAllowances({
      limiter: createLimiter(clock),
      quotas: createQuotas({ control, calls, clock }),
      calls,
      clock,
      defaults: { requestsPerSecond: null, burst: null, perDay: null, perMonth: null },
    }),
    capture,
    captureFiles: options.captureFiles ?? NO_FILES,
    clock,
    ids,
    publicUrl: options.publicUrl,
    regions: options.regions ?? [],
    unknownHosts: options.unknownHosts,
    version: '0',
    transport: {
      limits,
      ids,
      log: options.log ?? { level: 'silent' },
      certificate: options.certificate ?? null,
      trustProxy: false,
      telemetry: null,
    },
    metrics: 'off',
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    ...createClient(url, key),
    url,
    key,
    core,
    async restart() {
      await app.close()
      await capture.close()
      await calls.close()
      return serve(core, options, key)
    },
    async close() {
      await app.close()
      await capture.close()
      await calls.close()
      await core.close()
    },
  }
}
