// Tests of rates.ts on made-up scores with known answers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptRateAt, bestThreshold, measureFolds, type ScoredPair } from './rates.ts'

const make = (same: boolean, ...scores: (number | null)[]): ScoredPair[] => scores.map(score => ({ same, score }))

test('the best threshold lies midway between the neighbouring scores', () => {
  assert.equal(bestThreshold([...make(true, 0.8, 0.9), ...make(false, 0.2, 0.4)]), (0.4 + 0.8) / 2)
})

test('of equally good thresholds the middle one is taken', () => {
  // Above 0.1, 0.3 or 0.5 one pair is wrong; the cuts lie at 0.15, 0.35 and 0.55 or so.
  const pairs = [...make(false, 0.1, 0.3, 0.5), ...make(true, 0.2, 0.4, 0.6)]
  assert.equal(bestThreshold(pairs), (0.3 + 0.4) / 2)
})

test('equal scores are never split', () => {
  const threshold = bestThreshold([...make(true, 0.5, 0.5, 0.9), ...make(false, 0.5, 0.1)])
  assert.ok(Math.abs(threshold - 0.3) < 1e-12)
})

test('each fold is judged with the threshold of the others', () => {
  // Folds are alike but for the last, whose pair of two people scores as high as one person's: 9 x 1 + 1 x 1/2.
  const pairs = [...make(true, ...Array(10).fill(0.9)), ...make(false, ...Array(9).fill(0.1), 0.95)]
  const { accuracy, deviation, thresholds } = measureFolds(pairs, 10)
  assert.ok(Math.abs(accuracy - 0.95) < 1e-12)
  assert.ok(Math.abs(deviation - Math.sqrt((9 * 0.05 ** 2 + 0.45 ** 2) / 9)) < 1e-12)
  assert.ok(thresholds.every(threshold => threshold === 0.5))
})

test('interleaved and grouped files give the same folds', () => {
  const same = make(true, ...Array.from({ length: 20 }, (_, i) => 0.3 + i / 40))
  const different = make(false, ...Array.from({ length: 20 }, (_, i) => 0.1 + i / 40))
  const grouped = measureFolds([...same, ...different], 10)
  const interleaved = measureFolds(
    same.flatMap((pair, i) => [pair, different[i]]),
    10,
  )
  assert.deepEqual(interleaved, grouped)
})

test('a pair without a score is an error of either kind', () => {
  const pairs = [...make(true, null, ...Array(9).fill(0.9)), ...make(false, null, ...Array(9).fill(0.1))]
  assert.ok(Math.abs(measureFolds(pairs, 10).accuracy - 0.9) < 1e-12)
})

test('the accept rate allows as many false matches as the rate says, and no more', () => {
  const different = Array.from({ length: 1000 }, (_, i) => i / 1000)
  // Ten may match: the threshold is the eleventh highest, 0.989, and 0.989 itself does not pass.
  assert.equal(acceptRateAt([0.99, 0.9895, 0.989, 0.5], different, 1e-2), 0.5)
  assert.equal(acceptRateAt([0.999, 0.9985, 0.99, 0.5], different, 1e-3), 0.5)
  assert.equal(acceptRateAt([0.999, null], different, 1e-2), 0.5)
})

test('a rate that allows no false match at all is not supported', () => {
  assert.equal(acceptRateAt([1], Array(3000).fill(0), 1e-4), null)
  assert.equal(acceptRateAt([1], Array(3000).fill(0), 1e-3), 1)
  assert.equal(acceptRateAt([], Array(3000).fill(0), 1e-2), null)
})
