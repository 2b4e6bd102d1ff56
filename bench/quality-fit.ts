// Fits the unified quality score to genuine pairs: a logistic regression with a ridge, and its nested cross-validation over
// people. Pure arithmetic; knows nothing of pictures or packs.
import {
  qualityOf,
  standardise,
  UNIFIED_FEATURES,
  type UnifiedFeatures,
  type UnifiedModel,
} from '../server/src/vision/quality/unified.ts'

/** A comparison of two pictures of one person. */
export interface FittedPair {
  readonly one: number
  readonly other: number
  readonly person: number
  /** Whether it does not match. */
  readonly isMiss: boolean
}

/** Weights of the ridge that are tried; the inner folds choose. */
export const PENALTIES = [10, 30, 100, 300] as const
const INNER_FOLDS = 5

/** The model of these pairs, standardised over these pictures. `penalty`: weight of the ridge on standardised figures. */
export const fitUnified = (
  pictures: readonly UnifiedFeatures[],
  used: readonly number[],
  pairs: readonly FittedPair[],
  penalty: number,
): UnifiedModel => {
  const moments = UNIFIED_FEATURES.map(name => momentsOf(used.map(picture => pictures[picture][name])))
  const rows = pictures.map(figures => describe(figures, moments))
  const solution = regress(pairs, rows, penalty)
  const features = UNIFIED_FEATURES.map((name, index) => ({
    name,
    ...moments[index],
    // The regression is of misses, quality is of matches.
    weight: -solution[2 * index],
    squareWeight: -solution[2 * index + 1],
  }))
  const model = { features, intercept: solution[2 * features.length], mean: 0, deviation: 1 }
  return { ...model, ...momentsOf(used.map(picture => qualityOf(pictures[picture], model))) }
}

/** Of each person's pictures the model that was fitted without that fold's people, its penalty chosen without them too. */
export const fitNested = (
  pictures: readonly UnifiedFeatures[],
  people: ArrayLike<number>,
  pairs: readonly FittedPair[],
  folds: number,
): readonly { readonly model: UnifiedModel; readonly penalty: number }[] =>
  Array.from({ length: folds }, (_, fold) => {
    const used = pictures.flatMap((_, picture) => (people[picture] % folds === fold ? [] : [picture]))
    const outer = pairs.filter(({ person }) => person % folds !== fold)
    const penalty = choosePenalty(pictures, people, used, outer, folds)
    return { model: fitUnified(pictures, used, outer, penalty), penalty }
  })

/** The penalty of least loss over inner folds of people. */
export const choosePenalty = (
  pictures: readonly UnifiedFeatures[],
  people: ArrayLike<number>,
  used: readonly number[],
  pairs: readonly FittedPair[],
  stride: number,
): number => {
  const innerOf = (person: number): number => Math.floor(person / stride) % INNER_FOLDS
  const losses = PENALTIES.map(penalty =>
    Array.from({ length: INNER_FOLDS }, (_, inner) => {
      const kept = used.filter(picture => innerOf(people[picture]) !== inner)
      const model = fitUnified(
        pictures,
        kept,
        pairs.filter(({ person }) => innerOf(person) !== inner),
        penalty,
      )
      return lossOf(
        pictures,
        pairs.filter(({ person }) => innerOf(person) === inner),
        model,
      )
    }).reduce((sum, loss) => sum + loss, 0),
  )
  return PENALTIES[losses.indexOf(Math.min(...losses))]
}

/** Minus the log-likelihood. */
const lossOf = (pictures: readonly UnifiedFeatures[], pairs: readonly FittedPair[], model: UnifiedModel): number =>
  pairs.reduce((sum, { one, other, isMiss }) => {
    const odds = model.intercept - qualityOf(pictures[one], model) - qualityOf(pictures[other], model)
    return sum + Math.log1p(Math.exp(isMiss ? -odds : odds))
  }, 0)

const momentsOf = (values: readonly number[]): { mean: number; deviation: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  return { mean, deviation: Math.sqrt(variance) || 1 }
}

/** Each figure as it is and squared. */
const describe = (figures: UnifiedFeatures, moments: readonly { mean: number; deviation: number }[]): Float64Array => {
  const row = new Float64Array(2 * moments.length)
  UNIFIED_FEATURES.forEach((name, index) => {
    const value = standardise(figures[name], moments[index].mean, moments[index].deviation)
    row[2 * index] = value
    row[2 * index + 1] = value * value
  })
  return row
}

const STEPS = 12

/** Newton's method (iteratively reweighted least squares) on the sums of both pictures' rows; the intercept comes last, free. */
const regress = (pairs: readonly FittedPair[], rows: readonly Float64Array[], penalty: number): Float64Array => {
  const size = rows[0].length + 1
  const sums = pairs.map(({ one, other }) => {
    const sum = new Float64Array(size).fill(1)
    for (let i = 0; i < size - 1; i++) sum[i] = rows[one][i] + rows[other][i]
    return sum
  })
  const solution = new Float64Array(size)
  for (let step = 0; step < STEPS; step++) {
    const gradient = new Float64Array(size)
    const curvature = Array.from({ length: size }, () => new Float64Array(size))
    for (let i = 0; i < size - 1; i++) {
      gradient[i] = penalty * solution[i]
      curvature[i][i] = penalty
    }
    sums.forEach((sum, pair) => {
      let odds = 0
      for (let i = 0; i < size; i++) odds += sum[i] * solution[i]
      const rate = 1 / (1 + Math.exp(-odds))
      const error = rate - (pairs[pair].isMiss ? 1 : 0)
      const weight = rate * (1 - rate)
      for (let i = 0; i < size; i++) {
        gradient[i] += error * sum[i]
        const row = curvature[i]
        const factor = weight * sum[i]
        for (let j = 0; j <= i; j++) row[j] += factor * sum[j]
      }
    })
    const change = solveSymmetric(curvature, gradient)
    for (let i = 0; i < size; i++) solution[i] -= change[i]
  }
  return solution
}

/** Cholesky on the lower triangle, which it overwrites. */
const solveSymmetric = (lower: readonly Float64Array[], right: Float64Array): Float64Array => {
  const size = right.length
  const solution = Float64Array.from(right)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let value = lower[i][j]
      for (let k = 0; k < j; k++) value -= lower[i][k] * lower[j][k]
      lower[i][j] = i === j ? Math.sqrt(Math.max(value, 1e-9)) : value / lower[j][j]
    }
  }
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) solution[i] -= lower[i][k] * solution[k]
    solution[i] /= lower[i][i]
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) solution[i] -= lower[k][i] * solution[k]
    solution[i] /= lower[i][i]
  }
  return solution
}
