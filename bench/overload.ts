// `npm run bench -- overload`: what the server still does when it is asked for four times what it can. Enrolments over HTTP
// against the real server in its own process; the client runs on the same cores, and what it takes of them is told. Asserts
// nothing.
import { availableParallelism } from 'node:os'
import { openEnrolmentClient, toEnrolment } from './enrolment-client.ts'
import { type LoadFigures, type Outcome, runClients, runConstantRate, type Send } from './load.ts'
import { describeMachine } from './machine.ts'
import { spentCpuMs } from './measure.ts'
import { type OverloadFigures, type Phase, printTable, type RunFigures } from './overload-table.ts'
import { type PictureChoice, readPictures } from './pictures.ts'
import { openRawClient, type RawClient } from './raw-client.ts'
import { type BenchServer, startBenchServer } from './server-process.ts'
import { percentile } from './statistics.ts'
import { startWatch } from './watch.ts'

export interface OverloadOptions extends PictureChoice {
  readonly seconds?: number
  readonly port?: number
  readonly profile?: string
  readonly json?: boolean
}

const WARM_UP = 100
const CLIENTS_PER_CORE = [2, 4]
const USUAL_SHARE = 0.7
const OVERLOAD = 4
/** The maximum is taken before and after the overload, each time this long; the machine may not be the same throughout. */
const LONGEST_PHASE_SECONDS = 30
const WANTED = { goodput: 0.9, p99Ratio: 3 }
const CREATED = 201
const UNPROCESSABLE = 422
const REFUSALS: ReadonlySet<number> = new Set([503, 429])

export const benchOverload = async (options: OverloadOptions): Promise<OverloadFigures> => {
  const { seconds = 120, json = false } = options
  const pictures = await readPictures(options)
  await pictures.remove()
  const server = await startBenchServer(options)
  const client = openRawClient(server.address)
  try {
    // Makes the gallery.
    const enrolments = await openEnrolmentClient(server, [])
    enrolments.close()
    const requests = pictures.bytes.map(picture => toEnrolment(picture, server))
    const runs = await measureAll({ server, client, requests, seconds })
    const figures: OverloadFigures = {
      benchmark: 'overload',
      machine: describeMachine(),
      pictures: { source: pictures.source, count: requests.length },
      ...judge(runs),
    }
    if (!json) printTable(figures)
    return figures
  } finally {
    client.close()
    await server.close()
  }
}

interface Bench {
  readonly server: BenchServer
  readonly client: RawClient
  readonly requests: readonly Buffer[]
  readonly seconds: number
}

type Runs = Pick<OverloadFigures, 'maximum' | 'usual' | 'overload' | 'health' | 'memory'>

const measureAll = async (bench: Bench): Promise<Runs> => {
  const { server, seconds } = bench
  const short = Math.min(seconds, LONGEST_PHASE_SECONDS)
  const cores = availableParallelism()
  const measure = createMeasure(bench)
  await measure('closed', send => runClients(send, CLIENTS_PER_CORE[0] * cores, sent => sent >= WARM_UP))
  const maximum: RunFigures[] = []
  const measureMaximum = async (): Promise<void> => {
    for (const perCore of CLIENTS_PER_CORE) {
      console.error(`${perCore * cores} clients for ${short} s`)
      maximum.push(await measure('closed', send => runClients(send, perCore * cores, (_, ms) => ms >= short * 1000)))
    }
  }
  await measureMaximum()
  const usualRate = USUAL_SHARE * bestOf(maximum)
  console.error(`${usualRate.toFixed(1)} arrivals per second for ${short} s`)
  const usual = await measure('open', send => runConstantRate(send, usualRate, short))
  const rate = OVERLOAD * bestOf(maximum)
  console.error(`${rate.toFixed(1)} arrivals per second for ${seconds} s`)
  const watch = startWatch(server)
  const overload = await measure('open', send => runConstantRate(send, rate, seconds))
  const { health, memory } = await watch.end()
  await measureMaximum()
  return { maximum, usual, overload, health, memory }
}

const bestOf = (runs: readonly RunFigures[]): number => Math.max(...runs.map(run => run.acceptedPerSecond))

/** Runs a load and tells how it was answered and what it cost either side. */
const createMeasure =
  ({ server, client, requests }: Bench) =>
  async (phase: Phase, run: (send: Send) => Promise<LoadFigures>): Promise<RunFigures> => {
    const statuses: Record<string, number> = {}
    const send = async (index: number): Promise<Outcome> => {
      const status = await client.send(requests[index % requests.length])
      statuses[status] = (statuses[status] ?? 0) + 1
      // A picture without a face is work that was done.
      if (status === CREATED || status === UNPROCESSABLE) return 'done'
      return REFUSALS.has(status) ? 'refused' : 'failed'
    }
    const [serverBefore, clientBefore] = [server.cpuMs(), spentCpuMs()]
    const { seconds, done, refused, failed, doneLatenciesMs } = await run(send)
    const serverMs = server.cpuMs() - serverBefore
    return {
      phase,
      seconds,
      offeredPerSecond: (done + refused + failed) / seconds,
      acceptedPerSecond: done / seconds,
      statuses,
      failed,
      p50Ms: percentile(doneLatenciesMs, 0.5),
      p99Ms: percentile(doneLatenciesMs, 0.99),
      cpuMsPerAccepted: serverMs / done,
      serverCores: serverMs / 1000 / seconds,
      clientCores: (spentCpuMs() - clientBefore) / 1000 / seconds,
    }
  }

/**
 * Goodput is told twice: as a share of the maximum, and as a share of what the cores that the client left over would have
 * given at the maximum, whose client sent a quarter of the requests.
 */
const judge = (runs: Runs): Runs & Pick<OverloadFigures, 'goodput' | 'goodputOfRest' | 'p99Ratio' | 'wanted'> => {
  const { maximum, usual, overload } = runs
  const best = maximum.reduce((one, other) => (other.acceptedPerSecond > one.acceptedPerSecond ? other : one))
  const cores = availableParallelism()
  const rest = (cores - overload.clientCores) / (cores - best.clientCores)
  const goodput = overload.acceptedPerSecond / best.acceptedPerSecond
  return { ...runs, goodput, goodputOfRest: goodput / rest, p99Ratio: overload.p99Ms / usual.p99Ms, wanted: WANTED }
}
