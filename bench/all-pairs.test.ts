// Tests of all-pairs.ts and tally.ts against brute force.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dotOf } from '../server/src/core/score.ts'
import { collectTemplates, countPairs, dotAt, type LabelledTemplate } from './all-pairs.ts'
import { NO_LABEL_ERRORS } from './label-errors.ts'
import { makePeople } from './samples.ts'
import { BIN_WIDTH, createTally } from './tally.ts'

/** Every cosine of one person and of two, highest first. */
const compareAll = (pictures: readonly LabelledTemplate[]) => {
  const scores: { same: number[]; different: number[] } = { same: [], different: [] }
  pictures.forEach((one, i) => {
    for (const other of pictures.slice(i + 1)) {
      scores[one.identity === other.identity ? 'same' : 'different'].push(dotOf(one.template, other.template))
    }
  })
  return { same: scores.same.sort((a, b) => b - a), different: scores.different.sort((a, b) => b - a) }
}

const pictures = makePeople(50, 4)

test('counts what brute force counts on 200 vectors', () => {
  const { same, different } = countPairs(collectTemplates(pictures))
  const brute = compareAll(pictures)
  assert.equal(same.total(), 50 * 6)
  assert.equal(different.total(), (200 * 199) / 2 - 300)
  for (const rank of [1, 2, 100, 4096, 5000, 15_000, 19_600]) {
    const error = different.scoreAt(rank) - brute.different[rank - 1]
    assert.ok(rank <= 4096 ? Math.abs(error) < 1e-12 : error >= -1e-12 && error <= BIN_WIDTH, `rank ${rank}: ${error}`)
  }
  assert.ok(brute.same.every((score, i) => Math.abs(same.scoreAt(i + 1) - score) < 1e-12))
})

test('names the highest pairs', () => {
  const set = collectTemplates(pictures)
  const best = countPairs(set).different.top()[0]
  const [one, other] = [pictures[best.one], pictures[best.other]]
  assert.equal(set.names[best.one], one.name)
  assert.notEqual(one.identity, other.identity)
  assert.ok(Math.abs(dotOf(one.template, other.template) - compareAll(pictures).different[0]) < 1e-12)
})

test('leaves out wrongly labelled pictures and pairs of two names of one person', () => {
  const errors = { pictures: new Set(['Person_3_0001']), names: [['Person_1', 'Person_2'] as const] }
  const { same, different, leftOut } = countPairs(collectTemplates(pictures, errors))
  assert.equal(leftOut, 16)
  assert.equal(same.total(), 49 * 6 + 3)
  assert.equal(different.total(), (199 * 198) / 2 - same.total() - 16)
  assert.deepEqual(collectTemplates(pictures, NO_LABEL_ERRORS).names.length, 200)
})

test('a dot product takes any number of dimensions', () => {
  const [a, b] = [Float32Array.of(9, 9, 9, 1, 2, 3), Float32Array.of(4, 5, 6)]
  assert.equal(dotAt(a, 1, b, 0, 3), 32)
  const long = Float32Array.from({ length: 131 }, (_, i) => i % 7)
  assert.equal(dotAt(long, 0, long, 0, 131), dotOf(long, long))
})

test('a tally counts above a score exactly among the highest and never too many below', () => {
  const tally = createTally(100)
  const scores = Array.from({ length: 10_000 }, (_, i) => ((i * 7919) % 10_000) / 5000 - 1)
  for (const score of scores) tally.add(score, 0, 0)
  assert.equal(tally.top().length, 100)
  for (const score of [0.999, 0.99, 0.981]) {
    assert.equal(tally.countAbove(score), scores.filter(each => each > score).length)
  }
  for (const score of [0.9, 0, -0.5, -1]) {
    const short = scores.filter(each => each > score).length - tally.countAbove(score)
    assert.ok(short >= 0 && short <= 1, `short of ${short} at ${score}`)
  }
  assert.throws(() => tally.scoreAt(10_001), RangeError)
  assert.equal(createTally().countAbove(0), 0)
})
