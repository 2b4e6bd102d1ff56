// The error band of the int8 scan: which rows must be scored again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseScale, quantise } from './rows.ts'
import { cosineOf, lowestUncertainDot } from './shortlist.ts'

const DIMENSIONS = 128
const SCALE = chooseScale(DIMENSIONS)

/** Unit vectors around a common mean, as close together as faces are, or not at all. */
function makeVectors(count: number, mean: number): Float32Array[] {
  let state = 7
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  }
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: DIMENSIONS }, (_, i) => (i % 2 ? mean : -mean) + random()),
  )
}

function quantised(vector: Float32Array): Int8Array {
  const row = new Int8Array(DIMENSIONS)
  quantise(vector, SCALE, row, 0)
  return row
}

function dotOf(a: Int8Array, b: Int8Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0)
}

for (const [name, mean] of [
  ['spread out', 0],
  ['close together', 0.8],
] as const) {
  test(`no vector below the edge is better than the one that set it, ${name}`, () => {
    const [probe, ...vectors] = makeVectors(2001, mean)
    const row = quantised(probe!)
    const scored = vectors.map(vector => ({ dot: dotOf(row, quantised(vector)), cosine: cosineOf(probe!, vector) }))
    let narrowest = Infinity
    for (const a of scored) {
      const edge = lowestUncertainDot(a.dot, SCALE)
      assert.ok(edge < a.dot)
      for (const b of scored) {
        if (b.dot < edge) assert.ok(b.cosine < a.cosine)
        else if (b.dot < a.dot && b.cosine > a.cosine) narrowest = Math.min(narrowest, b.dot - edge)
      }
    }
    // Swapped pairs inside the band are why the band is there: without one the test would prove nothing.
    assert.ok(narrowest < Infinity)
  })
}

test('the cosine of a zero vector is 0', () => {
  assert.equal(cosineOf(new Float32Array(4), Float32Array.of(1, 0, 0, 0)), 0)
})

test('quantising rounds, clamps to ±127, and takes the length out', () => {
  const row = new Int8Array(4)
  quantise(Float32Array.of(3, -4, 0, 0), 100, row, 0)
  assert.deepEqual([...row], [60, -80, 0, 0])
  quantise(Float32Array.of(3, -4, 0, 0), 1000, row, 0)
  assert.deepEqual([...row], [127, -127, 0, 0])
  quantise(new Float32Array(4), 100, row, 0)
  assert.deepEqual([...row], [0, 0, 0, 0])
})
