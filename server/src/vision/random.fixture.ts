// Chance that can be had again: the same seed gives the same numbers. For tests, benchmarks and training; not for secrets.

export interface Random {
  /** From 0 up to 1. */
  next(): number
  /** A whole number from 0 up to `end`. */
  below(end: number): number
  isLikely(probability: number): boolean
  /** One of them; undefined where there is none. */
  pick<T>(items: readonly T[]): T
  /** A generator of its own, so that what one part takes does not change what another gets. */
  fork(name: string): Random
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
  const below = (end: number): number => Math.floor(next() * end)
  return {
    next,
    below,
    isLikely: probability => next() < probability,
    pick: items => items[below(items.length)],
    fork(name) {
      let hash = seed >>> 0
      for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619)
      return createRandom(hash)
    },
  }
}
