// Decisions are counted as they are, and areas and least errors agree with counting by hand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areaOf, countDecisions, leastBalancedError } from './decisions.ts'

const decisions = [
  { score: 0.9, label: true },
  { score: 0.8, label: false },
  { score: 0.5, label: true },
  { score: 0.4, label: false },
  { score: 0.1, label: false },
]

test('a score of the threshold is a yes', () => {
  const { yes, no, error, falseYes, falseNo } = countDecisions(decisions, 0.5)
  assert.deepEqual([yes, no], [2, 3])
  assert.deepEqual([error.share, falseYes.share, falseNo.share], [1 / 5, 1 / 3, 0])
  assert.equal(countDecisions(decisions, 0.51).falseNo.share, 1 / 2)
})

test('the area is the chance that a yes scores above a no, ties counted half', () => {
  assert.equal(areaOf(decisions), 5 / 6)
  assert.equal(areaOf(decisions.map(each => ({ ...each, score: 1 }))), 0.5)
  assert.ok(Number.isNaN(areaOf(decisions.filter(({ label }) => label))))
})

test('the least balanced error is that of the best threshold', () => {
  assert.ok(Math.abs(leastBalancedError(decisions) - 1 / 6) < 1e-12)
  assert.equal(leastBalancedError(decisions.map(({ label }) => ({ score: label ? 1 : 0, label }))), 0)
})
