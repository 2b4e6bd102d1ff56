// Alignment: mesh points that lie on the mean shape are cropped as they are; moved, scaled and turned faces come out the
// same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Point } from '../core/types.ts'
import { alignFace } from './align.ts'
import { applyAffine, invertAffine, scaleOf } from './geometry.ts'

const FORM = { padding: 0.2, size: 150 }
/** Outer eye corners, nose base and mouth corners: mesh index, then their place in the mean face square. */
const KNOWN = [
  [33, 0.121737, 0.216423],
  [263, 0.858516, 0.216423],
  [2, 0.490127, 0.628106],
  [61, 0.254149, 0.780233],
  [291, 0.726104, 0.780233],
] as const

const place = (share: number): number => ((FORM.padding + share) / (2 * FORM.padding + 1)) * FORM.size

/** A mesh whose aligned points lie where `move` takes the mean shape's; the fit is asked for its own answer first. */
const meshOn = (move: (point: Point) => Point): Point[] => {
  const points: Point[] = Array.from({ length: 468 }, () => ({ x: 0, y: 0 }))
  for (const [index, x, y] of MEAN_SHAPE) points[index] = move({ x: place(x), y: place(y) })
  return points
}

/** dlib's mean shape in its 68-point numbering against the mesh's, as published with the shape predictor. */
const MEAN_SHAPE: readonly (readonly [number, number, number])[] = [
  ...KNOWN,
  [168, 0.490127, 0.203352],
  [197, 0.490127, 0.307009],
  [5, 0.490127, 0.409805],
  [4, 0.490127, 0.515625],
  [75, 0.36688, 0.587326],
  [97, 0.426036, 0.609345],
  [326, 0.554217, 0.609345],
  [305, 0.613373, 0.587326],
  [160, 0.187122, 0.178758],
  [158, 0.265825, 0.179852],
  [133, 0.334606, 0.231733],
  [153, 0.260918, 0.245099],
  [144, 0.182743, 0.244077],
  [362, 0.645647, 0.231733],
  [385, 0.714428, 0.179852],
  [387, 0.793132, 0.178758],
  [373, 0.79751, 0.244077],
  [380, 0.719335, 0.245099],
  [39, 0.340985, 0.745405],
  [37, 0.428858, 0.727388],
  [0, 0.490127, 0.742578],
  [267, 0.551395, 0.727388],
  [269, 0.639268, 0.745405],
  [78, 0.290379, 0.784792],
  [82, 0.428096, 0.778746],
  [13, 0.490127, 0.785343],
  [312, 0.552157, 0.778746],
  [308, 0.689874, 0.784792],
]

const assertSame = (actual: Point, expected: Point): void =>
  assert.ok(
    Math.hypot(actual.x - expected.x, actual.y - expected.y) < 1e-6,
    `${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`,
  )

test('points of the mean shape map onto themselves', () => {
  const crop = alignFace(
    meshOn(point => point),
    FORM,
  )
  for (const [, x, y] of KNOWN) assertSame(applyAffine(crop, place(x), place(y)), { x: place(x), y: place(y) })
  assert.ok(Math.abs(scaleOf(crop) - 1) < 1e-9)
})

test('a face anywhere in the picture, at any size and angle, lands in the same crop', () => {
  for (const [scale, angle, x, y] of [
    [3, 0.4, 700, 300],
    [0.4, -1.2, 20, 40],
    [1, Math.PI, 500, 500],
  ]) {
    const move = (point: Point): Point => ({
      x: scale * (Math.cos(angle) * point.x - Math.sin(angle) * point.y) + x,
      y: scale * (Math.sin(angle) * point.x + Math.cos(angle) * point.y) + y,
    })
    const points = meshOn(move)
    const toCrop = invertAffine(alignFace(points, FORM))
    for (const [index, u, v] of KNOWN)
      assertSame(applyAffine(toCrop, points[index].x, points[index].y), { x: place(u), y: place(v) })
  }
})

test('padding makes the face smaller in a crop of the same size', () => {
  const points = meshOn(point => point)
  const [tight, wide] = [0, 0.5].map(padding => scaleOf(alignFace(points, { padding, size: 150 })))
  assert.ok(Math.abs(wide / tight - 2) < 1e-9)
})
