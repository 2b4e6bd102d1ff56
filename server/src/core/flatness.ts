// How well one view of a face is explained as another view of a flat picture. Pure plane geometry on mesh points; what is
// too well explained is for the caller to say.
import { eyeDistanceOf } from './face-measures.ts'
import type { FacePoints } from './movement-types.ts'

/**
 * Points that stay where they are on the skull whatever the face does: corners of the eyes, the nose from its root to its
 * wings, forehead, temples, cheekbones, cheeks.
 */
const FIRM = [
  33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 234, 454, 127, 356, 93, 323, 10, 109, 338, 50, 280, 101,
  330, 116, 345, 132, 361, 21, 251,
] as const

type Place = readonly [x: number, y: number]

/** Both views' firm points, each about its own middle, in eye distances of the first. */
const pairUp = (one: FacePoints, other: FacePoints): { from: Place[]; to: Place[] } => {
  const unit = eyeDistanceOf(one)
  const about = (points: FacePoints): Place[] => {
    const middle = [0, 1].map(axis => FIRM.reduce((sum, index) => sum + points[index][axis], 0) / FIRM.length)
    return FIRM.map(index => [(points[index][0] - middle[0]) / unit, (points[index][1] - middle[1]) / unit])
  }
  return { from: about(one), to: about(other) }
}

/**
 * What is left when the other view is taken for the first one shifted, turned in the picture and scaled: root mean square,
 * in eye distances of the first. 0 for one and the same picture.
 */
export const rigidResidual = (one: FacePoints, other: FacePoints): number => {
  const { from, to } = pairUp(one, other)
  let [dot, cross, spread] = [0, 0, 0]
  for (const [index, [x, y]] of from.entries()) {
    const [u, v] = to[index]
    dot += x * u + y * v
    cross += x * v - y * u
    spread += x * x + y * y
  }
  const [a, b] = [dot / spread, cross / spread]
  return residual(from, to, ([x, y]) => [a * x - b * y, b * x + a * y])
}

/**
 * The same for the first view on a flat sheet that is moved in space and seen in perspective: a homography, fitted by least
 * squares of the algebraic error with three passes of reweighting.
 */
export const planarResidual = (one: FacePoints, other: FacePoints): number => {
  const { from, to } = pairUp(one, other)
  let map = [1, 0, 0, 0, 1, 0, 0, 0]
  for (let pass = 0; pass < PASSES; pass++) {
    const rows: number[][] = []
    for (const [index, [x, y]] of from.entries()) {
      const [u, v] = to[index]
      const weight = 1 / (map[6] * x + map[7] * y + 1)
      rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u].map(value => value * weight))
      rows.push([0, 0, 0, x, y, 1, -v * x, -v * y, v].map(value => value * weight))
    }
    const solved = leastSquares(rows)
    // Points on one line have no map of their own; what was fitted before stands.
    if (!solved.every(Number.isFinite)) break
    map = solved
  }
  return residual(from, to, ([x, y]) => {
    const depth = map[6] * x + map[7] * y + 1
    return [(map[0] * x + map[1] * y + map[2]) / depth, (map[3] * x + map[4] * y + map[5]) / depth]
  })
}

const PASSES = 3

const residual = (from: readonly Place[], to: readonly Place[], map: (place: Place) => Place): number =>
  Math.sqrt(
    from.reduce((sum, place, index) => {
      const [x, y] = map(place)
      return sum + (x - to[index][0]) ** 2 + (y - to[index][1]) ** 2
    }, 0) / from.length,
  )

/** Solves rows of [coefficients…, value] by the normal equations. */
const leastSquares = (rows: readonly (readonly number[])[]): number[] => {
  const count = rows[0].length - 1
  const matrix = Array.from({ length: count }, (_, i) =>
    Array.from({ length: count + 1 }, (_, j) => rows.reduce((sum, row) => sum + row[i] * row[j], 0)),
  )
  for (let i = 0; i < count; i++) {
    let pivot = i
    for (let row = i; row < count; row++) if (Math.abs(matrix[row][i]) > Math.abs(matrix[pivot][i])) pivot = row
    ;[matrix[i], matrix[pivot]] = [matrix[pivot], matrix[i]]
    for (let row = 0; row < count; row++) {
      if (row === i) continue
      const factor = matrix[row][i] / matrix[i][i]
      for (let column = i; column <= count; column++) matrix[row][column] -= factor * matrix[i][column]
    }
  }
  return matrix.map((row, i) => row[count] / row[i])
}

/** How far apart the points of two frames are, unaligned: root mean square, in eye distances. */
export const frameDistance = (one: FacePoints, other: FacePoints): number =>
  Math.sqrt(
    one.reduce((sum, [x, y], index) => sum + (x - other[index][0]) ** 2 + (y - other[index][1]) ** 2, 0) / one.length,
  ) / eyeDistanceOf(one)
