import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkpointsFor } from './memory.ts'
import { boundMedian, median, percentile, slopeOf } from './statistics.ts'

test('A percentile is a value that was measured: the smallest that enough others do not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  assert.equal(percentile(hundred, 0.5), 50)
  assert.equal(percentile(hundred, 0.99), 99)
  assert.equal(percentile(hundred, 1), 100)
  assert.equal(percentile(hundred, 0), 1)
  assert.equal(percentile([7], 0.99), 7)
  assert.equal(percentile([3, 1, 2], 0.99), 3)
  assert.ok(Number.isNaN(percentile([], 0.5)))
})

test('Percentiles leave the values in their order', () => {
  const values = [3, 1, 2]
  percentile(values, 0.5)
  median(values)
  assert.deepEqual(values, [3, 1, 2])
})

test('The median of an even count lies between the two in the middle', () => {
  assert.equal(median([5, 1, 3]), 3)
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.ok(Number.isNaN(median([])))
})

test('The slope of a line is found again, and noise that is even does not change it', () => {
  const line = [0, 1, 2, 3].map(x => ({ x, y: 5 + 2 * x }))
  assert.equal(slopeOf(line), 2)
  assert.ok(Math.abs(slopeOf([...line, ...line.map(({ x, y }) => ({ x, y: y + 1 }))])! - 2) < 1e-12)
})

test('The bounds of a median lie around it, closer the more there is, and within what was measured', () => {
  const counting = (length: number) => Array.from({ length }, (_, index) => length - index)
  assert.deepEqual(boundMedian(counting(100)), { least: 40, most: 61 })
  assert.deepEqual(boundMedian(counting(10_000)), { least: 4902, most: 5099 })
  assert.deepEqual(boundMedian([7]), { least: 7, most: 7 })
})

test('There is no slope without two different places', () => {
  assert.equal(slopeOf([]), null)
  assert.equal(slopeOf([{ x: 1, y: 1 }]), null)
  assert.equal(
    slopeOf([
      { x: 1, y: 1 },
      { x: 1, y: 9 },
    ]),
    null,
  )
})

test('Memory is looked at after 100, every 1,000 and the last enrolment, each once', () => {
  assert.deepEqual(checkpointsFor(2500), [100, 1000, 2000, 2500])
  assert.deepEqual(checkpointsFor(3000), [100, 1000, 2000, 3000])
  assert.deepEqual(checkpointsFor(60), [60])
  assert.deepEqual(checkpointsFor(500), [100, 500])
})
