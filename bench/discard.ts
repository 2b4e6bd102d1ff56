// Error versus discard: how the false non-match rate falls when the pictures of least quality are left out. Pure arithmetic
// over scored pairs; knows nothing of pictures, models or files.

export interface GenuinePair {
  /** Numbers of the two pictures. */
  readonly one: number
  readonly other: number
  readonly score: number
  /** Number of the person, for the bounds. */
  readonly person: number
}

export interface DiscardPoint {
  /** Share of the pictures left out, 0-1. */
  readonly discarded: number
  /** Genuine pairs left, and how many of them do not match. */
  readonly pairs: number
  readonly misses: number
  readonly fnmr: number
  /** 1 - fnmr / fnmr without discarding. */
  readonly reduction: number
  /** 95 % bounds of the reduction, from resampled people. */
  readonly low: number
  readonly high: number
}

/** For each picture, the share of all pictures that are worse, 0-1; of equals the first is the worse one. */
export const rankPictures = (qualities: readonly number[]): Float64Array => {
  const order = qualities.map((_, index) => index).sort((a, b) => qualities[a] - qualities[b])
  const ranks = new Float64Array(qualities.length)
  order.forEach((picture, rank) => {
    ranks[picture] = rank / qualities.length
  })
  return ranks
}

/** A pair is left out with either picture. `thresholdAt`: a pair matches above it, at that share of discarded pictures. */
export const measureDiscards = (
  pairs: readonly GenuinePair[],
  ranks: Float64Array,
  shares: readonly number[],
  thresholdAt: (share: number) => number,
): DiscardPoint[] => {
  const whole = tallyPeople(pairs, ranks, 0, thresholdAt(0))
  return shares.map(discarded => {
    const left = tallyPeople(pairs, ranks, discarded, thresholdAt(discarded))
    const [counted, misses] = [sumOf(left.pairs), sumOf(left.misses)]
    const reductions = resample(whole, left)
    return {
      discarded,
      pairs: counted,
      misses,
      fnmr: misses / counted,
      reduction: reductionOf(whole, left),
      low: reductions[Math.floor(0.025 * RESAMPLES)],
      high: reductions[Math.floor(0.975 * RESAMPLES)],
    }
  })
}

/** Pairs and misses by person. */
interface PeopleTally {
  readonly pairs: Float64Array
  readonly misses: Float64Array
}

const tallyPeople = (
  pairs: readonly GenuinePair[],
  ranks: Float64Array,
  discarded: number,
  threshold: number,
): PeopleTally => {
  const people = 1 + pairs.reduce((most, { person }) => Math.max(most, person), 0)
  const tally = { pairs: new Float64Array(people), misses: new Float64Array(people) }
  for (const { one, other, score, person } of pairs) {
    if (Math.min(ranks[one], ranks[other]) < discarded) continue
    tally.pairs[person]++
    if (score <= threshold) tally.misses[person]++
  }
  return tally
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)

const reductionOf = (whole: PeopleTally, left: PeopleTally): number =>
  1 - sumOf(left.misses) / sumOf(left.pairs) / (sumOf(whole.misses) / sumOf(whole.pairs))

const RESAMPLES = 1000

/** Reductions over people drawn with replacement, sorted: the bootstrap of ISO/IEC 19795-1. */
const resample = (whole: PeopleTally, left: PeopleTally): number[] => {
  const people = [...whole.pairs.keys()].filter(person => whole.pairs[person] > 0)
  const draw = createDraw()
  const drawn = (tally: PeopleTally, chosen: Int32Array): PeopleTally => ({
    pairs: Float64Array.from(chosen, person => tally.pairs[person]),
    misses: Float64Array.from(chosen, person => tally.misses[person]),
  })
  return Array.from({ length: RESAMPLES }, () => {
    const chosen = Int32Array.from({ length: people.length }, () => people[Math.floor(draw() * people.length)])
    return reductionOf(drawn(whole, chosen), drawn(left, chosen))
  }).sort((a, b) => a - b)
}

/** The same numbers in every run, 0-1: the xorshift of Marsaglia, 2003. */
const createDraw = (): (() => number) => {
  let state = 2463534242
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
