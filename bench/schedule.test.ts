import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as settle } from 'node:timers/promises'
import { type Outcome, runConstantRate } from './load.ts'
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
  let now = 1000
  const clock = {
    now: () => now,
    async sleep(ms: number) {
      // What has been answered is noted before time goes on.
      await settle()
      now += ms
    },
  }
  const sent: number[] = []
  const send = async (index: number): Promise<Outcome> => {
    sent.push(index)
    // The first holds everything up for 25 ms, while the second and the third become due.
    if (index === 0) now += 25
    return index === 2 ? 'failed' : 'done'
  }
  const figures = await runConstantRate(send, 100, 0.05, clock)
  assert.deepEqual(sent, [0, 1, 2, 3, 4])
  assert.deepEqual([figures.done, figures.refused, figures.failed], [4, 0, 1])
  assert.deepEqual(figures.latenciesMs, [25, 15, 5, 0, 0])
})
