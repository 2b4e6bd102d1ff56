// The threshold of a false match rate over the pictures that are left when the worst are discarded. Pure arithmetic.
import { dotAt, type TemplateSet } from './all-pairs.ts'
import { allowedMatches } from './rates.ts'
import type { Tally } from './tally.ts'

export interface Thresholds {
  /** `ranks`: each picture's share of worse ones; pictures below `share` are left out. */
  at(ranks: Float64Array, share: number): number
}

/** Scores of this many times the rate are kept: discarding never moves the threshold that far. */
const ROOM = 10

/** `different`: every comparison of two people in the set. */
export const createThresholds = (set: TemplateSet, different: Tally, rate: number): Thresholds => {
  const highest = collectAbove(set, different.scoreAt(Math.max(1, allowedMatches(different.total(), ROOM * rate))))
  return {
    at(ranks, share) {
      const isLeft = (picture: number): boolean => ranks[picture] >= share
      const scores = highest
        .filter(({ one, other }) => isLeft(one) && isLeft(other))
        .map(({ score }) => score)
        .sort((a, b) => b - a)
      return scores[allowedMatches(countLeft(set, isLeft), rate)] ?? -1
    },
  }
}

interface CrossScore {
  readonly one: number
  readonly other: number
  readonly score: number
}

const collectAbove = ({ people, rows, dimensions }: TemplateSet, floor: number): CrossScore[] => {
  const kept: CrossScore[] = []
  for (let one = 0; one < people.length; one++) {
    for (let other = one + 1; other < people.length; other++) {
      if (people[one] === people[other]) continue
      const score = dotAt(rows, one, rows, other, dimensions)
      if (score > floor) kept.push({ one, other, score })
    }
  }
  return kept
}

/** Comparisons of two people among the pictures that are left. */
const countLeft = ({ people }: TemplateSet, isLeft: (picture: number) => boolean): number => {
  const left = [...people].filter((_, picture) => isLeft(picture))
  const pairsOf = (count: number): number => (count * (count - 1)) / 2
  const same = [...Map.groupBy(left, person => person).values()].reduce((sum, { length }) => sum + pairsOf(length), 0)
  return pairsOf(left.length) - same
}
