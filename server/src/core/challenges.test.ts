// Every pair that is allowed comes as often as any other, and no other ever.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseChallenges } from './challenges.ts'
import { CHALLENGES, HEAD_CHALLENGES } from './session-types.ts'

test('two different challenges, at least one of which moves the head', () => {
  for (let i = 0; i < 500; i++) {
    const challenges = chooseChallenges()
    assert.equal(new Set(challenges).size, 2)
    assert.ok(challenges.every(challenge => CHALLENGES.includes(challenge)))
    assert.ok(challenges.some(challenge => HEAD_CHALLENGES.includes(challenge)))
  }
})

test('chance picks among all 18 ordered pairs, each once', () => {
  const bounds = new Set<number>()
  const pairs = Array.from({ length: 18 }, (_, at) =>
    chooseChallenges(below => {
      bounds.add(below)
      return at
    }).join(' '),
  )
  assert.deepEqual([...bounds], [18])
  assert.equal(new Set(pairs).size, 18)
})

test('by default all pairs come equally often', () => {
  const counts = new Map<string, number>()
  for (let i = 0; i < 18_000; i++) {
    const pair = chooseChallenges().join(' ')
    counts.set(pair, (counts.get(pair) ?? 0) + 1)
  }
  assert.equal(counts.size, 18)
  // Deviation of 31 around 1,000: six of them are never seen.
  for (const [pair, count] of counts) assert.ok(Math.abs(count - 1000) < 190, `${pair} came ${count} times`)
})
