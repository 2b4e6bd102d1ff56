// Bounds of a share.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeShare, shareOf } from './wilson.ts'

test('the bounds are those of Wilson', () => {
  // The example of a text book: 81 of 263 lie between 25.53 % and 36.62 %.
  const { share, low, high } = shareOf(81, 263)
  assert.ok(Math.abs(share - 0.308) < 1e-3)
  assert.ok(Math.abs(low - 0.2553) < 1e-4 && Math.abs(high - 0.3662) < 1e-4)
})

test('nothing wrong of few leaves much room, and nothing counted leaves all', () => {
  assert.equal(shareOf(0, 10).low, 0)
  assert.ok(Math.abs(shareOf(0, 10).high - 0.2775) < 1e-4)
  assert.ok(shareOf(10, 10).high > 1 - 1e-9)
  assert.deepEqual([shareOf(0, 0).low, shareOf(0, 0).high], [0, 1])
  assert.equal(describeShare(shareOf(0, 0)), 'none')
  assert.equal(describeShare(shareOf(5, 1000)), '0.5 % (0.2 to 1.2, n = 1,000)')
})
