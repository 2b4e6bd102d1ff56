// The threshold over what is left equals the one that sorting all comparisons gives.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectTemplates, countPairs, dotAt } from './all-pairs.ts'
import { createThresholds } from './quality-thresholds.ts'

test('as found by sorting every comparison of two people', () => {
  const pictures = Array.from({ length: 120 }, (_, index) => ({
    identity: `P${index >> 1}`,
    name: `P${index >> 1}_${(index & 1) + 1}`,
    template: Float32Array.of(Math.cos(index * 1.7), Math.sin(index * 1.7)),
  }))
  const set = collectTemplates(pictures)
  const ranks = Float64Array.from({ length: 120 }, (_, index) => ((index * 37) % 120) / 120)
  const thresholds = createThresholds(set, countPairs(set).different, 1e-2)
  for (const share of [0, 0.05, 0.2]) {
    const scores: number[] = []
    for (let one = 0; one < 120; one++)
      for (let other = one + 1; other < 120; other++)
        if (one >> 1 !== other >> 1 && ranks[one] >= share && ranks[other] >= share)
          scores.push(dotAt(set.rows, one, set.rows, other, 2))
    scores.sort((a, b) => b - a)
    assert.equal(thresholds.at(ranks, share), scores[Math.floor(scores.length * 1e-2 + 1e-9)])
  }
})
