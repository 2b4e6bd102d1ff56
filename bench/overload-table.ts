// What the overload benchmark finds out, and the table it prints. Measures nothing.
import { type Machine, nameMachine } from './machine.ts'
import type { Watched } from './watch.ts'

/** So many clients that each send as soon as they are answered, or arrivals at a constant rate. */
export type Phase = 'closed' | 'open'

export interface RunFigures {
  readonly phase: Phase
  readonly seconds: number
  readonly offeredPerSecond: number
  /** Enrolled, or looked at and without a face. */
  readonly acceptedPerSecond: number
  /** Answers by status; 0: the connection failed. */
  readonly statuses: Readonly<Record<string, number>>
  /** Answers that are neither accepted nor 503 nor 429. */
  readonly failed: number
  /** Of what was accepted; from when a request was due. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** Processor time of the server by accepted request, with what refusing others took; other work on the machine changes it least. */
  readonly cpuMsPerAccepted: number
  /** Processor time by time, of the whole server process and of the client. */
  readonly serverCores: number
  readonly clientCores: number
}

/** Of the overload: health and memory. */
export interface OverloadFigures extends Watched {
  readonly benchmark: 'overload'
  readonly machine: Machine
  readonly pictures: { readonly source: string; readonly count: number }
  /** Before and after the overload. */
  readonly maximum: readonly RunFigures[]
  /** At 70 % of the maximum. */
  readonly usual: RunFigures
  /** At four times the maximum. */
  readonly overload: RunFigures
  /** Accepted under overload ÷ the best maximum; and ÷ what the cores that the client left would have given. */
  readonly goodput: number
  readonly goodputOfRest: number
  /** p99 of what was accepted ÷ p99 at 70 %. */
  readonly p99Ratio: number
  readonly wanted: { readonly goodput: number; readonly p99Ratio: number }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

export const printTable = (figures: OverloadFigures): void => {
  const { pictures, maximum, usual, overload, health, memory, wanted } = figures
  console.log(nameMachine(figures.machine))
  console.log(`${pictures.count} pictures (${pictures.source}); one new person each; client on the same cores`)
  console.table([
    ...maximum.map((run, index) => describeRun(index < maximum.length / 2 ? 'maximum, before' : 'maximum, after', run)),
    describeRun('70 %', usual),
    describeRun('four times', overload),
  ])
  console.log(
    `Goodput: ${percent(figures.goodput)} of the best maximum, ${percent(figures.goodputOfRest)} of what the cores left by the client give (wanted ${percent(wanted.goodput)})`,
  )
  console.log(
    `p99 of the accepted: ${overload.p99Ms.toFixed(0)} ms, ${figures.p99Ratio.toFixed(1)} times that at 70 % (wanted at most ${wanted.p99Ratio})`,
  )
  console.log(`Answers under overload by status: ${JSON.stringify(overload.statuses)}`)
  console.log(`Health asked ${health.asked} times, ${health.failed} failures, at most ${health.maxMs.toFixed(0)} ms`)
  console.log(
    `Resident MB: ${memory.beforeMb.toFixed(0)} before, ${memory.firstHalfMaxMb.toFixed(0)} at most in the first half, ${memory.secondHalfMaxMb.toFixed(0)} in the second, ${memory.afterMb.toFixed(0)} after`,
  )
}

const describeRun = (load: string, run: RunFigures) => ({
  load,
  'offered/s': Number(run.offeredPerSecond.toFixed(1)),
  'accepted/s': Number(run.acceptedPerSecond.toFixed(1)),
  'p50 ms': Number(run.p50Ms.toFixed(0)),
  'p99 ms': Number(run.p99Ms.toFixed(0)),
  failed: run.failed,
  'CPU ms/accepted': Number(run.cpuMsPerAccepted.toFixed(1)),
  'server cores': Number(run.serverCores.toFixed(2)),
  'client cores': Number(run.clientCores.toFixed(2)),
})
