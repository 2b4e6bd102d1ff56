// A network of one hidden layer for a yes or no, by Adam in small batches, features dropped out at random. Deterministic for
// a seed. Knows nothing of faces.
import { createRandom } from '../bench/random.ts'
import { type Calibration, type FitOptions, type Matrix, shuffle, sigmoid, standardise } from './logistic.ts'

/** score = bias + Σ outer[h] · max(0, inner[h] · features + shifts[h]). */
export interface SmallNetwork {
  /** `hidden` rows of as many values as there are features. */
  readonly inner: Float32Array
  readonly shifts: Float32Array
  readonly outer: Float32Array
  readonly bias: number
}

const BATCH = 128
/** Share of the features that are left out of a sample. */
const DROPPED = 0.2

export interface NetworkOptions extends FitOptions {
  /** A multiple of four. */
  readonly hidden: number
}

/** As `fitLogistic`: fits to the rows with these indices, and the network returned takes raw features. */
export const fitNetwork = (
  matrix: Matrix,
  rows: readonly number[],
  targets: Float32Array,
  weights: Float32Array,
  { seed, hidden, epochs = 10, penalty = 1e-4, rate = 2e-3 }: NetworkOptions,
): SmallNetwork => {
  const { width } = matrix
  const { means, scales } = standardise(matrix, rows)
  const random = createRandom(seed)
  const layout = {
    width,
    hidden,
    shifts: hidden * width,
    outer: hidden * width + hidden,
    bias: hidden * width + 2 * hidden,
  }
  const optimiser = createAdam(startOf(layout, random.next), penalty, layout.shifts)
  const order = Int32Array.from(rows)
  const batches = Math.ceil(order.length / BATCH)
  const steps = epochs * batches
  const input = new Float32Array(width)
  for (let step = 1; step <= steps; step++) {
    const batch = (step - 1) % batches
    if (batch === 0) shuffle(order, random.next)
    optimiser.gradient.fill(0)
    let total = 0
    for (const row of order.subarray(batch * BATCH, (batch + 1) * BATCH)) {
      fillInput(input, matrix, row, means, scales, random.next)
      addGradient(optimiser.values, optimiser.gradient, layout, input, targets[row], weights[row])
      total += weights[row]
    }
    // Falls to nothing along half a cosine.
    optimiser.step(rate * 0.5 * (1 + Math.cos((Math.PI * step) / steps)), total || 1)
  }
  return fold(optimiser.values, layout, means, scales)
}

interface Layout {
  readonly width: number
  readonly hidden: number
  /** Where these begin among the values. */
  readonly shifts: number
  readonly outer: number
  readonly bias: number
}

const startOf = ({ width, hidden, shifts, outer, bias }: Layout, next: () => number): Float32Array => {
  const values = new Float32Array(bias + 1)
  for (let at = 0; at < shifts; at++) values[at] = (2 * next() - 1) / Math.sqrt(width)
  for (let at = outer; at < bias; at++) values[at] = (2 * next() - 1) / Math.sqrt(hidden)
  return values
}

/** What is kept is made larger, so that the sums stay as they are. One draw of 32 bits decides of several features. */
const fillInput = (
  input: Float32Array,
  { width, values }: Matrix,
  row: number,
  means: Float32Array,
  scales: Float32Array,
  next: () => number,
): void => {
  const start = row * width
  const kept = 1 / (1 - DROPPED)
  let bits = 0
  for (let k = 0; k < width; k++) {
    if (k % 4 === 0) bits = (next() * 2 ** 32) >>> 0
    const isDropped = ((bits >>> (8 * (k % 4))) & 0xff) < 256 * DROPPED
    input[k] = isDropped ? 0 : (values[start + k] - means[k]) * scales[k] * kept
  }
}

