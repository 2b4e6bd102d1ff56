// When to ask a busy server again. Pure but for the clock and the dice.

const BUSY = new Set([429, 503])
const DEFAULT_WAIT_MS = 1000
const LEAST_WAIT_MS = 50
const MOST_WAIT_MS = 60_000

/** Milliseconds to wait by the Retry-After header (seconds or a date), or null for an answer that will not change. */
export const retryDelayMs = (
  status: number,
  retryAfter: string | null,
  random: () => number = Math.random,
): number | null => {
  if (!BUSY.has(status)) return null
  const wanted = retryAfter === null ? DEFAULT_WAIT_MS : readWait(retryAfter)
  const waitMs = Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, wanted))
  // Those who were refused together come back apart.
  return waitMs * (1 + random() / 4)
}

const readWait = (text: string): number => {
  const seconds = Number(text)
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(waitMs) ? waitMs : DEFAULT_WAIT_MS
}
