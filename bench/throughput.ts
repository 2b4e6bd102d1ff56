// `npm run bench -- throughput`: enrolments over HTTP against the real server in its own process, the engine's stages by
// themselves, and the same pictures through human and face-api. Asserts nothing.
import { availableParallelism } from 'node:os'
import { type EnrolmentClient, openEnrolmentClient } from './enrolment-client.ts'
import { measureJudgingSpeed } from './judging-speed.ts'
import { type LoadFigures, runClients, runConstantRate } from './load.ts'
import { describeMachine } from './machine.ts'
import { measurePeers, type PeerFigures } from './peers/measure-peers.ts'
import { type BenchPictures, type PictureChoice, readPictures } from './pictures.ts'
import { type BenchServer, startBenchServer } from './server-process.ts'
import { measureEngine } from './stages.ts'
import { median, percentile } from './statistics.ts'
import type { PackChoice } from './templates.ts'
import { type LoadResult, printTable, type Ratio, type ThroughputFigures } from './throughput-table.ts'

export interface ThroughputOptions extends PictureChoice, PackChoice {
  readonly seconds?: number
  readonly port?: number
  readonly profile?: string
  readonly json?: boolean
}

/** Clients for each core: enough to keep every vision thread busy, and twice that. */
const CLIENTS_PER_CORE = [2, 4]
/** Latency is taken at this share of the highest throughput. */
const LATENCY_SHARE = 0.7
/** Enrolments before anything is measured: the threads' code is compiled and their memory has grown. */
const WARM_UP = 100
/** Processor time of an enrolment, at most this share of what the peer's process takes for the same picture. */
const WANTED: Readonly<Record<string, number>> = { human: 1 / 4, 'face-api': 1 / 8 }

export const benchThroughput = async (options: ThroughputOptions): Promise<ThroughputFigures> => {
  const pictures = await readPictures(options)
  try {
    const figures = await measureAll(pictures, options)
    if (!options.json) printTable(figures)
    return figures
  } finally {
    await pictures.remove()
  }
}

const measureAll = async (pictures: BenchPictures, options: ThroughputOptions): Promise<ThroughputFigures> => {
  const { seconds = 20 } = options
  const report = (sentence: string): void => console.error(sentence)
  const server = await measureServer(pictures.bytes, seconds, options, report)
  report('The stages of the engine')
  const engine = await measureEngine(pictures.paths, seconds / 2, options)
  report('What judging adds')
  const judging = await measureJudgingSpeed(pictures.paths)
  const peers = await measurePeers(pictures.paths, seconds / 2, report)
  const cpuMsPerPicture = poolCpuMs(server.saturated)
  return {
    benchmark: 'throughput',
    machine: describeMachine(),
    pictures: {
      source: pictures.source,
      count: pictures.paths.length,
      medianBytes: median(pictures.bytes.map(bytes => bytes.length)),
    },
    enrolmentsPerSecond: Math.max(...server.saturated.map(run => run.enrolmentsPerSecond)),
    cpuMsPerPicture,
    ...server,
    engine,
    judging,
    peers,
    ratios: peers.map(peer => compare(peer, cpuMsPerPicture, engine.cpuMsPerPicture)),
  }
}

/** Over all runs at saturation: taking the better one would favour the server, as each peer is measured once. */
const poolCpuMs = (runs: readonly LoadResult[]): number => {
  const countOf = (run: LoadResult): number => run.enrolments + run.refused
  const pictures = runs.reduce((sum, run) => sum + countOf(run), 0)
  return runs.reduce((sum, run) => sum + run.cpuMsPerPicture * countOf(run), 0) / pictures
}

const compare = (peer: PeerFigures, everythingMs: number, engineMs: number): Ratio => {
  const wanted = WANTED[peer.name] ?? null
  const everything = everythingMs / peer.cpuMsPerPicture
  return {
    peer: peer.name,
    everything,
    engineOnly: engineMs / peer.cpuMsPerPicture,
    wanted,
    met: wanted === null ? null : everything <= wanted,
  }
}

const measureServer = async (
  pictures: readonly Buffer[],
  seconds: number,
  options: ThroughputOptions,
  report: (sentence: string) => void,
): Promise<{ saturated: readonly LoadResult[]; latency: LoadResult & { ratePerSecond: number } }> => {
  const server = await startBenchServer(options)
  const client = await openEnrolmentClient(server, pictures)
  try {
    await runClients(client.enrol, CLIENTS_PER_CORE[0] * availableParallelism(), sent => sent >= WARM_UP)
    const saturated: LoadResult[] = []
    for (const perCore of CLIENTS_PER_CORE) {
      const clients = perCore * availableParallelism()
      report(`${clients} clients for ${seconds} s`)
      const isOver = (_: number, elapsedMs: number): boolean => elapsedMs >= seconds * 1000
      saturated.push(await measureLoad(server, clients, () => runClients(client.enrol, clients, isOver)))
    }
    const ratePerSecond = LATENCY_SHARE * Math.max(...saturated.map(run => run.picturesPerSecond))
    report(`${ratePerSecond.toFixed(1)} arrivals per second for ${seconds} s`)
    const latency = await measureLoad(server, null, () => runConstantRate(client.enrol, ratePerSecond, seconds))
    return { saturated, latency: { ...latency, ratePerSecond } }
  } finally {
    await stop(client, server)
  }
}

const stop = async (client: EnrolmentClient, server: BenchServer): Promise<void> => {
  client.close()
  await server.close()
}

const measureLoad = async (
  server: BenchServer,
  clients: number | null,
  run: () => Promise<LoadFigures>,
): Promise<LoadResult> => {
  const cpuBefore = server.cpuMs()
  const { seconds, done, refused, failed, latenciesMs } = await run()
  const answered = done + refused
  return {
    clients,
    seconds,
    enrolments: done,
    refused,
    failed,
    enrolmentsPerSecond: done / seconds,
    picturesPerSecond: answered / seconds,
    cpuMsPerPicture: (server.cpuMs() - cpuBefore) / answered,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    maxMs: percentile(latenciesMs, 1),
  }
}
