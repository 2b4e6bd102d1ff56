import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runConstantRate } from './load.ts'
import { countArrivals, countDue, dueAt } from './schedule.ts'

test('Arrivals are evenly spaced and do not drift', () => {
  assert.equal(dueAt(0, 30), 0)
  assert.equal(dueAt(1, 40), 25)
  assert.equal(dueAt(30_000_000, 30), 1_000_000_000)
})

test('Every arrival is due from its time on, and not before', () => {
  for (const rate of [0.5, 3, 21.6, 30, 999.7]) {
    for (const index of [0, 1, 7, 100, 12_345]) {
      assert.equal(countDue(dueAt(index, rate), rate), index + 1, `arrival ${index} at ${rate} per second`)
      assert.equal(
        countDue(dueAt(index, rate) - 0.01, rate),
        index,
        `just before arrival ${index} at ${rate} per second`,
      )
    }
  }
})

test('A run has as many arrivals as its rate and length say, and at least one', () => {
  assert.equal(countArrivals(20, 21.6), 432)
  assert.equal(countArrivals(1, 0.2), 1)
})

test('Latency counts from when a request was due: what waits behind a blocked sender is charged for it', async () => {
  const block = (ms: number): void => {
    const until = performance.now() + ms
    while (performance.now() < until);
  }
  const sent: number[] = []
  const figures = await runConstantRate(
    async index => {
      sent.push(index)
      if (index === 0) block(60)
      return index === 2 ? 'failed' : 'done'
    },
    100,
    0.05,
  )
  assert.deepEqual(sent, [0, 1, 2, 3, 4])
  assert.deepEqual([figures.done, figures.refused, figures.failed], [4, 0, 1])
  // The second was due 10 ms after the first began to block, which it did for 60.
  assert.ok(figures.latenciesMs[1] >= 50)
})
