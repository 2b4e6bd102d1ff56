// What can be told without seeing the face: sizes, bytes, sharpness, and the outer frame of the crop. A model that does no
// better has learned how a collection was made. Pure.
import { createRandom } from '../../bench/random.ts'
import { CROPS, type Sample } from './prepare.ts'

/** Share of the crop's side that counts as its frame, on each edge. */
const FRAME = 1 / 12

export const featuresOf = ({ facts, crops }: Pick<Sample, 'facts' | 'crops'>): number[] => [
  Math.log(facts.width),
  Math.log(facts.height),
  Math.log(facts.bytes / (facts.width * facts.height)),
  facts.faceWidth / facts.width,
  ...sharpnessOf(crops[0], CROPS[0].size),
  ...frameOf(crops[1], CROPS[1].size),
]

/** The mean step from pixel to pixel and of the steps' change, green. */
const sharpnessOf = (crop: Uint8Array, size: number): number[] => {
  let [first, second] = [0, 0]
  for (let row = 0; row < size; row++)
    for (let column = 1; column < size - 1; column++) {
      const at = size * size + row * size + column
      first += Math.abs(crop[at + 1] - crop[at - 1])
      second += Math.abs(crop[at + 1] + crop[at - 1] - 2 * crop[at])
    }
  return [first, second].map(sum => Math.log1p(sum / (size * size)))
}

/** Mean and deviation of each colour on the outer edge. */
const frameOf = (crop: Uint8Array, size: number): number[] => {
  const width = Math.round(FRAME * size)
  const isFrame = (place: number): boolean => place < width || place >= size - width
  return [0, 1, 2].flatMap(channel => {
    let [sum, squares, count] = [0, 0, 0]
    for (let row = 0; row < size; row++)
      for (let column = 0; column < size; column++) {
        if (!isFrame(row) && !isFrame(column)) continue
        const value = crop[(channel * size + row) * size + column] / 255
        sum += value
        squares += value * value
        count++
      }
    const mean = sum / count
    return [mean, Math.sqrt(Math.max(0, squares / count - mean * mean))]
  })
}

export interface BaselineSample {
  readonly features: readonly number[]
  readonly isLive: boolean
  /** Samples of one group are judged by a model that saw none of it. */
  readonly group: string
}

const FOLDS = 5
const ROUNDS = 400
const RATE = 0.3
const PENALTY = 1e-3

/** Scores 0-1 by logistic regression on features and their squares, each sample judged by a fold that has not seen it. */
export const judgeByBaseline = (samples: readonly BaselineSample[], seed = 1): number[] => {
  const random = createRandom(seed)
  const folds = new Map([...new Set(samples.map(({ group }) => group))].map(group => [group, random.next()]))
  const ranked = [...folds].toSorted((one, other) => one[1] - other[1]).map(([group]) => group)
  const foldOf = new Map(ranked.map((group, at) => [group, at % FOLDS]))
  const inputs = standardise(samples.map(({ features }) => features))
  const scores = new Array<number>(samples.length).fill(Number.NaN)
  for (let fold = 0; fold < FOLDS; fold++) {
    const isHeld = (at: number): boolean => foldOf.get(samples[at].group) === fold
    const weights = fit(inputs, samples, at => !isHeld(at))
    for (const at of samples.keys()) if (isHeld(at)) scores[at] = sigmoid(dot(weights, inputs[at]))
  }
  return scores
}

/** Mean 0 and deviation 1 a feature, its square beside it, and a constant 1. */
const standardise = (rows: readonly (readonly number[])[]): number[][] => {
  const columns = rows[0]?.map((_, column) => {
    const values = rows.map(row => row[column])
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    return { mean, deviation: Math.sqrt(variance) || 1 }
  })
  return rows.map(row => {
    const values = row.map((value, column) => (value - columns[column].mean) / columns[column].deviation)
    return [1, ...values, ...values.map(value => Math.min(9, value * value) - 1)]
  })
}

/** Both classes count the same. */
const fit = (
  inputs: readonly number[][],
  samples: readonly BaselineSample[],
  isSeen: (at: number) => boolean,
): number[] => {
  const seen = [...inputs.keys()].filter(isSeen)
  const live = seen.filter(at => samples[at].isLive).length
  const weights = new Array<number>(inputs[0].length).fill(0)
  for (let round = 0; round < ROUNDS; round++) {
    const slope = weights.map(weight => PENALTY * weight)
    for (const at of seen) {
      const { isLive } = samples[at]
      const share = 0.5 / (isLive ? live : seen.length - live)
      const error = (sigmoid(dot(weights, inputs[at])) - Number(isLive)) * share
      for (const [column, value] of inputs[at].entries()) slope[column] += error * value
    }
    for (const column of weights.keys()) weights[column] -= RATE * slope[column]
  }
  return weights
}

const dot = (weights: readonly number[], values: readonly number[]): number =>
  weights.reduce((sum, weight, at) => sum + weight * values[at], 0)

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value))
