// Arrivals at a constant rate, whatever the server does meanwhile. Times are counted from the start. Pure.

/** When arrival `index` (from 0) is due, milliseconds. Computed, not added up, so that rounding does not drift. */
export const dueAt = (index: number, ratePerSecond: number): number => (index * 1000) / ratePerSecond

/** Arrivals that are due at `elapsedMs`, the one at 0 among them. */
export const countDue = (elapsedMs: number, ratePerSecond: number): number =>
  elapsedMs < 0 ? 0 : Math.floor((elapsedMs * ratePerSecond) / 1000 + 1e-9) + 1

/** Arrivals of a run of this length. */
export const countArrivals = (seconds: number, ratePerSecond: number): number =>
  Math.max(1, Math.round(seconds * ratePerSecond))
