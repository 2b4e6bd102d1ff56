// Outlines on the canvas of a face: points of the mesh, the face's own directions, and paths in the words of SVG. Pure.

import type { Random } from '../../bench/random.ts'
import type { Point } from '../../server/src/core/types.ts'

/** A face upright on its canvas, its eyes' centres `SPAN` pixels apart. */
export interface Outline {
  readonly points: readonly Point[]
  /** Side of the canvas, pixels. */
  readonly side: number
}

/** Pixels between the eyes' centres on a canvas that is drawn on. */
export const SPAN = 60

export const between = (low: number, high: number, random: Random): number => low + (high - low) * random.next()

export const mix = (one: Point, other: Point, share: number): Point => ({
  x: one.x + (other.x - one.x) * share,
  y: one.y + (other.y - one.y) * share,
})

export const shift = ({ x, y }: Point, right: number, down: number): Point => ({ x: x + right, y: y + down })

/** The outline of the face, clockwise from the top of the forehead. */
export const OVAL = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136,
  172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
] as const

export const ovalOf = ({ points }: Outline): Point[] => OVAL.map(index => points[index])

export interface Frame {
  readonly leftEye: Point
  readonly rightEye: Point
  readonly eyes: Point
  readonly nose: Point
  readonly mouth: Point
  readonly chin: Point
  readonly brow: Point
  readonly forehead: Point
  readonly left: Point
  readonly right: Point
  /** From side to side at the height of the eyes. */
  readonly width: number
  /** From the chin to the top of the forehead. */
  readonly height: number
  /** Of the face's length, pointing up; its sideways part is the lean of the head. */
  readonly up: Point
}

export const frameOf = ({ points }: Outline): Frame => {
  const leftEye = mix(points[33], points[133], 0.5)
  const rightEye = mix(points[362], points[263], 0.5)
  const [forehead, chin, left, right] = [points[10], points[152], points[234], points[454]]
  return {
    leftEye,
    rightEye,
    eyes: mix(leftEye, rightEye, 0.5),
    nose: points[1],
    mouth: mix(points[13], points[14], 0.5),
    chin,
    brow: mix(points[107], points[336], 0.5),
    forehead,
    left,
    right,
    width: Math.hypot(right.x - left.x, right.y - left.y),
    height: Math.hypot(forehead.x - chin.x, forehead.y - chin.y),
    up: { x: forehead.x - chin.x, y: forehead.y - chin.y },
  }
}

const number = (value: number): string => value.toFixed(1)
const place = ({ x, y }: Point): string => `${number(x)} ${number(y)}`

/** Straight lines from point to point, closed. */
export const polygon = (points: readonly Point[]): string => `M${points.map(place).join('L')}Z`

/** A closed curve through the points (Catmull-Rom, as cubic Bézier curves). */
export const curve = (points: readonly Point[]): string => {
  const at = (index: number): Point => points[(index + points.length) % points.length]
  const parts = points.map((point, index) => {
    const [before, next, after] = [at(index - 1), at(index + 1), at(index + 2)]
    const first = { x: point.x + (next.x - before.x) / 6, y: point.y + (next.y - before.y) / 6 }
    const second = { x: next.x - (after.x - point.x) / 6, y: next.y - (after.y - point.y) / 6 }
    return `C${place(first)} ${place(second)} ${place(next)}`
  })
  return `M${place(points[0])}${parts.join('')}Z`
}

export const line = (points: readonly Point[]): string => `M${points.map(place).join('L')}`

/** The points moved away from their middle by this factor. */
export const grow = (points: readonly Point[], factorX: number, factorY = factorX): Point[] => {
  const x = points.reduce((sum, point) => sum + point.x, 0) / points.length
  const y = points.reduce((sum, point) => sum + point.y, 0) / points.length
  return points.map(point => ({ x: x + (point.x - x) * factorX, y: y + (point.y - y) * factorY }))
}
