// Plane geometry on small arrays: affine maps, similarity fits, boxes. Pure; knows nothing of pictures or networks.
import type { Box, Point } from '../core/types.ts'

/** x' = a·x + b·y + c, y' = d·x + e·y + f. */
export interface Affine {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  readonly e: number
  readonly f: number
}

export const applyAffine = (map: Affine, x: number, y: number): Point => ({
  x: map.a * x + map.b * y + map.c,
  y: map.d * x + map.e * y + map.f,
})

export const invertAffine = (map: Affine): Affine => {
  const determinant = map.a * map.e - map.b * map.d
  const a = map.e / determinant
  const b = -map.b / determinant
  const d = -map.d / determinant
  const e = map.a / determinant
  return { a, b, c: -(a * map.c + b * map.f), d, e, f: -(d * map.c + e * map.f) }
}

/** How many units of the target one unit of the source becomes (the square root of the area factor). */
export const scaleOf = (map: Affine): number => Math.sqrt(Math.abs(map.a * map.e - map.b * map.d))

/**
 * The map from a square of `size` pixels to the picture: the square's centre lands on `centre`, its side spans `side`
 * picture pixels, turned by `angle` radians (clockwise on screen).
 */
export const squareToImage = (centre: Point, side: number, angle: number, size: number): Affine => {
  const scale = side / size
  const cosine = Math.cos(angle) * scale
  const sine = Math.sin(angle) * scale
  const half = size / 2
  return {
    a: cosine,
    b: -sine,
    c: centre.x - half * cosine + half * sine,
    d: sine,
    e: cosine,
    f: centre.y - half * sine - half * cosine,
  }
}

/** The similarity (rotation, one scale, shift) that maps `from` to `to` with the least squared error. At least two distinct points. */
export const fitSimilarity = (from: readonly Point[], to: readonly Point[]): Affine => {
  const count = from.length
  const mean = (points: readonly Point[]): Point => ({
    x: points.reduce((sum, point) => sum + point.x, 0) / count,
    y: points.reduce((sum, point) => sum + point.y, 0) / count,
  })
  const source = mean(from)
  const target = mean(to)
  let dot = 0
  let cross = 0
  let spread = 0
  for (let i = 0; i < count; i++) {
    const x = from[i].x - source.x
    const y = from[i].y - source.y
    const u = to[i].x - target.x
    const v = to[i].y - target.y
    dot += x * u + y * v
    cross += x * v - y * u
    spread += x * x + y * y
  }
  const a = dot / spread
  const d = cross / spread
  return { a, b: -d, c: target.x - a * source.x + d * source.y, d, e: a, f: target.y - d * source.x - a * source.y }
}

export const areaOf = (box: Box): number => box.width * box.height

export const overlapOf = (one: Box, other: Box): number => {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x)
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y)
  return width > 0 && height > 0 ? width * height : 0
}

/** Intersection over union, 0-1. */
export const iouOf = (one: Box, other: Box): number => {
  const overlap = overlapOf(one, other)
  return overlap === 0 ? 0 : overlap / (areaOf(one) + areaOf(other) - overlap)
}

/** Share of the smaller box that lies inside the other, 0-1. */
export const containmentOf = (one: Box, other: Box): number =>
  overlapOf(one, other) / Math.min(areaOf(one), areaOf(other))

export const centreOf = (box: Box): Point => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 })
