// Logistic regression on standardised features, by Adam in small batches; and the calibration of its scores. Deterministic
// for a seed. Knows nothing of faces.
import { createRandom } from '../bench/random.ts'

/** Rows of `width` values one after the other. */
export interface Matrix {
  readonly width: number
  readonly values: Float32Array
}

export interface LinearModel {
  readonly weights: Float32Array
  readonly bias: number
}

export interface FitOptions {
  readonly seed: number
  readonly epochs?: number
  /** Factor of the sum of squares of the weights of standardised features, by the weight of a sample. */
  readonly penalty?: number
  readonly rate?: number
}

const BATCH = 128

/**
 * Fits to the rows with these indices. `targets` 0-1 and `weights` go by row. The model returned takes raw features: the
 * standardisation is folded into it.
 */
export const fitLogistic = (
  matrix: Matrix,
  rows: readonly number[],
  targets: Float32Array,
  weights: Float32Array,
  { seed, epochs = 12, penalty = 3e-4, rate = 2e-3 }: FitOptions,
): LinearModel => {
  const { width, values } = matrix
  const { means, scales } = standardise(matrix, rows)
  const random = createRandom(seed)
  const order = Int32Array.from(rows)
  const model = { w: new Float32Array(width), m: new Float32Array(width), v: new Float32Array(width) }
  const average = new Float32Array(width)
  let [bias, biasMean, biasSquare, averageBias, averaged] = [0, 0, 0, 0, 0]
  const gradient = new Float32Array(width)
  const batches = Math.ceil(order.length / BATCH)
  const steps = epochs * batches
  for (let step = 1; step <= steps; step++) {
    const batch = (step - 1) % batches
    if (batch === 0) shuffle(order, random.next)
    gradient.fill(0)
    let [biasGradient, total] = [0, 0]
    for (let at = batch * BATCH; at < Math.min(order.length, (batch + 1) * BATCH); at++) {
      const row = order[at]
      const start = row * width
      let score = bias
      for (let k = 0; k < width; k++) score += model.w[k] * (values[start + k] - means[k]) * scales[k]
      const error = (sigmoid(score) - targets[row]) * weights[row]
      for (let k = 0; k < width; k++) gradient[k] += error * (values[start + k] - means[k]) * scales[k]
      biasGradient += error
      total += weights[row]
    }
    // Falls to nothing along half a cosine.
    const pace = rate * 0.5 * (1 + Math.cos((Math.PI * step) / steps))
    const [firstBias, secondBias] = [1 - 0.9 ** step, 1 - 0.999 ** step]
    for (let k = 0; k < width; k++) {
      const slope = gradient[k] / (total || 1) + penalty * model.w[k]
      model.m[k] = 0.9 * model.m[k] + 0.1 * slope
      model.v[k] = 0.999 * model.v[k] + 0.001 * slope * slope
      model.w[k] -= (pace * (model.m[k] / firstBias)) / (Math.sqrt(model.v[k] / secondBias) + 1e-8)
    }
    const slope = biasGradient / (total || 1)
    biasMean = 0.9 * biasMean + 0.1 * slope
    biasSquare = 0.999 * biasSquare + 0.001 * slope * slope
    bias -= (pace * (biasMean / firstBias)) / (Math.sqrt(biasSquare / secondBias) + 1e-8)
    if (step > steps * 0.75) {
      averaged++
      for (let k = 0; k < width; k++) average[k] += (model.w[k] - average[k]) / averaged
      averageBias += (bias - averageBias) / averaged
    }
  }
  const folded = average.map((weight, k) => weight * scales[k])
  return { weights: folded, bias: averageBias - folded.reduce((sum, weight, k) => sum + weight * means[k], 0) }
}

export const scoreRow = ({ weights, bias }: LinearModel, { width, values }: Matrix, row: number): number => {
  let score = bias
  for (let k = 0; k < width; k++) score += weights[k] * values[row * width + k]
  return score
}

export const sigmoid = (score: number): number => 1 / (1 + Math.exp(-score))

/** One over the deviation; features that hardly vary are not blown up. */
export const standardise = ({ width, values }: Matrix, rows: readonly number[]) => {
  const [means, squares] = [new Float64Array(width), new Float64Array(width)]
  for (const row of rows)
    for (let k = 0; k < width; k++) {
      const value = values[row * width + k]
      means[k] += value
      squares[k] += value * value
    }
  const count = Math.max(1, rows.length)
  const deviations = means.map((sum, k) => Math.sqrt(Math.max(0, squares[k] / count - (sum / count) ** 2)))
  const usual = deviations.reduce((sum, deviation) => sum + deviation, 0) / width
  return {
    means: Float32Array.from(means, sum => sum / count),
    scales: Float32Array.from(deviations, deviation => 1 / (deviation + 0.5 * usual || 1)),
  }
}

export const shuffle = (items: Int32Array, next: () => number): void => {
  for (let at = items.length - 1; at > 0; at--) {
    const other = Math.floor(next() * (at + 1))
    const kept = items[at]
    items[at] = items[other]
    items[other] = kept
  }
}

export interface Calibration {
  readonly slope: number
  readonly shift: number
}

/** Platt's: a probability is sigmoid(slope · score + shift), fitted by Newton's steps with Platt's softened targets. */
export const fitCalibration = (
  scores: readonly number[],
  targets: readonly number[],
  weights: readonly number[],
): Calibration => {
  const sumOf = (wanted: number) => weights.reduce((sum, weight, i) => sum + (targets[i] === wanted ? weight : 0), 0)
  const [yes, no] = [sumOf(1), sumOf(0)]
  const softened = targets.map(target => (target === 1 ? (yes + 1) / (yes + 2) : 1 / (no + 2)))
  let [slope, shift] = [1, 0]
  for (let round = 0; round < 50; round++) {
    let [g0, g1, h00, h01, h11] = [1e-6 * (slope - 1), 0, 1e-6, 0, 1e-6]
    for (const [i, score] of scores.entries()) {
      const probability = sigmoid(slope * score + shift)
      const error = (probability - softened[i]) * weights[i]
      const curvature = probability * (1 - probability) * weights[i]
      g0 += error * score
      g1 += error
      h00 += curvature * score * score
      h01 += curvature * score
      h11 += curvature
    }
    const determinant = h00 * h11 - h01 * h01
    const [stepSlope, stepShift] = [(g0 * h11 - g1 * h01) / determinant, (g1 * h00 - g0 * h01) / determinant]
    const length = Math.min(1, 2 / Math.max(Math.abs(stepSlope), Math.abs(stepShift), 1e-12))
    slope -= stepSlope * length
    shift -= stepShift * length
    if (Math.abs(stepSlope) + Math.abs(stepShift) < 1e-9) break
  }
  return { slope, shift }
}
