// The trainers learn what can be learned, the same each time, and what they store says the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../bench/random.ts'
import { fitCalibration, fitLogistic, type Matrix, scoreRow, sigmoid } from './logistic.ts'
import { calibrateNetwork, fitNetwork, quantise, scoreFeatures } from './small-network.ts'

const WIDTH = 8
const COUNT = 1200

/** Eight features, of which two decide: by their sum, or by whether they have the same sign. */
const makeToy = (isYes: (one: number, other: number) => boolean) => {
  const random = createRandom(5)
  const values = Float32Array.from({ length: COUNT * WIDTH }, () => 4 * random.next() - 2)
  const matrix: Matrix = { width: WIDTH, values }
  const rows = Array.from({ length: COUNT }, (_, row) => row)
  const targets = Float32Array.from(rows, row => (isYes(values[row * WIDTH], values[row * WIDTH + 1]) ? 1 : 0))
  return { matrix, rows, targets, weights: new Float32Array(COUNT).fill(1) }
}

const accuracyOf = (rows: readonly number[], targets: Float32Array, score: (row: number) => number): number =>
  rows.filter(row => score(row) > 0 === (targets[row] === 1)).length / rows.length

test('a plane is learned by the regression, and the model takes raw features', () => {
  const { matrix, rows, targets, weights } = makeToy((one, other) => one + other > 0.5)
  const model = fitLogistic(matrix, rows.slice(0, 900), targets, weights, { seed: 1, epochs: 60, rate: 0.02 })
  assert.ok(accuracyOf(rows.slice(900), targets, row => scoreRow(model, matrix, row)) > 0.96)
})

test('what no plane divides is learned by the network', () => {
  const { matrix, rows, targets, weights } = makeToy((one, other) => one * other > 0)
  const line = fitLogistic(matrix, rows, targets, weights, { seed: 1, epochs: 60, rate: 0.02 })
  assert.ok(accuracyOf(rows, targets, row => scoreRow(line, matrix, row)) < 0.7)
  const network = fitNetwork(matrix, rows.slice(0, 900), targets, weights, {
    seed: 1,
    hidden: 16,
    epochs: 150,
    rate: 0.02,
  })
  const featuresOf = (row: number) => matrix.values.subarray(row * WIDTH, (row + 1) * WIDTH)
  assert.ok(accuracyOf(rows.slice(900), targets, row => scoreFeatures(network, featuresOf(row))) > 0.88)
})

test('the same seed gives the same network, another seed another', () => {
  const { matrix, rows, targets, weights } = makeToy((one, other) => one > other)
  const fit = (seed: number) => fitNetwork(matrix, rows, targets, weights, { seed, hidden: 4, epochs: 2 })
  assert.deepEqual(fit(3), fit(3))
  assert.notDeepEqual(fit(3), fit(4))
})

test('rows that are not named, and weights of nothing, do not count', () => {
  const { matrix, rows, targets, weights } = makeToy((one, other) => one + other > 0)
  const turned = targets.map((target, row) => (row >= 900 ? 1 - target : target))
  const fit = (goals: Float32Array) => fitLogistic(matrix, rows.slice(0, 900), goals, weights, { seed: 1, epochs: 5 })
  assert.deepEqual(fit(targets), fit(turned))
})

test('stored in eight bits the scores hardly move', () => {
  const { matrix, rows, targets, weights } = makeToy((one, other) => one * other > 0)
  const network = fitNetwork(matrix, rows, targets, weights, { seed: 1, hidden: 8, epochs: 30, rate: 0.02 })
  const { codes, steps, network: stored } = quantise(network)
  assert.equal(codes.length, network.inner.length)
  assert.equal(steps.length, 8)
  assert.ok(codes.every(code => Math.abs(code) <= 127) && codes.some(code => Math.abs(code) === 127))
  for (const row of rows.slice(0, 50)) {
    const features = matrix.values.subarray(row * WIDTH, (row + 1) * WIDTH)
    const moved = sigmoid(scoreFeatures(stored, features)) - sigmoid(scoreFeatures(network, features))
    assert.ok(Math.abs(moved) < 0.05)
  }
})

test('calibrated probabilities are as often right as they say', () => {
  const random = createRandom(9)
  const scores = Array.from({ length: 4000 }, () => 6 * random.next() - 3)
  const targets = scores.map(score => (random.next() < sigmoid(2 * score - 1) ? 1 : 0))
  const { slope, shift } = fitCalibration(
    scores,
    targets,
    scores.map(() => 1),
  )
  assert.ok(Math.abs(slope - 2) < 0.2 && Math.abs(shift + 1) < 0.2)
  const network = { inner: Float32Array.of(1), shifts: Float32Array.of(0), outer: Float32Array.of(1), bias: 0 }
  const changed = calibrateNetwork(network, { slope: 2, shift: -1 })
  assert.equal(scoreFeatures(changed, Float32Array.of(3)), 5)
})
