// What the throughput benchmark finds out, and the tables it prints. Measures nothing.
import type { Assessment } from '../server/src/core/types.ts'
import type { JudgingSpeed } from './judging-speed.ts'
import { type Machine, nameMachine } from './machine.ts'
import type { PeerFigures } from './peers/measure-peers.ts'
import type { EngineFigures } from './stages.ts'

export interface LoadResult {
  /** Null where requests arrived at a constant rate. */
  readonly clients: number | null
  readonly seconds: number
  readonly enrolments: number
  /** Pictures without a face, or that are no pictures. */
  readonly refused: number
  readonly failed: number
  readonly enrolmentsPerSecond: number
  /** Refused ones among them. */
  readonly picturesPerSecond: number
  /** Processor time of the whole server process. */
  readonly cpuMsPerPicture: number
  /** From when a request was sent; at a constant rate, from when it was due. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export interface Ratio {
  readonly peer: string
  /** Processor time of an enrolment (HTTP, decoding, engine, pictures and database on disk, index) ÷ the peer's. */
  readonly everything: number
  /** Decoding and networks alone ÷ the peer's. */
  readonly engineOnly: number
  /** `everything` is wanted at or below this. */
  readonly wanted: number | null
  readonly met: boolean | null
}

export interface ThroughputFigures {
  readonly benchmark: 'throughput'
  readonly machine: Machine
  readonly pictures: { readonly source: string; readonly count: number; readonly medianBytes: number }
  /** The best of the runs at saturation. */
  readonly enrolmentsPerSecond: number
  /** Processor time of the whole server process, over all runs at saturation. */
  readonly cpuMsPerPicture: number
  readonly saturated: readonly LoadResult[]
  readonly latency: LoadResult & { readonly ratePerSecond: number }
  readonly engine: EngineFigures
  readonly judging: JudgingSpeed
  readonly peers: readonly PeerFigures[]
  readonly ratios: readonly Ratio[]
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

export const printTable = (figures: ThroughputFigures): void => {
  const { pictures, latency, engine } = figures
  console.log(nameMachine(figures.machine))
  console.log(
    `${pictures.count} pictures (${pictures.source}), median ${(pictures.medianBytes / 1024).toFixed(0)} KiB; one new person each`,
  )
  console.log(`\nEnrolment over HTTP, kept-alive connections, multipart, everything on disk before the answer:`)
  console.table([...figures.saturated.map(describeLoad), { ...describeLoad(latency), load: nameRate(latency) }])
  console.log(`\nThe engine by itself, one thread, milliseconds of processor time per picture:`)
  console.table([
    {
      ...Object.fromEntries(Object.entries(engine.stages).map(([stage, ms]) => [stage, round(ms, 2)])),
      all: round(engine.cpuMsPerPicture, 1),
      'with a face': `${engine.faces} of ${engine.pictures}`,
    },
  ])
  printJudging(figures.judging)
  console.log(`\nThe same pictures elsewhere, one thread of WebAssembly with SIMD, decoded with sharp:`)
  console.table(figures.peers.map(describePeer))
  console.log(`\nProcessor time per picture, ours ÷ theirs:`)
  console.table(
    figures.ratios.map(({ peer, everything, engineOnly, wanted, met }) => ({
      peer,
      'enrolment, all of it': `1/${(1 / everything).toFixed(1)}`,
      'engine alone': `1/${(1 / engineOnly).toFixed(1)}`,
      wanted: wanted === null ? '' : `1/${1 / wanted}`,
      met: met === null ? '' : met ? 'yes' : 'no',
    })),
  )
}

/** In milliseconds of one core that a judgement may add, or as a ratio to the time without it. */
const WANTED: Readonly<Record<Assessment, string>> = { quality: '×1.15', attributes: '16 ms', liveness: '12 ms' }

const printJudging = ({ plainMs, judged }: JudgingSpeed): void => {
  console.log(`\nWhat judging the face adds to its ${plainMs.toFixed(1)} ms from picture to template, one thread:`)
  console.table(
    (Object.keys(judged) as Assessment[]).map(name => ({
      judged: name,
      'ms more': round(judged[name].addedMs, 2),
      'with by without': round(judged[name].ratio, 3),
      wanted: WANTED[name],
    })),
  )
}

const nameRate = ({ ratePerSecond }: { ratePerSecond: number }): string => `${ratePerSecond.toFixed(1)} arrivals/s`

const describeLoad = (run: LoadResult) => ({
  load: `${run.clients} clients`,
  'enrolments/s': round(run.enrolmentsPerSecond, 1),
  'CPU ms/picture': round(run.cpuMsPerPicture, 1),
  'p50 ms': round(run.p50Ms, 1),
  'p99 ms': round(run.p99Ms, 1),
  'max ms': round(run.maxMs, 1),
  enrolments: run.enrolments,
  refused: run.refused,
  failed: run.failed,
})

const describePeer = ({ name, version, setup, cpuMsPerPicture, picturesPerSecond, faces, pictures }: PeerFigures) => ({
  peer: `${name} ${version}`,
  'CPU ms/picture': round(cpuMsPerPicture, 1),
  'pictures/s': round(picturesPerSecond, 1),
  'with a face': `${faces} of ${pictures}`,
  setup,
})
