// Chance that can be had again: the same seed gives the same numbers.

export interface Random {
  /** 0 ≤ x < 1. */
  next(): number
  /** A whole number, 0 ≤ x < end. */
  below(end: number): number
  /** One of them; the list must not be empty. */
  pick<T>(list: readonly T[]): T
  /** True this often. */
  chance(share: number): boolean
  /** A generator of its own, so that what one part takes does not change what another gets. */
  fork(name: string): Random
}

/** Mulberry32: 32 bits of state, enough to choose mutations by. */
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
    pick: list => list[below(list.length)],
    chance: share => next() < share,
    fork(name) {
      let hash = seed >>> 0
      for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619)
      return createRandom(hash)
    },
  }
}
