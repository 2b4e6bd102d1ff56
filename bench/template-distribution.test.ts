// Tests of template-distribution.ts: the mean, and the largest distance from it with its margin.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findDistribution } from './template-distribution.ts'

test('the centre is the mean, and the largest component has a margin of a quarter', () => {
  const rows = Float32Array.of(0.6, 0.8, 0.8, 0.6, 0.7, 0.4)
  assert.deepEqual(findDistribution(rows, 2), { centre: [0.7, 0.6], largest: 0.25 })
})

test('numbers are rounded to five decimals', () => {
  const { centre, largest } = findDistribution(Float32Array.of(1, 0, 0), 1)
  assert.deepEqual(centre, [0.33333])
  assert.equal(largest, 0.83334)
})
