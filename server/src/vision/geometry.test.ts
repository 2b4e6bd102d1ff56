// Affine maps, similarity fits and boxes against values worked out by hand or known by construction.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Point } from '../core/types.ts'
import {
  type Affine,
  applyAffine,
  areaOf,
  centreOf,
  containmentOf,
  fitSimilarity,
  invertAffine,
  iouOf,
  overlapOf,
  scaleOf,
  squareToImage,
} from './geometry.ts'

const isNear = (actual: number, expected: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`)

const isNearPoint = (actual: Point, expected: Point, tolerance = 1e-9): void => {
  isNear(actual.x, expected.x, tolerance)
  isNear(actual.y, expected.y, tolerance)
}

const similarity = (scale: number, degrees: number, x: number, y: number): Affine => {
  const angle = (degrees * Math.PI) / 180
  const [a, d] = [scale * Math.cos(angle), scale * Math.sin(angle)]
  return { a, b: -d, c: x, d, e: a, f: y }
}

const POINTS: readonly Point[] = [
  { x: 0, y: 0 },
  { x: 10, y: 0 },
  { x: 3, y: 7 },
  { x: -4, y: 12 },
]

describe('affine maps', () => {
  test('an inverse undoes its map, skewed and mirrored ones too', () => {
    const maps: Affine[] = [
      similarity(2, 30, 5, -7),
      { a: 3, b: 1, c: 4, d: -2, e: 0.5, f: 9 },
      similarity(0.1, 180, 0, 0),
    ]
    for (const map of [...maps, { a: -1, b: 0, c: 100, d: 0, e: 1, f: 0 }])
      for (const { x, y } of POINTS) {
        const there = applyAffine(map, x, y)
        isNearPoint(applyAffine(invertAffine(map), there.x, there.y), { x, y })
      }
  })

  test('the scale is the root of the area factor, whatever the rotation', () => {
    isNear(scaleOf(similarity(2.5, 77, 1, 2)), 2.5)
    isNear(scaleOf({ a: -3, b: 0, c: 0, d: 0, e: 3, f: 0 }), 3)
    isNear(scaleOf({ a: 4, b: 0, c: 0, d: 0, e: 9, f: 0 }), 6)
  })

  test('a square lands on its centre, with its side and clockwise angle', () => {
    const map = squareToImage({ x: 50, y: 40 }, 20, Math.PI / 2, 10)
    isNearPoint(applyAffine(map, 5, 5), { x: 50, y: 40 })
    isNear(scaleOf(map), 2)
    // A quarter turn clockwise: the square's right is the picture's below.
    isNearPoint(applyAffine(map, 10, 5), { x: 50, y: 50 })
    isNearPoint(applyAffine(squareToImage({ x: 50, y: 40 }, 20, 0, 10), 0, 0), { x: 40, y: 30 })
  })
})

describe('the similarity fit', () => {
  test('recovers a known transform exactly', () => {
    for (const degrees of [0, 12, -45, 90, 179, -120]) {
      const known = similarity(1.7, degrees, 31, -8)
      const fitted = fitSimilarity(
        POINTS,
        POINTS.map(({ x, y }) => applyAffine(known, x, y)),
      )
      for (const key of ['a', 'b', 'c', 'd', 'e', 'f'] as const) isNear(fitted[key], known[key])
    }
  })

  test('two points are enough', () => {
    const fitted = fitSimilarity(POINTS.slice(0, 2), [
      { x: 1, y: 1 },
      { x: 1, y: 21 },
    ])
    isNearPoint(applyAffine(fitted, 5, 0), { x: 1, y: 11 })
  })

  test('among noisy points no nearby similarity has a smaller error', () => {
    const noisy = POINTS.map(({ x, y }, index) => {
      const { x: u, y: v } = applyAffine(similarity(2, 20, 3, 4), x, y)
      return { x: u + [0.6, -0.4, 0.9, -1.1][index], y: v + [-0.8, 0.5, 0.2, 0.7][index] }
    })
    const errorOf = (map: Affine): number =>
      POINTS.reduce((sum, { x, y }, index) => {
        const at = applyAffine(map, x, y)
        return sum + (at.x - noisy[index].x) ** 2 + (at.y - noisy[index].y) ** 2
      }, 0)
    const best = fitSimilarity(POINTS, noisy)
    for (const step of [-1e-3, 1e-3]) {
      const { a, c, d, f } = best
      for (const [da, dd, dc, df] of [
        [step, 0, 0, 0],
        [0, step, 0, 0],
        [0, 0, step, 0],
        [0, 0, 0, step],
      ]) {
        const moved = { a: a + da, b: -(d + dd), c: c + dc, d: d + dd, e: a + da, f: f + df }
        assert.ok(errorOf(moved) > errorOf(best))
      }
    }
  })
})

describe('boxes', () => {
  const one = { x: 0, y: 0, width: 4, height: 2 }

  test('overlap, intersection over union and containment', () => {
    const shifted = { x: 2, y: 1, width: 4, height: 2 }
    assert.equal(areaOf(one), 8)
    assert.equal(overlapOf(one, shifted), 2)
    isNear(iouOf(one, shifted), 2 / 14)
    isNear(iouOf(one, one), 1)
    isNear(containmentOf({ x: 1, y: 0.5, width: 1, height: 1 }, one), 1)
    isNear(containmentOf(one, shifted), 1 / 4)
  })

  test('boxes that only touch do not overlap', () => {
    assert.equal(iouOf(one, { x: 4, y: 0, width: 4, height: 2 }), 0)
    assert.equal(iouOf(one, { x: 10, y: 10, width: 1, height: 1 }), 0)
    assert.deepEqual(centreOf(one), { x: 2, y: 1 })
  })
})
