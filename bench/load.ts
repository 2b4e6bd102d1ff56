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
}

const createTally = () => {
  const started = performance.now()
  const latenciesMs: number[] = []
  const counts = { done: 0, refused: 0, failed: 0 }
  return {
    started,
    add(outcome: Outcome, sinceMs: number) {
      counts[outcome] += 1
      latenciesMs.push(performance.now() - sinceMs)
    },
    figures: (): LoadFigures => ({ ...counts, latenciesMs, seconds: (performance.now() - started) / 1000 }),
  }
}

/** `clients` at a time, until `isOver(requests sent, milliseconds passed)`; what is under way is waited for. */
export const runClients = async (
  send: Send,
  clients: number,
  isOver: (sent: number, elapsedMs: number) => boolean,
): Promise<LoadFigures> => {
  const tally = createTally()
  let sent = 0
  const work = async (): Promise<void> => {
    while (!isOver(sent, performance.now() - tally.started)) {
      const since = performance.now()
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
export const runConstantRate = async (send: Send, ratePerSecond: number, seconds: number): Promise<LoadFigures> => {
  const arrivals = countArrivals(seconds, ratePerSecond)
  const tally = createTally()
  const pending: Promise<void>[] = []
  while (pending.length < arrivals) {
    const due = Math.min(arrivals, countDue(performance.now() - tally.started, ratePerSecond))
    for (let index = pending.length; index < due; index++) {
      const since = tally.started + dueAt(index, ratePerSecond)
      pending.push(send(index).then(outcome => tally.add(outcome, since)))
    }
    const wait = tally.started + dueAt(pending.length, ratePerSecond) - performance.now()
    if (pending.length < arrivals) await sleep(Math.max(0, wait))
  }
  await Promise.all(pending)
  return tally.figures()
}
