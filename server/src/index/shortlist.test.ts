// The error band of the int8 scan: which rows must be scored again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createQuantiser } from './quantiser.ts'
import { cosineOf, lowestUncertainDot, lowestUncertainMeasure } from './shortlist.ts'

const DIMENSIONS = 128

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

/** The centre of `makeVectors(_, 0.8)`, whose vectors have a length of about √(128 · (0.8² + 1/12)). */
const CENTRE = Float32Array.from({ length: DIMENSIONS }, (_, i) => (i % 2 ? 0.083 : -0.083))

interface Scored {
  readonly dot: number
  readonly cosine: number
}

/** Nothing below the edge that a vector sets may be better than it. */
function assertEdges(scored: readonly Scored[], lowestUncertain: (dot: number) => number): void {
  let narrowest = Infinity
  for (const a of scored) {
    const edge = lowestUncertain(a.dot)
    assert.ok(edge < a.dot)
    for (const b of scored) {
      if (b.dot < edge) assert.ok(b.cosine < a.cosine)
      else if (b.dot < a.dot && b.cosine > a.cosine) narrowest = Math.min(narrowest, b.dot - edge)
    }
  }
  // Swapped pairs inside the band are why the band is there: without one the test would prove nothing.
  assert.ok(narrowest < Infinity)
}

for (const [name, mean, distribution] of [
  ['spread out', 0, undefined],
  ['close together', 0.8, undefined],
  ['close together around a known centre', 0.8, { centre: CENTRE, largest: 0.08 }],
  ['spread out around a centre that is not theirs', 0, { centre: CENTRE, largest: 0.5 }],
] as const) {
  test(`no vector below the edge is better than the one that set it, ${name}`, () => {
    const quantiser = createQuantiser({ dimensions: DIMENSIONS, distribution })
    const [first, ...vectors] = makeVectors(2001, mean)
    const probe = quantiser.prepare(first!)
    const rows = vectors.map(vector => {
      const row = new Int8Array(DIMENSIONS)
      assert.ok(quantiser.write(vector, row, 0))
      return row
    })
    const score = (dotOf: (row: Int8Array) => number): Scored[] =>
      vectors.map((vector, i) => ({ dot: dotOf(rows[i]!), cosine: cosineOf(first!, vector) }))
    const scanned = score(row => row.reduce((sum, value, i) => sum + value * probe.row[i]!, 0))
    assertEdges(scanned, dot => lowestUncertainDot(dot, probe, quantiser.scale))
    const measured = score(row => row.reduce((sum, value, i) => sum + value * probe.unit[i]!, 0))
    assertEdges(measured, dot => lowestUncertainMeasure(dot, probe))
  })
}

test('the cosine of a zero vector is 0', () => {
  assert.equal(cosineOf(new Float32Array(4), Float32Array.of(1, 0, 0, 0)), 0)
})
