// When a refused caller should come back. Pure but for the dice.

const LEAST_SECONDS = 1
const MOST_SECONDS = 30

/**
 * Whole seconds for Retry-After, 1-30: at least as long as the work that waits now takes, and up to twice that and a second
 * more, so that those who are refused together come back apart.
 */
export const retryAfterSeconds = (waitMs: number, random: () => number = Math.random): number => {
  const spread = random()
  const seconds = Math.ceil((waitMs / 1000) * (1 + spread) + spread)
  return Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, seconds))
}
