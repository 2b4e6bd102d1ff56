// Counts tens of millions of scores between -1 and 1 in little memory: a fine histogram, and the highest ones exactly with
// what they belong to. Knows nothing about faces.

export interface TopScore {
  readonly score: number
  /** Numbers of the two things that were compared, as given to `add`. */
  readonly one: number
  readonly other: number
}

export interface Tally {
  add(score: number, one: number, other: number): void
  total(): number
  /** The score of this rank (1 = the highest): exact among the highest, otherwise too high by a bin's width at most. */
  scoreAt(rank: number): number
  /** How many scores lie above this one: exact among the highest, otherwise short of a bin's content at most. */
  countAbove(score: number): number
  /** The highest scores, best first. */
  top(): readonly TopScore[]
}

const BINS = 200_000
export const BIN_WIDTH = 2 / BINS

/** `keep` is how many of the highest scores stay exact. */
export const createTally = (keep = 4096): Tally => {
  const bins = new Float64Array(BINS)
  const highest: TopScore[] = []
  let floor = -Infinity
  let count = 0

  const top = (): readonly TopScore[] => {
    highest.sort((a, b) => b.score - a.score)
    if (highest.length > keep) highest.length = keep
    if (highest.length === keep) floor = highest[keep - 1].score
    return highest
  }

  return {
    add(score, one, other) {
      count++
      bins[binOf(score)]++
      if (score <= floor) return
      highest.push({ score, one, other })
      if (highest.length >= 2 * keep) top()
    },
    total: () => count,
    scoreAt(rank) {
      if (rank < 1 || rank > count) throw new RangeError(`There is no rank ${rank} among ${count} scores.`)
      const exact = top()[rank - 1]
      if (exact) return exact.score
      let bin = BINS
      for (let seen = 0; seen < rank; ) seen += bins[--bin]
      return -1 + (bin + 1) * BIN_WIDTH
    },
    countAbove(score) {
      const exact = top()
      if (exact.length === count || exact.at(-1)!.score <= score) return countWhile(exact, each => each.score > score)
      let above = 0
      for (let bin = BINS - 1; bin > binOf(score); bin--) above += bins[bin]
      return above
    },
    top: () => [...top()],
  }
}

const binOf = (score: number): number => Math.min(BINS - 1, Math.max(0, Math.floor((score + 1) / BIN_WIDTH)))

const countWhile = <T>(items: readonly T[], test: (item: T) => boolean): number => {
  const end = items.findIndex(item => !test(item))
  return end < 0 ? items.length : end
}
