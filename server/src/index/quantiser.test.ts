// Templates and probes as int8: rounding, what the centre changes, and what does not fit.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DIMENSIONS, FACE_CENTRE, makeFaces, makeTemplates } from './index.fixture.ts'
import { createQuantiser, LARGEST_BALANCE } from './quantiser.ts'

const DISTRIBUTION = { centre: FACE_CENTRE, largest: 0.2 }

function writeRow(quantiser: ReturnType<typeof createQuantiser>, template: Float32Array): Int8Array | null {
  const row = new Int8Array(template.length)
  return quantiser.write(template, row, 0) ? row : null
}

test('without a distribution a row is the unit template in steps, rounded', () => {
  const quantiser = createQuantiser({ dimensions: 4, scale: 100 })
  assert.deepEqual([...writeRow(quantiser, Float32Array.of(3, -4, 0, 0))!], [60, -80, 0, 0])
  assert.deepEqual([...writeRow(quantiser, new Float32Array(4))!], [0, 0, 0, 0])
})

test('a template beyond the range is refused, and its row is zeros', () => {
  const quantiser = createQuantiser({ dimensions: 4, scale: 1000 })
  const row = new Int8Array(12).fill(1)
  assert.equal(quantiser.write(Float32Array.of(3, -4, 0, 0), row, 4), false)
  assert.deepEqual([...row], [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1])
  assert.equal(quantiser.write(Float32Array.of(Number.NaN, 1, 0, 0), row, 4), false)
  assert.deepEqual([...quantiser.measure(Float32Array.of(3, -4, 0, 0))], [600, -800, 0, 0])
  assert.deepEqual([...quantiser.measure(Float32Array.of(Number.NaN, 1, 0, 0))], [0, 0, 0, 0])
})

test('around a centre, steps are finer and rounding errors cancel out along it', () => {
  const quantiser = createQuantiser({ dimensions: DIMENSIONS, distribution: DISTRIBUTION })
  assert.equal(quantiser.scale, 127 / 0.2)
  const length = Math.hypot(...FACE_CENTRE)
  let squares = 0
  for (const template of makeFaces(1000)) {
    const row = writeRow(quantiser, template)!
    const errors = quantiser.measure(template).map((exact, i) => row[i]! - exact)
    const along = errors.reduce((sum, error, i) => sum + (error * FACE_CENTRE[i]!) / length, 0)
    assert.ok(Math.abs(along) < LARGEST_BALANCE + 1e-5)
    assert.ok(errors.every(error => Math.abs(error) <= 1))
    squares += errors.reduce((sum, error) => sum + error * error, 0)
  }
  // The allowance of shortlist.ts for the components that were rounded the other way.
  assert.ok(squares / (1000 * DIMENSIONS) < 1.1 / 12)
})

test('a template whose errors cannot be made to cancel out is refused', () => {
  const centre = Float32Array.of(0.9, 0, 0, 0)
  const quantiser = createQuantiser({ dimensions: 4, distribution: { centre, largest: 1.27 } })
  assert.equal(writeRow(quantiser, Float32Array.of(0.8, 0.6, 0, 0))?.[1], 60)
  assert.equal(writeRow(quantiser, Float32Array.of(0.804, 0.6, 0, 0)), null)
})

test('a probe fills int8 and is never clipped', () => {
  const quantiser = createQuantiser({ dimensions: DIMENSIONS, distribution: DISTRIBUTION })
  for (const template of [...makeTemplates(50), ...makeFaces(50)]) {
    const probe = quantiser.prepare(template.map(value => value * 3))
    assert.equal(Math.max(...probe.row.map(Math.abs)), 127)
    probe.row.forEach((value, i) => {
      assert.ok(Math.abs(value - template[i]! * probe.scale) < 0.501)
    })
    const centreDot = template.reduce((sum, value, i) => sum + value * FACE_CENTRE[i]!, 0)
    assert.ok(Math.abs(probe.centreDot - centreDot) < 1e-5)
  }
})

test('how much of a probe lies at right angles to the centre', () => {
  const distribution = { centre: Float32Array.of(0.5, 0), largest: 1 }
  const quantiser = createQuantiser({ dimensions: 2, distribution })
  assert.ok(Math.abs(quantiser.prepare(Float32Array.of(4, 3)).across - 0.36) < 1e-6)
  assert.equal(createQuantiser({ dimensions: 2 }).prepare(Float32Array.of(4, 3)).across, 1)
  assert.deepEqual([...quantiser.prepare(new Float32Array(2)).row], [0, 0])
})

test('a distribution of another length or without an extent is a TypeError', () => {
  const make = (centre: Float32Array, largest: number) => () =>
    createQuantiser({ dimensions: 2, distribution: { centre, largest } })
  assert.throws(make(new Float32Array(3), 1), TypeError)
  assert.throws(make(Float32Array.of(0, Number.NaN), 1), TypeError)
  for (const largest of [0, -1, Number.NaN, Infinity]) assert.throws(make(new Float32Array(2), largest), TypeError)
})
