// Sends attempts to one server for a while, from several callers at once, and watches its memory. Keeps what fails.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Random } from '../random.ts'
import type { BenchServer } from '../server-process.ts'
import { tryAdvance } from './advance.ts'
import {
  type Attempt,
  type BareAttempt,
  tryBare,
  tryCall,
  tryForm,
  tryJson,
  tryLines,
  tryPicture,
  type World,
} from './attempts.ts'
import { type Outcome, send, sendBare } from './send.ts'
import { tryVerihubs } from './verihubs.ts'

export interface Failure {
  readonly kind: string
  readonly fault: string
  /** Where the input lies that was answered so. */
  readonly file: string
}

export interface FuzzFigures {
  /** Answers by kind of attempt and status; 0 is no answer. */
  readonly answers: Readonly<Record<string, Readonly<Record<number, number>>>>
  readonly failures: readonly Failure[]
  readonly startBytes: number
  readonly mostBytes: number
  readonly endBytes: number
}

type AnyAttempt = Attempt | BareAttempt

/** Most callers send pictures: they are what costs. */
const CALLERS: readonly (readonly ((world: World, random: Random) => AnyAttempt)[])[] = [
  [tryPicture],
  [tryPicture],
  [tryPicture],
  [tryJson, tryForm, tryLines, tryCall, tryCall, tryVerihubs, tryAdvance],
  [tryBare],
]

const MAX_FAILURES = 20
const MEMORY_SAMPLE_MS = 250

export const fuzz = async (
  server: BenchServer,
  world: World,
  random: Random,
  seconds: number,
): Promise<FuzzFigures> => {
  const answers: Record<string, Record<number, number>> = {}
  const failures: Failure[] = []
  const keep = createKeeper()
  const endMs = performance.now() + seconds * 1000
  const inFlight = new Set<AnyAttempt>()
  let isAlive = true

  const isOver = (): boolean => performance.now() >= endMs || failures.length >= MAX_FAILURES || !isAlive
  const tryOne = async (attempt: AnyAttempt): Promise<void> => {
    inFlight.add(attempt)
    const { status, fault } = await sendAny(server, attempt)
    inFlight.delete(attempt)
    answers[attempt.kind] ??= {}
    answers[attempt.kind][status] = (answers[attempt.kind][status] ?? 0) + 1
    if (fault !== null) failures.push({ kind: attempt.kind, fault, file: await keep(attempt) })
  }
  const callAgain = async (makers: (typeof CALLERS)[number], own: Random): Promise<void> => {
    while (!isOver()) await tryOne(own.pick(makers)(world, own))
  }

  const startBytes = server.memory().residentBytes
  let mostBytes = startBytes
  const watch = setInterval(() => {
    try {
      mostBytes = Math.max(mostBytes, server.memory().residentBytes)
    } catch {
      isAlive = false
    }
  }, MEMORY_SAMPLE_MS)
  await Promise.all(CALLERS.map((makers, index) => callAgain(makers, random.fork(`caller ${index}`))))
  clearInterval(watch)
  if (!isAlive)
    for (const attempt of inFlight)
      failures.push({ kind: attempt.kind, fault: 'the server ended', file: await keep(attempt) })
  return { answers, failures, startBytes, mostBytes, endBytes: isAlive ? server.memory().residentBytes : 0 }
}

const sendAny = (server: BenchServer, attempt: AnyAttempt): Promise<Outcome> =>
  attempt.kind === 'http' ? sendBare(server.address, attempt) : send(server.address, server.key, attempt)

/** Writes attempts into files of a folder that is made with the first of them. */
const createKeeper = (): ((attempt: AnyAttempt) => Promise<string>) => {
  let folder: Promise<string> | null = null
  let count = 0
  return async attempt => {
    folder ??= mkdtemp(join(tmpdir(), 'likeness-fuzz-'))
    const file = join(await folder, `${String(++count).padStart(2, '0')}-${attempt.kind}.txt`)
    await writeFile(file, render(attempt))
    return file
  }
}

const render = (attempt: AnyAttempt): Buffer => {
  if (attempt.kind === 'http') return attempt.bytes
  const headers = Object.entries(attempt.headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${attempt.method} ${attempt.path}\r\n${headers.join('')}\r\n`
  return Buffer.concat([Buffer.from(head), attempt.body ?? Buffer.alloc(0)])
}
