// From visits and enrolments to the figures of the capture benchmark, and whether they are what is wanted. Pure.
import type { Visit } from './capture-visitor.ts'
import type { LoadFigures } from './load.ts'
import { percentile } from './statistics.ts'

export interface TimeFigures {
  readonly p50: number
  readonly p95: number
  readonly max: number
}

export interface MovementCount {
  readonly asked: number
  readonly met: number
}

/** How one step of a judged try went, as the caller's backend is told. */
export interface StepEvent {
  readonly challenge: string
  readonly met: boolean
}

export interface VisitFigures {
  readonly sessions: number
  readonly passed: number
  readonly failed: number
  /** Tries that did not pass, by reason; one may have several. */
  readonly reasons: Readonly<Record<string, number>>
  /** Of the tries that were judged: how often each movement was asked for, and how often it was seen. */
  readonly movements: Readonly<Record<string, MovementCount>>
  /** Neither passed nor failed. */
  readonly withoutVerdict: number
  /** Tries that had to be begun anew, or broke off, by what the server said. */
  readonly anew: Readonly<Record<string, number>>
  readonly statuses: Readonly<Record<string, number>>
  /** Answers that say that the server cannot, and calls that were not answered. */
  readonly errors: number
  /** From the page's opening, and from handing in, to the verdict, seconds; null without a verdict. */
  readonly sinceStart: TimeFigures | null
  readonly sinceSubmit: TimeFigures | null
  readonly frames: number
  readonly frameMb: number
  /** While frames came: from the first start to the last handing in. */
  readonly framesPerSecond: number
}

export interface EnrolmentFigures {
  readonly seconds: number
  readonly done: number
  /** Pictures without a usable face: work that was done. */
  readonly unprocessable: number
  /** Told to come back, or not answered. */
  readonly refused: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly maxMs: number
}

export interface Wanted {
  readonly name: string
  readonly met: boolean
}

export const MB = 1e6
const TOO_MANY = 429
const FIRST_SERVER_ERROR = 500

export const isError = (status: number): boolean => status === 0 || status === TOO_MANY || status >= FIRST_SERVER_ERROR

export const sumVisits = (visits: readonly Visit[], events: readonly StepEvent[] = []): VisitFigures => {
  const judged = visits.filter(({ state }) => state === 'passed' || state === 'failed')
  const statuses = sumCounts(visits.map(visit => visit.statuses))
  const frames = sum(visits.map(visit => visit.frames))
  const handedIn = visits.flatMap(({ submittedMs }) => submittedMs ?? [])
  const seconds = (Math.max(...handedIn) - Math.min(...visits.map(({ startedMs }) => startedMs))) / 1000
  return {
    sessions: visits.length,
    passed: judged.filter(({ state }) => state === 'passed').length,
    failed: judged.filter(({ state }) => state === 'failed').length,
    reasons: countNames(visits.flatMap(({ reasons }) => reasons)),
    movements: countMovements(events),
    withoutVerdict: visits.length - judged.length,
    anew: countNames(visits.flatMap(({ anew }) => anew)),
    statuses,
    errors: sum(Object.entries(statuses).map(([status, count]) => (isError(Number(status)) ? count : 0))),
    sinceStart: timesOf(judged.map(({ startedMs, endedMs }) => endedMs - startedMs)),
    sinceSubmit: timesOf(
      judged.flatMap(({ submittedMs, endedMs }) => (submittedMs === null ? [] : endedMs - submittedMs)),
    ),
    frames,
    frameMb: sum(visits.map(({ frameBytes }) => frameBytes)) / MB,
    framesPerSecond: handedIn.length > 0 ? frames / seconds : 0,
  }
}

const countMovements = (events: readonly StepEvent[]): Record<string, MovementCount> => {
  const byName = Object.groupBy(events, ({ challenge }) => challenge)
  const counts = Object.entries(byName).map(([name, all = []]) => {
    return [name, { asked: all.length, met: all.filter(({ met }) => met).length }] as const
  })
  return Object.fromEntries(counts.filter(([name]) => name !== 'portrait').sort())
}

const timesOf = (timesMs: readonly number[]): TimeFigures | null =>
  timesMs.length === 0
    ? null
    : { p50: percentile(timesMs, 0.5) / 1000, p95: percentile(timesMs, 0.95) / 1000, max: Math.max(...timesMs) / 1000 }

export const sumEnrolments = (load: LoadFigures): EnrolmentFigures => {
  const { seconds, done, refused: unprocessable, failed: refused, latenciesMs } = load
  return {
    ...{ seconds, done, unprocessable, refused },
    perSecond: (done + unprocessable) / seconds,
    p50Ms: percentile(latenciesMs, 0.5),
    p95Ms: percentile(latenciesMs, 0.95),
    maxMs: Math.max(0, ...latenciesMs),
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const countNames = (names: readonly string[]): Record<string, number> => sumCounts(names.map(name => ({ [name]: 1 })))

const sumCounts = (all: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const totals: Record<string, number> = {}
  for (const counts of all)
    for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count
  return totals
}

export interface Judged {
  readonly visits: VisitFigures
  readonly memory: { readonly beforeMb: number; readonly mostMb: number }
  readonly alone: EnrolmentFigures
  readonly beside: EnrolmentFigures
}

export interface Bounds {
  /** Most that the server's resident memory may grow by, MB. */
  readonly growthMb: number
  /** Most that the median enrolment may take beside the sessions over what it takes without. */
  readonly slowdown: number
}

export const judgeWanted = ({ visits, memory, alone, beside }: Judged, { growthMb, slowdown }: Bounds): Wanted[] => [
  {
    name: `every one of the ${visits.sessions} sessions reaches a verdict, without an error`,
    met: visits.withoutVerdict === 0 && visits.errors === 0,
  },
  {
    name: `resident memory grows by at most ${Math.round(growthMb)} MB`,
    met: memory.mostMb - memory.beforeMb <= growthMb,
  },
  { name: 'no enrolment beside the sessions is refused', met: beside.refused === 0 && beside.done > 0 },
  {
    name: `the median enrolment takes at most ${slowdown} times as long`,
    met: beside.p50Ms <= slowdown * alone.p50Ms,
  },
]
