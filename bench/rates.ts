// Accuracy and true accept rates of scored pairs. Pure arithmetic; knows nothing about pictures or files.

export interface ScoredPair {
  readonly same: boolean
  /** Null where a picture of the pair has no face: the pair counts as an error. */
  readonly score: number | null
}

export interface FoldAccuracy {
  /** Mean over the folds, 0-1. */
  readonly accuracy: number
  /** Standard deviation over the folds (n - 1). */
  readonly deviation: number
  readonly thresholds: readonly number[]
}

/**
 * Each fold is judged with the threshold that is best for all the others. The pairs of either kind are split in equal
 * stretches in the order given, which gives the folds of LFW's own file.
 */
export const measureFolds = (pairs: readonly ScoredPair[], folds: number): FoldAccuracy => {
  const foldOf = assignFolds(pairs, folds)
  const results = Array.from({ length: folds }, (_, fold) => {
    const threshold = bestThreshold(pairs.filter((_, i) => foldOf[i] !== fold))
    const held = pairs.filter((_, i) => foldOf[i] === fold)
    const right = held.filter(({ same, score }) => score !== null && score > threshold === same)
    return { threshold, accuracy: right.length / held.length }
  })
  const accuracy = results.reduce((sum, result) => sum + result.accuracy, 0) / folds
  const squares = results.reduce((sum, result) => sum + (result.accuracy - accuracy) ** 2, 0)
  return {
    accuracy,
    deviation: Math.sqrt(squares / Math.max(1, folds - 1)),
    thresholds: results.map(result => result.threshold),
  }
}

const assignFolds = (pairs: readonly ScoredPair[], folds: number): number[] => {
  const of = { same: pairs.filter(pair => pair.same).length, different: pairs.filter(pair => !pair.same).length }
  const seen = { same: 0, different: 0 }
  return pairs.map(pair => {
    const kind = pair.same ? 'same' : 'different'
    return Math.floor((seen[kind]++ * folds) / of[kind])
  })
}

/**
 * The threshold above which pairs are taken for one person so that the most are right: midway between two neighbouring
 * scores, and of several equally good ones the middle one.
 */
export const bestThreshold = (pairs: readonly ScoredPair[]): number => {
  const sorted = pairs
    .filter((pair): pair is { same: boolean; score: number } => pair.score !== null)
    .sort((one, other) => one.score - other.score)
  let right = sorted.filter(pair => pair.same).length
  let most = right
  let best = [-Infinity]
  sorted.forEach(({ same, score }, i) => {
    right += same ? -1 : 1
    const next = sorted[i + 1]?.score ?? Infinity
    if (next === score || right < most) return
    if (right > most) best = []
    most = right
    best.push(next === Infinity ? score : (score + next) / 2)
  })
  return best[Math.floor((best.length - 1) / 2)]
}

/** How many of `count` comparisons of two people may match at this rate. The small addend makes 3000 x 1e-3 a whole 3. */
export const allowedMatches = (count: number, falseAcceptRate: number): number =>
  Math.floor(count * falseAcceptRate + 1e-9)

/**
 * Share of comparisons of one person above the threshold that at most `falseAcceptRate` of those of two people exceed. Null
 * where there are too few of the latter to say: the rate must allow at least one of them to match. A null among `same`
 * counts as rejected.
 */
export const acceptRateAt = (
  same: readonly (number | null)[],
  different: readonly number[],
  falseAcceptRate: number,
): number | null => {
  const allowed = allowedMatches(different.length, falseAcceptRate)
  if (allowed < 1 || same.length === 0) return null
  const threshold = different.toSorted((one, other) => other - one)[allowed] ?? -Infinity
  return same.filter(score => score !== null && score > threshold).length / same.length
}
