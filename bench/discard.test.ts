// Error versus discard on pairs counted by hand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureDiscards, rankPictures } from './discard.ts'

test('a picture ranks by the share of worse ones', () => {
  assert.deepEqual([...rankPictures([5, 1, 3, 1])], [0.75, 0, 0.5, 0.25])
})

test('a pair is left out with its worse picture, and counts as a miss up to the threshold', () => {
  const pairs = [
    { one: 0, other: 1, score: 0.2, person: 0 },
    { one: 0, other: 2, score: 0.9, person: 0 },
    { one: 2, other: 3, score: 0.5, person: 1 },
    { one: 3, other: 0, score: 0.9, person: 1 },
  ]
  const ranks = rankPictures([4, 1, 3, 2])
  const [all, some, most] = measureDiscards(pairs, ranks, [0, 0.25, 0.5], () => 0.5)
  assert.deepEqual([all.pairs, all.misses, all.fnmr, all.reduction], [4, 2, 0.5, 0])
  assert.deepEqual([some.pairs, some.misses], [3, 1])
  assert.ok(Math.abs(some.reduction - 1 / 3) < 1e-12)
  assert.deepEqual([most.pairs, most.misses, most.reduction], [1, 0, 1])
  assert.deepEqual([all.low, all.high], [0, 0])
})

test('the threshold may follow the share that is left out', () => {
  const pairs = [{ one: 0, other: 1, score: 0.5, person: 0 }]
  const points = measureDiscards(pairs, rankPictures([1, 2, 0]), [0, 0.3], share => 0.4 + share)
  assert.deepEqual(
    points.map(({ misses }) => misses),
    [0, 1],
  )
})

test('the bounds hold the reduction, and are the same in each run', () => {
  const pairs = Array.from({ length: 400 }, (_, index) => ({
    one: index,
    other: 400 + index,
    score: index % 10 === 0 ? 0 : 1,
    person: index,
  }))
  const ranks = rankPictures(Array.from({ length: 800 }, (_, index) => (index % 20 === 0 ? 0 : 1)))
  const measure = () => measureDiscards(pairs, ranks, [0.04], () => 0.5)[0]
  const { low, high, reduction } = measure()
  assert.ok(low < reduction && reduction < high)
  assert.deepEqual(measure(), measure())
})
