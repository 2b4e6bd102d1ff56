// The sliding window under a clock of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSlidingWindow } from './sliding-window.ts'

const open = (callsPerSecond: number) => {
  let nowMs = 1_000_000
  const window = createSlidingWindow({ now: () => new Date(nowMs) }, callsPerSecond)
  return {
    take: (key = 'a') => window.take(key),
    wait: (ms: number) => {
      nowMs += ms
    },
  }
}

test('of 51 calls within one second the last is refused, and told when to come back', () => {
  const { take, wait } = open(50)
  for (let call = 0; call < 50; call++) {
    assert.deepEqual(take(), { isAllowed: true, retryAfterMs: 0 }, `call ${call}`)
    wait(19)
  }
  assert.deepEqual(take(), { isAllowed: false, retryAfterMs: 50 })
  wait(49)
  assert.equal(take().isAllowed, false)
  wait(1)
  assert.equal(take().isAllowed, true)
})

test('no second holds more, wherever it begins', () => {
  const { take, wait } = open(5)
  const passed: number[] = []
  for (let ms = 0; ms < 5000; ms++, wait(1)) if (take().isAllowed) passed.push(ms)
  for (const start of passed) assert.ok(passed.filter(ms => ms >= start && ms < start + 1000).length <= 5)
  assert.equal(passed.length, 25)
})

test('refused calls cost nothing, keys are apart, and idle ones are forgotten', () => {
  const { take, wait } = open(1)
  assert.equal(take('a').isAllowed, true)
  for (let call = 0; call < 2000; call++) assert.equal(take('a').isAllowed, false)
  assert.equal(take('b').isAllowed, true)
  wait(1000)
  for (let call = 0; call < 2000; call++) take(`key ${call}`)
  assert.equal(take('a').isAllowed, true)
})

test('a clock that was put back keeps nobody out', () => {
  const { take, wait } = open(1)
  take()
  wait(-60_000)
  assert.equal(take().isAllowed, true)
})
