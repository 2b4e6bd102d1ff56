// The arithmetic of token buckets, with a clock that stands still until it is moved.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLimiter } from './token-bucket.ts'

const open = () => {
  let nowMs = Date.parse('2031-02-03T04:05:06Z')
  const limiter = createLimiter({ now: () => new Date(nowMs) })
  return {
    take: (rate: { requestsPerSecond: number; burst: number }, key = 'key') => limiter.take(key, rate),
    pass(ms: number) {
      nowMs += ms
    },
  }
}

test('a burst goes through at once, then as many as the rate lets through', async () => {
  const { take, pass } = open()
  const rate = { requestsPerSecond: 4, burst: 3 }
  const first = await take(rate)
  assert.deepEqual(first, { isAllowed: true, remaining: 2, retryAfterMs: 0, fullAfterMs: 250 })
  assert.deepEqual([(await take(rate)).remaining, (await take(rate)).remaining], [1, 0])
  assert.deepEqual(await take(rate), { isAllowed: false, remaining: 0, retryAfterMs: 250, fullAfterMs: 750 })
  pass(249)
  assert.deepEqual(await take(rate), { isAllowed: false, remaining: 0, retryAfterMs: 1, fullAfterMs: 501 })
  pass(1)
  assert.equal((await take(rate)).isAllowed, true)
  assert.equal((await take(rate)).isAllowed, false)
})

test('refused calls cost nothing, and a pause fills the bucket and no more', async () => {
  const { take, pass } = open()
  const rate = { requestsPerSecond: 10, burst: 2 }
  for (let call = 0; call < 50; call++) await take(rate)
  pass(100)
  assert.equal((await take(rate)).isAllowed, true)
  pass(3_600_000)
  const answers = [await take(rate), await take(rate), await take(rate)]
  assert.deepEqual(
    answers.map(({ isAllowed }) => isAllowed),
    [true, true, false],
  )
})

test('thirds of a second add up to whole calls', async () => {
  const { take, pass } = open()
  const rate = { requestsPerSecond: 3, burst: 1 }
  await take(rate)
  for (let part = 0; part < 3; part++) {
    pass(333)
    assert.equal((await take(rate)).isAllowed, false)
    pass(1)
    assert.equal((await take(rate)).isAllowed, true)
  }
})

test('each key has a bucket of its own, and a changed rate counts at once', async () => {
  const { take, pass } = open()
  const rate = { requestsPerSecond: 1, burst: 1 }
  await take(rate)
  assert.equal((await take(rate)).isAllowed, false)
  assert.equal((await take(rate, 'other')).isAllowed, true)
  pass(100)
  assert.equal((await take({ requestsPerSecond: 10, burst: 1 })).isAllowed, true)
})

test('a clock that is put back neither fills the bucket nor empties it', async () => {
  const { take, pass } = open()
  const rate = { requestsPerSecond: 1, burst: 2 }
  await take(rate)
  pass(-86_400_000)
  assert.equal((await take(rate)).isAllowed, true)
  assert.equal((await take(rate)).isAllowed, false)
  pass(1000)
  assert.equal((await take(rate)).isAllowed, true)
})

test('buckets that are full again are forgotten, which changes nothing', async () => {
  const { take, pass } = open()
  const rate = { requestsPerSecond: 1, burst: 2 }
  for (let key = 0; key < 999; key++) await take(rate, `key-${key}`)
  pass(1000)
  for (let key = 0; key < 3; key++)
    assert.deepEqual(await take(rate, `key-${key}`), {
      isAllowed: true,
      remaining: 1,
      retryAfterMs: 0,
      fullAfterMs: 1000,
    })
})
