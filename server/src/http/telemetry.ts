// Metrics for Prometheus, one registry an application. Labels hold operations, codes, stages and regions only: their number is
// bounded, and none of them is a person, a gallery or a tenant.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Context } from '../core/context.ts'
import type { StageTimes } from '../core/ports.ts'
import type { CaptureSession } from '../core/session-types.ts'
import type { ErrorCode } from '../errors.ts'
import { addGauge, addProcessMetrics } from './process-metrics.ts'

export interface Telemetry {
  /** Media type of what `render` gives. */
  readonly contentType: string
  /** Counts and times every request of the application. */
  observe(app: FastifyInstance): void
  observeStages(times: StageTimes): void
  /** A request that was refused before it was one. */
  countRefusal(code: ErrorCode): void
  countDroppedConnection(): void
  /** A try of a capture session was judged. */
  countVerdict(session: Pick<CaptureSession, 'purpose' | 'state' | 'reasons'>): void
  render(): Promise<string>
  close(): void
}

export interface TelemetryOptions {
  readonly version: string
  /** Null until packs and index are loaded. */
  readonly context: () => Context | null
}

/** Upper bounds in seconds: from a list of galleries to a picture that waited behind others. */
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const STAGE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

export const createTelemetry = ({ version, context }: TelemetryOptions): Telemetry => {
  const registry = new Registry()
  const counters = createCounters(registry)
  addStateGauges(registry, version, context)
  const processMetrics = addProcessMetrics(registry)
  return {
    contentType: registry.contentType,
    observe(app) {
      app.addHook('onResponse', async (request, reply) => counters.countRequest(request, reply))
      // A caller who hangs up gets no answer, and so no "onResponse".
      app.addHook('onRequestAbort', async request => {
        counters.requests.inc({ operation: operationOf(request), status: 'aborted' })
      })
    },
    observeStages(times) {
      for (const [stage, ms] of Object.entries(times)) counters.stages.observe({ stage }, ms / 1000)
    },
    countRefusal: code => counters.refusals.inc({ code }),
    countDroppedConnection: () => counters.drops.inc(),
    countVerdict: ({ purpose, state, reasons }) =>
      counters.verdicts.inc({ purpose, outcome: state === 'passed' ? 'passed' : (reasons[0]?.name ?? state) }),
    render: () => registry.metrics(),
    close: () => processMetrics.close(),
  }
}

const createCounters = (registry: Registry) => {
  const registers = [registry]
  const requests = new Counter({
    name: 'likeness_http_requests_total',
    help: 'Requests by operation and status class; "aborted" where the caller hung up.',
    labelNames: ['operation', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'likeness_http_request_seconds',
    help: 'Time from the head of a request to its answer.',
    labelNames: ['operation'],
    buckets: REQUEST_SECONDS,
    registers,
  })
  const outcomes = new Counter({
    name: 'likeness_outcomes_total',
    help: 'Answers by operation and code: "ok", or the code of the problem document.',
    labelNames: ['operation', 'code'],
    registers,
  })
  const stages = new Histogram({
    name: 'likeness_stage_seconds',
    help: 'Time of one picture in one stage of the analysis.',
    labelNames: ['stage'],
    buckets: STAGE_SECONDS,
    registers,
  })
  const refusals = new Counter({
    name: 'likeness_http_refused_total',
    help: 'Requests refused before they were read: too large, too slow, or no HTTP.',
    labelNames: ['code'],
    registers,
  })
  const drops = new Counter({
    name: 'likeness_connections_dropped_total',
    help: 'Connections closed at once because there were too many.',
    registers,
  })
  const verdicts = new Counter({
    name: 'likeness_capture_verdicts_total',
    help: 'Tries of capture sessions that were judged, by purpose and "passed" or the first reason against it.',
    labelNames: ['purpose', 'outcome'],
    registers,
  })
  const countRequest = (request: FastifyRequest, reply: FastifyReply): void => {
    const operation = operationOf(request)
    requests.inc({ operation, status: `${Math.floor(reply.statusCode / 100)}xx` })
    outcomes.inc({ operation, code: request.outcome })
    seconds.observe({ operation }, reply.elapsedTime / 1000)
  }
  return { requests, stages, refusals, drops, verdicts, countRequest }
}

/** The operation's name in the API, else the pattern of its address; one word for everything that is no address. */
export const operationOf = ({ callNotes, routeOptions }: FastifyRequest): string =>
  callNotes?.operation ??
  (routeOptions.schema as { operationId?: string } | undefined)?.operationId ??
  routeOptions.url ??
  'unmatched'

/** What is, rather than what happened; read when somebody asks. */
const addStateGauges = (registry: Registry, version: string, context: () => Context | null): void => {
  const engine = () => context()?.engine.stats() ?? { waiting: 0, working: 0, framesWaiting: 0 }
  const regions = () => [...(context()?.regions.values() ?? [])]
  const searches = (): number => regions().reduce((sum, { index }) => sum + index.stats().waiting, 0)
  addGauge(registry, 'likeness_ready', '1 when packs and index are loaded.', () => (context() ? 1 : 0))
  addGauge(registry, 'likeness_pictures_waiting', 'Pictures that wait for a worker.', () => engine().waiting)
  addGauge(registry, 'likeness_pictures_working', 'Pictures that are being analysed.', () => engine().working)
  addGauge(
    registry,
    'likeness_frames_waiting',
    'Frames of capture sessions that wait for a worker.',
    () => engine().framesWaiting,
  )
  addGauge(registry, 'likeness_searches_waiting', 'Searches that wait for a scan.', searches)
  for (const what of ['faces', 'bytes'] as const)
    new Gauge({
      name: `likeness_index_${what}`,
      help: { faces: 'Faces in the index.', bytes: 'Memory of the index.' }[what],
      labelNames: ['region'],
      registers: [registry],
      collect() {
        for (const { id, index } of regions()) this.set({ region: id }, index.stats()[what])
      },
    })
  new Gauge({
    name: 'likeness_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'pack', 'pack_version'],
    registers: [registry],
    collect() {
      const pack = context()?.engine.pack
      this.reset()
      this.set({ version, pack: pack?.id ?? '', pack_version: pack?.version ?? '' }, 1)
    },
  })
  new Gauge({
    name: 'likeness_recognition_pack',
    help: 'Always 1; the labels name each pack that galleries can be searched with.',
    labelNames: ['pack', 'pack_version'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { id, version } of context()?.engine.packs ?? []) this.set({ pack: id, pack_version: version }, 1)
    },
  })
}
