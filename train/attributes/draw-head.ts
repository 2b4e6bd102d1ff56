// Draws what is worn on the head: caps, beanies, brimmed hats and hoods, and head scarves that surround the face, with or
// without a cloth over its lower part. Pure.
import type { Random } from '../../bench/random.ts'
import type { Point } from '../../server/src/core/types.ts'
import { clothColour, makeCloth, shade } from './cloth.ts'
import { between, curve, type Frame, frameOf, grow, mix, type Outline, ovalOf, polygon, shift } from './outline.ts'

export const drawHat = (outline: Outline, random: Random): string => {
  const frame = frameOf(outline)
  const kind = random.pick(['cap', 'cap', 'beanie', 'brim', 'hood'] as const)!
  if (kind === 'hood') return drawHood(outline, frame, random)
  const { up, width } = frame
  // From just above the brows to the hairline.
  const edge = mix(frame.brow, frame.forehead, between(0.35, 1, random))
  const half = (width / 2) * between(1.02, 1.2, random)
  const tilt = between(-0.08, 0.08, random) * width
  const [left, right] = [shift(edge, -half, tilt), shift(edge, half, -tilt)]
  const high = between(0.45, 0.95, random)
  const sag = between(-0.06, 0.06, random) * width
  const crown = [
    left,
    shift(left, -0.03 * width + up.x * high * 0.5, up.y * high * 0.55),
    shift(edge, -half * 0.6 + up.x * high, up.y * high * 0.95),
    shift(edge, half * 0.6 + up.x * high, up.y * high * 0.95),
    shift(right, 0.03 * width + up.x * high * 0.5, up.y * high * 0.55),
    right,
    shift(edge, 0, sag),
  ]
  const path = curve(crown)
  const cloth = makeCloth('hat', random, undefined, 0.7)
  const light = shade('hat-light', path, random)
  const crownDrawn = `<defs>${cloth.defs}${light.defs}</defs><path d="${path}" fill="${cloth.fill}"/>${light.body}`
  return crownDrawn + { cap: drawPeak, beanie: drawFold, brim: drawBrim }[kind](edge, half, frame, cloth.colour, random)
}

const drawPeak = (edge: Point, half: number, { width }: Frame, colour: string, random: Random): string => {
  const aside = between(-0.35, 0.35, random) * width
  const centre = shift(edge, aside, between(-0.02, 0.06, random) * width)
  const fill = random.isLikely(0.7) ? colour : clothColour(random)
  return `<ellipse cx="${centre.x.toFixed(1)}" cy="${centre.y.toFixed(1)}" rx="${(half * between(0.7, 1.05, random)).toFixed(1)}" ry="${(width * between(0.06, 0.17, random)).toFixed(1)}" fill="${fill}"/><ellipse cx="${centre.x.toFixed(1)}" cy="${(centre.y + width * 0.05).toFixed(1)}" rx="${(half * 0.8).toFixed(1)}" ry="${(width * 0.07).toFixed(1)}" fill="black" fill-opacity="${between(0, 0.5, random).toFixed(2)}"/>`
}

const drawFold = (edge: Point, half: number, { width }: Frame, colour: string, random: Random): string => {
  const high = width * between(0.1, 0.24, random)
  const fill = random.isLikely(0.6) ? colour : clothColour(random)
  const ribs = Array.from({ length: 14 }, (_, index) => {
    const x = edge.x - half + (2 * half * (index + 0.5)) / 14
    return `<path d="M${x.toFixed(1)} ${edge.y.toFixed(1)}v${(-high).toFixed(1)}" stroke="black" stroke-opacity="0.2" stroke-width="2"/>`
  }).join('')
  return `<rect x="${(edge.x - half).toFixed(1)}" y="${(edge.y - high).toFixed(1)}" width="${(2 * half).toFixed(1)}" height="${high.toFixed(1)}" rx="6" fill="${fill}"/>${random.isLikely(0.6) ? ribs : ''}`
}

const drawBrim = (edge: Point, half: number, { width }: Frame, colour: string, random: Random): string => {
  const rx = half * between(1.25, 1.9, random)
  const ry = width * between(0.07, 0.2, random)
  const turn = between(-7, 7, random).toFixed(1)
  const [x, y] = [edge.x.toFixed(1), edge.y.toFixed(1)]
  const band = random.isLikely(0.5)
    ? `<rect x="${(edge.x - half).toFixed(1)}" y="${(edge.y - ry - width * 0.12).toFixed(1)}" width="${(2 * half).toFixed(1)}" height="${(width * 0.12).toFixed(1)}" fill="${clothColour(random)}"/>`
    : ''
  return `${band}<ellipse cx="${x}" cy="${y}" rx="${rx.toFixed(1)}" ry="${ry.toFixed(1)}" transform="rotate(${turn} ${x} ${y})" fill="${colour}"/><ellipse cx="${x}" cy="${(edge.y + ry * 0.3).toFixed(1)}" rx="${(rx * 0.9).toFixed(1)}" ry="${(ry * 0.6).toFixed(1)}" fill="black" fill-opacity="${between(0, 0.4, random).toFixed(2)}"/>`
}

