// Draws glasses: dark ones of several shapes, tints and reflections, and clear ones with the same frames. Pure.
import type { Random } from '../../bench/random.ts'
import type { Point } from '../../server/src/core/types.ts'
import { colourOf } from './cloth.ts'
import { between, curve, frameOf, line, mix, type Outline, SPAN, shift } from './outline.ts'

/** Outlines of a right lens, half a lens wide and high, the nose to the left. */
const LENSES: Readonly<Record<string, readonly (readonly [x: number, y: number])[]>> = {
  round: [
    [-0.9, 0],
    [-0.64, -0.68],
    [0, -0.95],
    [0.64, -0.68],
    [0.9, 0],
    [0.64, 0.68],
    [0, 0.95],
    [-0.64, 0.68],
  ],
  square: [
    [-1, -0.2],
    [-0.9, -0.8],
    [0, -0.88],
    [0.9, -0.82],
    [1, -0.2],
    [0.92, 0.55],
    [0, 0.82],
    [-0.85, 0.6],
  ],
  aviator: [
    [-0.8, -0.3],
    [-0.6, -0.8],
    [0.2, -0.85],
    [0.95, -0.65],
    [1, 0.1],
    [0.65, 0.85],
    [0.05, 1],
    [-0.55, 0.55],
  ],
  narrow: [
    [-1, -0.1],
    [-0.85, -0.5],
    [0, -0.55],
    [0.9, -0.5],
    [1, 0],
    [0.8, 0.45],
    [0, 0.55],
    [-0.85, 0.4],
  ],
  cat: [
    [-0.9, -0.1],
    [-0.6, -0.6],
    [0.3, -0.75],
    [1.1, -0.95],
    [1, -0.1],
    [0.6, 0.6],
    [0, 0.75],
    [-0.7, 0.5],
  ],
}

export const drawSunglasses = (outline: Outline, random: Random): string => {
  const tint = random.isLikely(0.72)
    ? colourOf(between(0, 360, random), between(0, 20, random), between(2, 14, random))
    : colourOf(between(0, 360, random), between(20, 90, random), between(8, 38, random))
  const top = between(0.82, 1, random)
  const bottom = random.isLikely(0.7) ? between(0.82, 1, random) : between(0.55, 0.85, random)
  return drawGlasses(outline, random, { tint, top, bottom, reflection: between(0, 0.45, random), larger: 1.1 })
}

export const drawClearGlasses = (outline: Outline, random: Random): string => {
  const tint = random.isLikely(0.7) ? 'white' : colourOf(between(0, 360, random), 30, 40)
  const [top, bottom] = [between(0, 0.14, random), between(0, 0.1, random)]
  return drawGlasses(outline, random, { tint, top, bottom, reflection: between(0, 0.5, random), larger: 1 })
}

interface Lens {
  readonly tint: string
  /** Opacity at the upper and the lower edge. */
  readonly top: number
  readonly bottom: number
  readonly reflection: number
  readonly larger: number
}

const drawGlasses = (outline: Outline, random: Random, lens: Lens): string => {
  const { leftEye, rightEye } = frameOf(outline)
  const shape = random.pick(Object.values(LENSES))!
  const halfWidth = SPAN * between(0.36, 0.47, random) * lens.larger
  const halfHeight = SPAN * between(0.28, 0.42, random) * lens.larger
  const drop = SPAN * between(-0.05, 0.16, random)
  const apart = SPAN * between(-0.02, 0.06, random)
  const lensAt = (eye: Point, side: number): Point[] =>
    shape.map(([x, y]) => ({ x: eye.x + side * (apart + x * halfWidth), y: eye.y + drop + y * halfHeight }))
  const [left, right] = [lensAt(leftEye, -1), lensAt(rightEye, 1)]
  const paths = curve(left) + curve(right)
  const rim = random.isLikely(0.3)
    ? colourOf(between(30, 50, random), between(20, 60, random), between(45, 75, random))
    : colourOf(between(0, 40, random), between(0, 50, random), between(3, 30, random))
  const rimWidth = random.isLikely(0.4) ? between(1, 2, random) : between(2.2, 5.5, random)
  const nose = mix(leftEye, rightEye, 0.5)
  const bridge = line([
    mix(left[0], left[1], 0.5),
    shift(nose, 0, drop - halfHeight * 0.45),
    mix(right[0], right[1], 0.5),
  ])
  const temples = line([left[3], outline.points[127]]) + line([right[3], outline.points[356]])
  const defs = `<linearGradient id="lens" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${lens.tint}" stop-opacity="${lens.top.toFixed(2)}"/><stop offset="1" stop-color="${lens.tint}" stop-opacity="${lens.bottom.toFixed(2)}"/></linearGradient><clipPath id="lens-clip"><path d="${paths}"/></clipPath>`
  const rims = random.isLikely(0.85)
    ? `<path d="${paths}" fill="none" stroke="${rim}" stroke-width="${rimWidth.toFixed(1)}"/>`
    : ''
  return `<defs>${defs}</defs><path d="${paths}" fill="url(#lens)"/>${reflections(leftEye, rightEye, halfWidth, lens.reflection, random)}${rims}<path d="${bridge}${temples}" fill="none" stroke="${rim}" stroke-width="${(rimWidth * 0.8).toFixed(1)}"/>`
}

const reflections = (leftEye: Point, rightEye: Point, size: number, strength: number, random: Random): string => {
  if (random.isLikely(0.4)) return ''
  const spots = [leftEye, rightEye].map(eye => {
    const centre = shift(eye, between(-0.6, 0.6, random) * size, between(-0.5, 0.5, random) * size)
    const turn = between(-50, 50, random).toFixed(0)
    return `<ellipse cx="${centre.x.toFixed(1)}" cy="${centre.y.toFixed(1)}" rx="${(size * between(0.08, 0.6, random)).toFixed(1)}" ry="${(size * between(0.06, 0.4, random)).toFixed(1)}" transform="rotate(${turn} ${centre.x.toFixed(1)} ${centre.y.toFixed(1)})" fill="white" fill-opacity="${strength.toFixed(2)}"/>`
  })
  return `<g clip-path="url(#lens-clip)">${spots.join('')}</g>`
}
