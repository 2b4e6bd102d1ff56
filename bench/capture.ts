// `npm run bench -- capture`: so many people at the capture page at once, each with the page's own code and a camera that plays
// a drawn film, while another caller goes on enrolling pictures. The server runs in its own process; the people share its
// cores, and what they take of them is told. Asserts nothing.
import { setTimeout as sleep } from 'node:timers/promises'
import { DEFAULT_LIMITS } from '../server/src/limits.ts'
import { type Client, createClient } from '../server/test/support.ts'
import { judgeWanted, MB, type StepEvent, sumEnrolments, sumVisits, type VisitFigures } from './capture-figures.ts'
import { type FilmedPerson, filmPeople } from './capture-films.ts'
import { type CaptureFigures, printTable, type Stored } from './capture-table.ts'
import { visitPage } from './capture-visitor.ts'
import { type EnrolmentCaller, openEnrolmentCaller } from './enrolment-caller.ts'
import { describeMachine } from './machine.ts'
import { spentCpuMs } from './measure.ts'
import { readPictures } from './pictures.ts'
import { readBusyMs } from './process-usage.ts'
import { type BenchServer, startBenchServer } from './server-process.ts'
import { startWatch } from './watch.ts'

export interface CaptureOptions {
  readonly sessions?: number
  readonly seconds?: number
  readonly profile?: string
  readonly json?: boolean
}

interface Bench {
  readonly server: BenchServer
  readonly client: Client
  readonly people: readonly FilmedPerson[]
  readonly liveness: CaptureFigures['liveness']
}

const GALLERY = 'visitors'
const SESSION_SECONDS = 1800
/** Memory may grow by as much as the bodies that the server takes in at once. */
const BOUNDS = { growthMb: DEFAULT_LIMITS.maxInFlightBodyBytes / MB, slowdown: 3 }

export const benchCapture = async (options: CaptureOptions): Promise<CaptureFigures> => {
  const { sessions = 200, seconds = 30, json = false } = options
  console.error('Draws the people.')
  const people = await filmPeople()
  const pictures = await readPictures({})
  await pictures.remove()
  const server = await startBenchServer(options)
  const client = createClient(server.address, server.key)
  const caller = await openEnrolmentCaller(server, pictures.bytes)
  try {
    const bench = { server, client, people, liveness: await chooseLiveness(client, people) }
    await demand('POST /v1/galleries', 201, client, { id: GALLERY, policy: { duplicates: 'allow' } })
    console.error(`${people.length} sessions by themselves, which opens every network.`)
    const few = await visitAll(bench, people.length, 'few')
    console.error(`${seconds} s of enrolments by themselves.`)
    const alone = await enrolFor(caller, seconds)
    const together = await measureTogether(bench, caller, sessions)
    const figures: CaptureFigures = {
      benchmark: 'capture',
      machine: describeMachine(),
      people: people.map(({ name }) => name),
      liveness: bench.liveness,
      few,
      alone,
      ...together,
      bounds: BOUNDS,
      wanted: judgeWanted({ ...together, alone }, BOUNDS),
    }
    if (!json) printTable(figures)
    return figures
  } finally {
    await caller.close()
    await server.close()
  }
}

/** Both ways where the network takes all the drawn portraits for people before a camera; else the movements alone. */
const chooseLiveness = async (client: Client, people: readonly FilmedPerson[]): Promise<'both' | 'active'> => {
  for (const { portraits } of people) {
    const body = { image: portraits[0].jpeg.toString('base64'), assess: ['liveness'] }
    const { faces } = (await demand('POST /v1/detect', 200, client, body)) as Detected
    if (!faces[0]?.assessment.liveness?.live) return 'active'
  }
  return 'both'
}

interface Detected {
  readonly faces: readonly { readonly assessment: { readonly liveness?: { readonly live: boolean } } }[]
}

/** All at once, each enrolling a subject of its own. */
const visitAll = async (
  { client, people, liveness }: Bench,
  sessions: number,
  prefix: string,
): Promise<VisitFigures> => {
  const made: { readonly id: string; readonly url: string }[] = []
  for (let index = 0; index < sessions; index++) {
    const order = { purpose: 'enrol', gallery: GALLERY, subject: `${prefix}-${index}`, liveness }
    const answer = await demand('POST /v1/sessions', 201, client, { ...order, expiresInSeconds: SESSION_SECONDS })
    made.push(answer as (typeof made)[number])
  }
  // Every session has ended by then, whatever happens.
  const signal = AbortSignal.timeout(2 * SESSION_SECONDS * 1000)
  const visits = await Promise.all(made.map(({ url }, index) => visitPage(url, people[index % people.length], signal)))
  const events: StepEvent[] = []
  for (const { id } of made) events.push(...((await demand(`GET /v1/sessions/${id}`, 200, client)) as Told).events)
  return sumVisits(visits, events)
}

interface Told {
  readonly events: readonly StepEvent[]
}

const demand = async (route: string, status: number, client: Client, body?: object): Promise<unknown> => {
  const [method, path] = route.split(' ')
  const answer = await client.call(method, path, body)
  if (answer.status === status) return answer.body
  throw new Error(`${route} was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
}

const enrolFor = async (caller: EnrolmentCaller, seconds: number): Promise<CaptureFigures['alone']> => {
  caller.begin()
  await sleep(seconds * 1000)
  return sumEnrolments(await caller.end())
}

type Together = Pick<CaptureFigures, 'visits' | 'beside' | 'memory' | 'health' | 'stored' | 'cores'>

const measureTogether = async (bench: Bench, caller: EnrolmentCaller, sessions: number): Promise<Together> => {
  const { server } = bench
  const before = await readStored(server)
  const watch = startWatch(server)
  const [since, serverMs, clientMs, machineMs] = [performance.now(), server.cpuMs(), spentCpuMs(), readBusyMs()]
  console.error(`${sessions} sessions at once, and enrolments beside them.`)
  caller.begin()
  const visits = await visitAll(bench, sessions, 'many')
  const beside = sumEnrolments(await caller.end())
  const spent = { server: server.cpuMs() - serverMs, client: spentCpuMs() - clientMs }
  const [busy, elapsed] = [readBusyMs() - machineMs, performance.now() - since]
  const others = Math.max(0, busy - spent.server - spent.client)
  const cores = { server: spent.server / elapsed, client: spent.client / elapsed, others: others / elapsed }
  const { health, memory } = await watch.end()
  const mostMb = Math.max(memory.firstHalfMaxMb, memory.secondHalfMaxMb)
  const stored = { before, after: await readStored(server) }
  return { visits, beside, memory: { ...memory, mostMb }, health, stored, cores }
}

const readStored = async (server: BenchServer): Promise<Stored> => ({
  pictureMb: (await server.pictureBytes()) / MB,
  databaseMb: (await server.databaseBytes()) / MB,
})
