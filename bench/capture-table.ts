// What the benchmark of the capture page finds out, and how it is printed. Measures nothing.
import type { Bounds, EnrolmentFigures, TimeFigures, VisitFigures, Wanted } from './capture-figures.ts'
import { type Machine, nameMachine } from './machine.ts'
import type { Watched } from './watch.ts'

/** What lies on the disk, MB: sealed frames and pictures, and the galleries' database with its log. */
export interface Stored {
  readonly pictureMb: number
  readonly databaseMb: number
}

export interface CaptureFigures {
  readonly benchmark: 'capture'
  readonly machine: Machine
  /** Who was drawn. */
  readonly people: readonly string[]
  /** What the sessions demanded: `active` where the network does not take the drawn portraits for live ones. */
  readonly liveness: 'both' | 'active'
  /** One session a person, with nothing beside. */
  readonly few: VisitFigures
  /** All sessions at once. */
  readonly visits: VisitFigures
  /** One caller's enrolments before the sessions, and while they went on. */
  readonly alone: EnrolmentFigures
  readonly beside: EnrolmentFigures
  readonly memory: Watched['memory'] & { readonly mostMb: number }
  readonly health: Watched['health']
  readonly stored: { readonly before: Stored; readonly after: Stored }
  /** Processor time by time while the sessions went on. */
  readonly cores: { readonly server: number; readonly client: number; readonly others: number }
  readonly bounds: Bounds
  readonly wanted: readonly Wanted[]
}

export const printTable = (figures: CaptureFigures): void => {
  const { few, visits, alone, beside, memory, health, stored, cores } = figures
  console.log(nameMachine(figures.machine))
  console.log(`Films of ${figures.people.length} people drawn from photographs; liveness demanded: ${figures.liveness}`)
  console.table([describeVisits(few), describeVisits(visits)])
  console.table([describeTimes('few', few), describeTimes('all', visits)])
  console.log(`Reasons of the failed: ${JSON.stringify(visits.reasons)} (few: ${JSON.stringify(few.reasons)})`)
  console.log(`Movements seen: ${describeMovements(visits)} (few: ${describeMovements(few)})`)
  console.log(`Tries begun anew: ${JSON.stringify(visits.anew)}; answers by status: ${JSON.stringify(visits.statuses)}`)
  console.table([describeEnrolments('alone', alone), describeEnrolments('beside the sessions', beside)])
  console.log(
    `Beside the sessions an enrolment takes ${ratio(beside.p50Ms, alone.p50Ms)} (p50) and ${ratio(beside.p95Ms, alone.p95Ms)} (p95) times as long, at ${ratio(beside.perSecond, alone.perSecond)} of the rate`,
  )
  console.log(
    `Resident MB: ${memory.beforeMb.toFixed(0)} before, ${memory.mostMb.toFixed(0)} at most, ${memory.afterMb.toFixed(0)} after`,
  )
  console.log(
    `On disk, MB: pictures ${stored.before.pictureMb.toFixed(1)} before, ${stored.after.pictureMb.toFixed(1)} after (frames as sent: ${visits.frameMb.toFixed(1)}); database ${stored.before.databaseMb.toFixed(1)} before, ${stored.after.databaseMb.toFixed(1)} after`,
  )
  console.log(
    `Cores: server ${cores.server.toFixed(2)}, people and caller ${cores.client.toFixed(2)}, other programs ${cores.others.toFixed(2)}; health asked ${health.asked} times, ${health.failed} failures, at most ${health.maxMs.toFixed(0)} ms`,
  )
  for (const { name, met } of figures.wanted) console.log(`Wanted: ${name}: ${met ? 'met' : 'missed'}`)
}

const describeMovements = ({ movements }: VisitFigures): string =>
  Object.entries(movements)
    .map(([name, { asked, met }]) => `${name} ${met} of ${asked}`)
    .join(', ')

const ratio = (one: number, other: number): string => (one / other).toFixed(2)

const describeVisits = (visits: VisitFigures) => ({
  sessions: visits.sessions,
  passed: visits.passed,
  failed: visits.failed,
  'no verdict': visits.withoutVerdict,
  errors: visits.errors,
  frames: visits.frames,
  'frames/s': Number(visits.framesPerSecond.toFixed(1)),
})

const describeTimes = (sessions: string, { sinceStart, sinceSubmit }: VisitFigures) => ({
  sessions,
  ...describeTime('from start', sinceStart),
  ...describeTime('from submit', sinceSubmit),
})

const describeTime = (name: string, times: TimeFigures | null) => ({
  [`${name} p50 s`]: times && Number(times.p50.toFixed(1)),
  [`${name} p95 s`]: times && Number(times.p95.toFixed(1)),
  [`${name} most s`]: times && Number(times.max.toFixed(1)),
})

const describeEnrolments = (enrolments: string, figures: EnrolmentFigures) => ({
  enrolments,
  done: figures.done,
  'no usable face': figures.unprocessable,
  refused: figures.refused,
  'a second': Number(figures.perSecond.toFixed(1)),
  'p50 ms': Number(figures.p50Ms.toFixed(0)),
  'p95 ms': Number(figures.p95Ms.toFixed(0)),
  'most ms': Number(figures.maxMs.toFixed(0)),
})
