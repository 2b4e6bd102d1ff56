// Segments: growth without copying, and what they cost.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstRowOf, rowsIn, segmentOf } from './segments.ts'

test('segments follow each other without a gap', () => {
  for (let segment = 0; segment < 40; segment += 1) {
    assert.equal(firstRowOf(segment + 1), firstRowOf(segment) + rowsIn(segment))
    assert.equal(segmentOf(firstRowOf(segment)), segment)
    assert.equal(segmentOf(firstRowOf(segment + 1) - 1), segment)
  }
})

test('segments double from 128 to 131,072 rows', () => {
  assert.deepEqual([0, 1, 2, 9, 10, 11, 12, 100].map(rowsIn), [128, 256, 512, 65536, 131072, 131072, 131072, 131072])
})
