// The head in a photograph as a surface in space: the mesh's depth over the face, rounded off around it and fading into a
// background that stays. For tests and camera files; a drawing, not a likeness of the real head's depth.
import type { Point } from '../core/types.ts'

/** x, y in pixels of the frame, z grows away from the camera. */
export type SpacePoint = readonly [x: number, y: number, z: number]

/** Vertices every `STEP` pixels of the frame, row by row. */
export interface Surface {
  readonly columns: number
  readonly rows: number
  readonly xs: Float32Array
  readonly ys: Float32Array
  readonly zs: Float32Array
  /** Where the vertices lie across before any movement; left out: where they lie in the picture. */
  readonly placesX?: Float32Array
  /** How much of the head's movement a vertex makes: 1 on the head, 0 on the background. */
  readonly shares: Float32Array
  /** What the head turns about. */
  readonly pivot: SpacePoint
  /** Of the face in the picture, pixels. */
  readonly faceWidth: number
}

const STEP = 5
/** Of face widths: the head beyond the mesh that moves with it, and where nothing moves any more. */
const RIGID = 0.12
const STILL = 0.75
/** How fast the surface recedes beyond the mesh, and how deep behind the pivot it ends, face widths. */
const RECESSION = 0.9
const BACK = 0.1
/** Near points that a vertex's depth is the mean of. */
const NEAR = 6
const SMOOTHINGS = 2

export const makeSurface = (points: readonly SpacePoint[], width: number, height: number): Surface => {
  const [left, right] = [points[234], points[454]]
  const faceWidth = Math.hypot(left[0] - right[0], left[1] - right[1], left[2] - right[2])
  const pivot = [0, 1, 2].map(axis => (left[axis] + right[axis]) / 2) as unknown as SpacePoint
  const hull = hullOf(points.map(([x, y]) => ({ x, y })))
  const [columns, rows] = [Math.ceil((width - 1) / STEP) + 1, Math.ceil((height - 1) / STEP) + 1]
  const count = columns * rows
  const surface = {
    columns,
    rows,
    xs: new Float32Array(count),
    ys: new Float32Array(count),
    zs: new Float32Array(count),
    shares: new Float32Array(count),
    pivot,
    faceWidth,
  }
  for (let i = 0; i < count; i++) {
    const x = Math.min((i % columns) * STEP, width - 1)
    const y = Math.min(Math.floor(i / columns) * STEP, height - 1)
    const outside = distanceOutside(hull, x, y) / faceWidth
    const receded = depthAt(points, x, y) + RECESSION * outside * faceWidth
    surface.xs[i] = x
    surface.ys[i] = y
    surface.zs[i] = outside > 0 ? Math.min(receded, pivot[2] + BACK * faceWidth) : receded
    surface.shares[i] = 1 - smoothStep((outside - RIGID) / (STILL - RIGID))
  }
  for (let pass = 0; pass < SMOOTHINGS; pass++) surface.zs.set(smooth(surface.zs, columns, rows))
  return surface
}

/** Each vertex the mean of itself and its neighbours, so that edges do not fray when the head turns. */
const smooth = (values: Float32Array, columns: number, rows: number): Float32Array =>
  values.map((_, at) => {
    const [column, row] = [at % columns, Math.floor(at / columns)]
    let [sum, count] = [0, 0]
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++)
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) {
        sum += values[y * columns + x]
        count++
      }
    return sum / count
  })

/** Weighted by nearness, of the nearest mesh points. */
const depthAt = (points: readonly SpacePoint[], x: number, y: number): number => {
  const squares = new Array<number>(NEAR).fill(Infinity)
  const depths = new Array<number>(NEAR).fill(0)
  for (const [px, py, pz] of points) {
    const square = (px - x) ** 2 + (py - y) ** 2
    if (square >= squares[NEAR - 1]) continue
    let at = NEAR - 1
    for (; at > 0 && squares[at - 1] > square; at--) {
      squares[at] = squares[at - 1]
      depths[at] = depths[at - 1]
    }
    squares[at] = square
    depths[at] = pz
  }
  let [sum, weights] = [0, 0]
  for (let i = 0; i < NEAR; i++) {
    const weight = 1 / (squares[i] + 9)
    sum += weight * depths[i]
    weights += weight
  }
  return sum / weights
}

/** Clockwise on the screen, without the points inside. */
const hullOf = (points: readonly Point[]): Point[] => {
  const sorted = points.toSorted((one, other) => one.x - other.x || one.y - other.y)
  const half = (run: readonly Point[]): Point[] => {
    const kept: Point[] = []
    for (const point of run) {
      while (kept.length > 1 && turnOf(kept[kept.length - 2], kept[kept.length - 1], point) <= 0) kept.pop()
      kept.push(point)
    }
    return kept.slice(0, -1)
  }
  return [...half(sorted), ...half(sorted.toReversed())]
}

const turnOf = (from: Point, over: Point, to: Point): number =>
  (over.x - from.x) * (to.y - from.y) - (over.y - from.y) * (to.x - from.x)

/** Pixels to the hull; 0 within. */
const distanceOutside = (hull: readonly Point[], x: number, y: number): number => {
  let least = Infinity
  let isInside = true
  for (const [index, from] of hull.entries()) {
    const to = hull[(index + 1) % hull.length]
    if (turnOf(from, to, { x, y }) < 0) isInside = false
    const [dx, dy] = [to.x - from.x, to.y - from.y]
    const along = Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy)))
    least = Math.min(least, Math.hypot(x - from.x - along * dx, y - from.y - along * dy))
  }
  return isInside ? 0 : least
}

/** 0 below 0, 1 above 1, without a corner in between. */
export const smoothStep = (value: number): number => {
  const held = Math.min(1, Math.max(0, value))
  return held * held * (3 - 2 * held)
}
