// `npm run bench -- crash`: kills the server at random moments of concurrent enrolments, deletions and updates, starts it
// again on the same folder, and looks whether anything acknowledged is missing or anything is half there.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../server/test/support.ts'
import { type Caller, createCaller, SHARED_GALLERIES } from './crash-caller.ts'
import { checkCrash } from './crash-check.ts'
import { createLedger } from './crash-ledger.ts'
import { type CrashServer, killStart, startCrashServer } from './crash-server.ts'
import { createRandom, type Random } from './random.ts'
import { PACKS_FOLDER } from './templates.ts'

export interface CrashOptions {
  readonly kills?: number
  readonly seed?: number
  readonly json?: boolean
  /** Told of each kill. */
  readonly onKill?: (kills: number, figures: CrashFigures) => void
}

export interface CrashFigures {
  readonly kills: number
  /** Of them in the middle of a start. */
  readonly killedStarts: number
  /** Changes that were acknowledged. */
  readonly acknowledged: number
  /** Changes that were sent and not answered: those that had taken place, and those that had not. */
  readonly unanswered: { readonly there: number; readonly absent: number }
  /** Galleries, subjects, faces and erasures that were looked at after the kills. */
  readonly checked: number
  readonly seed: number
  readonly violations: readonly string[]
}

/** Beside the packs and not in the system's temporary folder, which may be in memory. */
const CACHE_FOLDER = resolve(PACKS_FOLDER, '..')
const DEFAULT_KILLS = 50
const CALLERS = 8
/** A kill comes at any moment up to so long after the callers begin. */
const LONGEST_RUN_MS = 1000
/** A start is killed at any moment up to so long after its beginning. */
const LONGEST_START_MS = 1200
const KILLED_STARTS_SHARE = 0.15

export const benchCrash = async (options: CrashOptions): Promise<CrashFigures> => {
  const { json = false, kills = DEFAULT_KILLS } = options
  const started = performance.now()
  const onKill = (done: number, { violations }: CrashFigures): void => {
    if (done % 10 === 0 || violations.length > 0)
      console.error(`${done} of ${kills} kills, ${violations.length} violations`)
  }
  const figures = await crash({ onKill, ...options })
  if (!json) printFigures(figures, (performance.now() - started) / 1000)
  if (figures.violations.length > 0) process.exitCode = 1
  return figures
}

/** Stops at the first kill that shows a violation, as what follows would only repeat it. */
export const crash = async ({
  kills = DEFAULT_KILLS,
  seed = Date.now() % 2 ** 31,
  onKill,
}: CrashOptions): Promise<CrashFigures> => {
  await mkdir(CACHE_FOLDER, { recursive: true })
  const folder = await mkdtemp(join(CACHE_FOLDER, 'crash-'))
  const dataDir = join(folder, 'data')
  const random = createRandom(seed)
  const callers = createCallers(random)
  const totals = { acknowledged: 0, checked: 0, killedStarts: 0, there: 0, absent: 0 }
  let violations: readonly string[] = []
  let server = await startCrashServer(folder, dataDir)
  const key = server.key!
  const figures = (done: number): CrashFigures => {
    const { there, absent, ...rest } = totals
    return { kills: done, ...rest, unanswered: { there, absent }, seed, violations }
  }
  let done = 0
  try {
    await makeGalleries(server.address, key)
    while (done < kills && violations.length === 0) {
      totals.acknowledged += await killDuringWork(server, key, callers, random)
      done += 1
      while (done < kills && random.isLikely(KILLED_STARTS_SHARE)) {
        await killStart(folder, dataDir, random.next() * LONGEST_START_MS)
        totals.killedStarts += 1
        done += 1
      }
      server = await startCrashServer(folder, dataDir)
      const found = await checkCrash(server.address, key, dataDir, callers)
      totals.checked += found.checked
      totals.there += found.unanswered.there
      totals.absent += found.unanswered.absent
      violations = found.violations
      onKill?.(done, figures(done))
    }
    return figures(done)
  } finally {
    await server.kill()
    // What was found is left there to be looked at.
    if (violations.length === 0) await rm(folder, { recursive: true, force: true })
    else console.error(`The data folder is kept: ${dataDir}`)
  }
}

const createCallers = (random: Random): readonly Caller[] =>
  Array.from({ length: CALLERS }, (_, at) =>
    createCaller(`c${at}`, createLedger(SHARED_GALLERIES.map(({ id }) => id)), random),
  )

const makeGalleries = async (address: string, key: string): Promise<void> => {
  for (const gallery of SHARED_GALLERIES) {
    const { status } = await createClient(address, key).call('POST', '/v1/galleries', gallery)
    if (status !== 201) throw new Error(`The gallery ${gallery.id} could not be made: ${status}.`)
  }
}

/** Returns how many changes were acknowledged. */
const killDuringWork = async (
  server: CrashServer,
  key: string,
  callers: readonly Caller[],
  random: Random,
): Promise<number> => {
  const before = callers.reduce((sum, { ledger }) => sum + ledger.acknowledged(), 0)
  const work = Promise.all(callers.map(caller => caller.work(server.address, key)))
  await Promise.race([sleep(random.next() * LONGEST_RUN_MS), work])
  await server.kill()
  await work
  return callers.reduce((sum, { ledger }) => sum + ledger.acknowledged(), 0) - before
}

const printFigures = (figures: CrashFigures, seconds: number): void => {
  const { kills, killedStarts, acknowledged, unanswered, checked, seed, violations } = figures
  console.log(`${kills} kills in ${Math.round(seconds)} s, ${killedStarts} of them during a start (seed ${seed})`)
  console.log(`${acknowledged} changes acknowledged`)
  console.log(
    `${unanswered.there + unanswered.absent} changes not answered: ${unanswered.there} wholly there, ${unanswered.absent} not at all`,
  )
  console.log(`${checked} galleries, subjects, faces and erasures looked at`)
  console.log(
    violations.length === 0 ? 'No violation' : violations.map(violation => `VIOLATION: ${violation}`).join('\n'),
  )
}
