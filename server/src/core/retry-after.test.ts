// How long refused callers are sent away.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retryAfterSeconds } from './retry-after.ts'

test('as long as the work takes that waits, within 1 to 30 seconds', () => {
  for (const [waitMs, spread, seconds] of [
    [0, 0, 1],
    [0, 0.9, 1],
    [200, 0.9, 2],
    [4000, 0, 4],
    [4000, 0.5, 7],
    [4000, 0.99, 9],
    [60_000, 0, 30],
    [0, 0, 1],
  ] as const)
    assert.equal(
      retryAfterSeconds(waitMs, () => spread),
      seconds,
      `${waitMs} ms, ${spread}`,
    )
})

test('those who are refused together come back apart', () => {
  const times = new Set(Array.from({ length: 100 }, () => retryAfterSeconds(10_000)))
  assert.ok(times.size > 3)
})
