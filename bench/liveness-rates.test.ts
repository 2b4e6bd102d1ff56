// Error rates of liveness, its threshold for a share of refused faces, and the area under its curve.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areaUnder, ratesAt, type ScoredFace, thresholdFor } from './liveness-rates.ts'

const faces = (kind: string, isLive: boolean, ...scores: number[]): ScoredFace[] =>
  scores.map(score => ({ kind, isLive, score }))

test('real faces are wrong below the threshold, attacks at or above it, each kind by itself', () => {
  const rates = ratesAt(
    [
      ...faces('portraits', true, 0.2, 0.5, 0.9, 0.9),
      ...faces('print', false, 0.5, 0.1),
      ...faces('screen', false, 0.4),
    ],
    0.5,
  )
  assert.deepEqual(
    rates.map(({ kind, isLive, rate: { count, of } }) => [kind, isLive, count, of]),
    [
      ['portraits', true, 1, 4],
      ['print', false, 1, 2],
      ['screen', false, 0, 1],
    ],
  )
})

test('the threshold refuses no more than the share, collections counting alike', () => {
  const ten = faces('one', true, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
  assert.equal(thresholdFor(ten, 0.1), 0.2)
  assert.equal(thresholdFor(ten, 0.05), 0.1)
  // Ten of one collection weigh as much as one of another.
  assert.equal(thresholdFor([...ten, ...faces('other', true, 0.05)], 0.5), 0.1)
  assert.equal(thresholdFor([...ten, ...faces('print', false, 0.01)], 0.1), 0.2)
  assert.equal(thresholdFor(ten, 1), 1)
})

test('the area under the curve counts pairs, ties half', () => {
  assert.equal(areaUnder([...faces('a', true, 0.8, 0.9), ...faces('b', false, 0.1, 0.2)]), 1)
  assert.equal(areaUnder([...faces('a', true, 0.1, 0.9), ...faces('b', false, 0.5)]), 0.5)
  assert.equal(areaUnder([...faces('a', true, 0.5), ...faces('b', false, 0.5)]), 0.5)
})
