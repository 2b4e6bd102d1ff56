// Two kinds of load: so many clients, each sending as soon as it is answered, and arrivals at a constant rate. Knows
// nothing of what is sent.
import { setTimeout as sleep } from 'node:timers/promises'
import { countArrivals, countDue, dueAt } from './schedule.ts'

/** Sends request `index`; resolves with how it was answered. */
export type Send = (index: number) => Promise<Outcome>
/** `refused`: the server works and found fault with the picture. `failed`: anything else that is not a success. */
export type Outcome = 'done' | 'refused' | 'failed'

export interface LoadFigures {
  readonly seconds: number
  readonly done: number
  readonly refused: number
  readonly failed: number
  /** One for each request, milliseconds. */
  readonly latenciesMs: readonly number[]
  /** Of those that were done. */
  readonly doneLatenciesMs: readonly number[]
}

/** The time, milliseconds; tests bring their own. */
export interface Clock {
  now(): number
  sleep(ms: number): Promise<unknown>
}

const CLOCK: Clock = { now: () => performance.now(), sleep: ms => sleep(ms) }

const createTally = (clock: Clock) => {
  const started = clock.now()
  const latenciesMs: number[] = []
  const doneLatenciesMs: number[] = []
  const counts = { done: 0, refused: 0, failed: 0 }
  return {
    started,
    add(outcome: Outcome, sinceMs: number) {
      counts[outcome] += 1
      const latencyMs = clock.now() - sinceMs
      latenciesMs.push(latencyMs)
      if (outcome === 'done') doneLatenciesMs.push(latencyMs)
    },
    figures: (): LoadFigures => ({ ...counts, latenciesMs, doneLatenciesMs, seconds: (clock.now() - started) / 1000 }),
  }
}

/** `clients` at a time, until `isOver(requests sent, milliseconds passed)`; what is under way is waited for. */
export const runClients = async (
  send: Send,
  clients: number,
  isOver: (sent: number, elapsedMs: number) => boolean,
): Promise<LoadFigures> => {
  const tally = createTally(CLOCK)
  let sent = 0
  const work = async (): Promise<void> => {
    while (!isOver(sent, CLOCK.now() - tally.started)) {
      const since = CLOCK.now()
      tally.add(await send(sent++), since)
    }
  }
  await Promise.all(Array.from({ length: clients }, work))
  return tally.figures()
}

/**
 * Latency is counted from when a request was due, not from when it was sent: a server that makes the next ones wait is
 * charged for their waiting, too.
 */
export const runConstantRate = async (
  send: Send,
  ratePerSecond: number,
  seconds: number,
  clock = CLOCK,
): Promise<LoadFigures> => {
  const arrivals = countArrivals(seconds, ratePerSecond)
  const tally = createTally(clock)
  const pending: Promise<void>[] = []
  while (pending.length < arrivals) {
    const due = Math.min(arrivals, countDue(clock.now() - tally.started, ratePerSecond))
    for (let index = pending.length; index < due; index++) {
      const since = tally.started + dueAt(index, ratePerSecond)
      pending.push(send(index).then(outcome => tally.add(outcome, since)))
    }
    const wait = tally.started + dueAt(pending.length, ratePerSecond) - clock.now()
    if (pending.length < arrivals) await clock.sleep(Math.max(0, wait))
  }
  await Promise.all(pending)
  return tally.figures()
}