// Four units at a time: their sums do not wait for each other, which makes the loops twice as fast.
const addGradient = (
  values: Float32Array,
  gradient: Float32Array,
  { width, hidden, shifts, outer, bias }: Layout,
  input: Float32Array,
  target: number,
  weight: number,
): void => {
  const active = new Float32Array(hidden)
  let score = values[bias]
  for (let unit = 0; unit < hidden; unit += 4) {
    let [one, two, three, four] = [0, 0, 0, 0]
    for (let k = 0, at = unit * width; k < width; k++, at++) {
      const value = input[k]
      one += values[at] * value
      two += values[at + width] * value
      three += values[at + 2 * width] * value
      four += values[at + 3 * width] * value
    }
    active.set([one, two, three, four], unit)
  }
  for (let unit = 0; unit < hidden; unit++) {
    active[unit] = Math.max(0, active[unit] + values[shifts + unit])
    score += values[outer + unit] * active[unit]
  }
  const error = (sigmoid(score) - target) * weight
  gradient[bias] += error
  const back = active.map((value, unit) => (value > 0 ? error * values[outer + unit] : 0))
  for (let unit = 0; unit < hidden; unit++) {
    gradient[outer + unit] += error * active[unit]
    gradient[shifts + unit] += back[unit]
  }
  for (let unit = 0; unit < hidden; unit += 4) {
    const [one, two, three, four] = back.subarray(unit, unit + 4)
    for (let k = 0, at = unit * width; k < width; k++, at++) {
      const value = input[k]
      gradient[at] += one * value
      gradient[at + width] += two * value
      gradient[at + 2 * width] += three * value
      gradient[at + 3 * width] += four * value
    }
  }
}

/** The first `penalised` values are pulled to zero. */
const createAdam = (values: Float32Array, penalty: number, penalised: number) => {
  const gradient = new Float32Array(values.length)
  const [first, second] = [new Float32Array(values.length), new Float32Array(values.length)]
  let count = 0
  return {
    values,
    gradient,
    step(pace: number, total: number): void {
      count++
      const [firstBias, secondBias] = [1 - 0.9 ** count, 1 - 0.999 ** count]
      for (let at = 0; at < values.length; at++) {
        const slope = gradient[at] / total + (at < penalised ? penalty * values[at] : 0)
        first[at] = 0.9 * first[at] + 0.1 * slope
        second[at] = 0.999 * second[at] + 0.001 * slope * slope
        values[at] -= (pace * (first[at] / firstBias)) / (Math.sqrt(second[at] / secondBias) + 1e-8)
      }
    },
  }
}

/** The standardisation becomes part of the inner weights. */
const fold = (
  values: Float32Array,
  { width, hidden, shifts, outer, bias }: Layout,
  means: Float32Array,
  scales: Float32Array,
): SmallNetwork => {
  const inner = values.slice(0, shifts).map((value, at) => value * scales[at % width])
  const folded = values.slice(shifts, outer).map((shift, unit) => {
    const row = inner.subarray(unit * width, (unit + 1) * width)
    return row.reduce((sum, weight, k) => sum - weight * means[k], shift)
  })
  return { inner, shifts: folded, outer: values.slice(outer, outer + hidden), bias: values[bias] }
}

export const scoreFeatures = ({ inner, shifts, outer, bias }: SmallNetwork, features: Float32Array): number => {
  const width = features.length
  let score = bias
  for (let unit = 0; unit < shifts.length; unit++) {
    let sum = shifts[unit]
    const start = unit * width
    for (let k = 0; k < width; k++) sum += inner[start + k] * features[k]
    if (sum > 0) score += outer[unit] * sum
  }
  return score
}

export const calibrateNetwork = (network: SmallNetwork, { slope, shift }: Calibration): SmallNetwork => ({
  ...network,
  outer: network.outer.map(weight => weight * slope),
  bias: network.bias * slope + shift,
})

/** The inner weights in steps of a 127th of the largest of their unit, as they are stored. */
export const quantise = (network: SmallNetwork) => {
  const units = network.shifts.length
  const width = network.inner.length / units
  const steps = Float32Array.from({ length: units }, (_, unit) => {
    const row = network.inner.subarray(unit * width, (unit + 1) * width)
    return row.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12) / 127
  })
  const codes = Int8Array.from(network.inner, (value, at) => Math.round(value / steps[Math.floor(at / width)]))
  const inner = Float32Array.from(codes, (code, at) => code * steps[Math.floor(at / width)])
  return { codes, steps, network: { ...network, inner } }
}
