// Random numbers that are the same for a seed each time. Not for secrets.

export interface Random {
  /** From 0 up to 1. */
  next(): number
  isLikely(probability: number): boolean
  /** Undefined where there is none. */
  pick<T>(items: readonly T[]): T | undefined
}

/** The generator "mulberry32": 32 bits of state, long enough for choices. */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    isLikely: probability => next() < probability,
    pick: items => items[Math.floor(next() * items.length)],
  }
}
