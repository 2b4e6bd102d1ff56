// Looks at a server under load: its memory, and whether it still says that it lives. Sends nothing else.
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchServer } from './server-process.ts'

export interface Watched {
  /** Answers of /health/live. */
  readonly health: { readonly asked: number; readonly failed: number; readonly maxMs: number }
  /** Resident memory of the server process. 1 MB = 1,000,000 bytes. */
  readonly memory: {
    readonly beforeMb: number
    readonly firstHalfMaxMb: number
    readonly secondHalfMaxMb: number
    readonly afterMb: number
  }
}

export interface Watch {
  end(): Promise<Watched>
}

const MB = 1e6
const INTERVAL_MS = 250

/** Looks at memory and health again and again, until ended. */
export const startWatch = (server: BenchServer): Watch => {
  const before = server.memory().residentBytes / MB
  const residentMb: number[] = []
  const latenciesMs: number[] = []
  let failed = 0
  let isOver = false
  const ask = async (): Promise<void> => {
    const since = performance.now()
    const isLive = await fetch(`${server.address}/health/live`)
      .then(answer => answer.ok)
      .catch(() => false)
    latenciesMs.push(performance.now() - since)
    if (!isLive) failed++
  }
  const look = async (): Promise<void> => {
    while (!isOver) {
      residentMb.push(server.memory().residentBytes / MB)
      await Promise.all([ask(), sleep(INTERVAL_MS)])
    }
  }
  const looking = look()
  return {
    async end() {
      isOver = true
      await looking
      const half = Math.floor(residentMb.length / 2)
      return {
        health: { asked: latenciesMs.length, failed, maxMs: Math.max(...latenciesMs) },
        memory: {
          beforeMb: before,
          firstHalfMaxMb: Math.max(...residentMb.slice(0, half)),
          secondHalfMaxMb: Math.max(...residentMb.slice(half)),
          afterMb: server.memory().residentBytes / MB,
        },
      }
    },
  }
}