/** Open to below: it leaves the neck and lies on the shoulders. */
const drawHood = (outline: Outline, frame: Frame, random: Random): string => {
  const { chin, width, up } = frame
  const opening = widen(ovalOf(outline), frame, between(1.04, 1.2, random), between(0, 0.25, random))
  const bottom = outline.side + 20
  const inner = polygon([
    ...opening.slice(0, 12),
    shift(chin, width * 0.35, bottom),
    shift(chin, -width * 0.35, bottom),
    ...opening.slice(25),
  ])
  return drawAround(outline, frame, inner, 0.5 * between(0.75, 1.05, random), up, random, 0.8)
}

export const drawVeil = (outline: Outline, random: Random): string => {
  const frame = frameOf(outline)
  const opening = widen(ovalOf(outline), frame, between(0.88, 1.05, random), between(-0.14, 0.12, random))
  return drawAround(outline, frame, curve(opening), 0.5 * between(0.68, 0.9, random), frame.up, random, 0.6)
}

/** A head scarf and a cloth from below the eyes down. */
export const drawFaceVeil = (outline: Outline, random: Random): string => {
  const { points } = outline
  const frame = frameOf(outline)
  const { left, right, width } = frame
  const top = mix(points[6], points[5], between(0, 0.8, random))
  const bottom = outline.side + 20
  const path = curve([
    shift(left, -0.08 * width, between(-0.05, 0.1, random) * width),
    mix(left, top, 0.55),
    top,
    mix(right, top, 0.55),
    shift(right, 0.08 * width, between(-0.05, 0.1, random) * width),
    { x: right.x + 0.15 * width, y: bottom },
    { x: left.x - 0.15 * width, y: bottom },
  ])
  const colour = clothColour(random)
  const cloth = makeCloth('face-veil', random, colour, 0.9)
  const light = shade('face-veil-light', path, random)
  const lower = `<defs>${cloth.defs}${light.defs}</defs><path d="${path}" fill="${cloth.fill}"/>${light.body}`
  const opening = widen(ovalOf(outline), frame, between(0.9, 1, random), between(-0.16, -0.02, random))
  return (
    lower + drawAround(outline, frame, curve(opening), 0.5 * between(0.68, 0.9, random), frame.up, random, 0.9, colour)
  )
}

/** The outline made wider, its upper edge raised by a share of the face's height. */
const widen = (oval: readonly Point[], { eyes, height }: Frame, factor: number, rise: number): Point[] =>
  grow(oval, factor).map(point => (point.y < eyes.y - 0.2 * height ? shift(point, 0, -rise * height) : point))

const drawAround = (
  { side }: Outline,
  { eyes, width, height, chin }: Frame,
  inner: string,
  halfShare: number,
  up: Point,
  random: Random,
  plain: number,
  colour?: string,
): string => {
  const half = width * 2 * halfShare
  const top = { x: eyes.x + up.x * between(0.75, 1, random), y: eyes.y - height * between(0.72, 1, random) }
  const bottom = side + 20
  const spread = between(1, 1.5, random)
  const outer = curve([
    top,
    { x: top.x + half * 0.75, y: top.y + height * 0.18 },
    { x: eyes.x + half, y: eyes.y },
    { x: chin.x + half * 0.95, y: chin.y },
    { x: chin.x + half * spread, y: bottom },
    { x: chin.x - half * spread, y: bottom },
    { x: chin.x - half * 0.95, y: chin.y },
    { x: eyes.x - half, y: eyes.y },
    { x: top.x - half * 0.75, y: top.y + height * 0.18 },
  ])
  const path = outer + inner
  const cloth = makeCloth('around', random, colour, plain)
  const light = shade('around-light', path, random)
  const hem = `<path d="${inner}" fill="none" stroke="black" stroke-opacity="${between(0.1, 0.5, random).toFixed(2)}" stroke-width="${between(1, 4, random).toFixed(1)}"/>`
  return `<defs>${cloth.defs}${light.defs}</defs><path d="${path}" fill="${cloth.fill}" fill-rule="evenodd"/>${light.body}${hem}${foldsOf(chin, half, bottom, random)}`
}

const foldsOf = (chin: Point, half: number, bottom: number, random: Random): string =>
  Array.from({ length: Math.floor(random.next() * 7) }, () => {
    const x = chin.x + between(-1, 1, random) * half
    return `<path d="M${x.toFixed(1)} ${(chin.y + between(0, 15, random)).toFixed(1)}Q${(x + between(-30, 30, random)).toFixed(1)} ${(chin.y + 25).toFixed(1)} ${(x + between(-40, 40, random)).toFixed(1)} ${bottom}" fill="none" stroke="black" stroke-opacity="${between(0.08, 0.35, random).toFixed(2)}" stroke-width="${between(1, 5, random).toFixed(1)}"/>`
  }).join('')
