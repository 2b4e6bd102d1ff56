// When capture sessions are looked after: a timer, and nothing else.
import type { Context } from '../core/context.ts'
import { expireSessions, sweepSessions } from '../core/session-retention.ts'

const SWEEP_INTERVAL_MS = 60_000
const SWEEPS_AN_HOUR = 60

/**
 * Sessions end in the minute of their expiry; what is kept no longer goes within the hour, and soon after a start. The answer
 * stops it and waits for what is going on.
 */
export const sweepEachMinute = (
  context: () => Context | null,
  onTrouble: (error: unknown, what: string) => void,
): (() => Promise<void>) => {
  let sweeps = 0
  const sweep = async (): Promise<void> => {
    const loaded = context()
    if (!loaded) return
    const isHourly = sweeps++ % SWEEPS_AN_HOUR === 0
    await (isHourly ? sweepSessions : expireSessions)(loaded).catch(error =>
      onTrouble(error, 'capture sessions could not be ended or deleted'),
    )
  }
  let sweeping = Promise.resolve()
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep)
  }, SWEEP_INTERVAL_MS).unref()
  return async () => {
    clearInterval(timer)
    await sweeping
  }
}
