// Draws masks: surgical ones with pleats, cloth, respirators with a seam; over the nose, or worn below it. Pure.
import type { Random } from '../../bench/random.ts'
import { clothColour, colourOf, makeCloth, shade } from './cloth.ts'
import { between, curve, type Frame, frameOf, line, mix, type Outline, shift } from './outline.ts'

export const drawMask = (outline: Outline, random: Random): string => {
  const frame = frameOf(outline)
  const { points } = outline
  const below = random.isLikely(0.07)
  const path = curve(maskEdge(outline, frame, below, random))
  const cloth = makeCloth('mask', random, maskColour(random), 0.85)
  const light = shade('mask-light', path, random)
  const thread = random.isLikely(0.8)
    ? earLoops(outline, random.isLikely(0.7) ? 'hsl(0,0%,92%)' : cloth.colour, between(1, 2.5, random))
    : ''
  const kind = random.pick(['pleats', 'seam', 'plain', 'plain'])!
  const middle = mix(points[195], frame.chin, 0.5)
  const inside = kind === 'pleats' ? pleats(frame, random) : kind === 'seam' ? seam(points[195], middle, frame) : ''
  const edge = random.isLikely(0.5)
    ? `<path d="${path}" fill="none" stroke="${random.isLikely(0.5) ? 'white' : 'black'}" stroke-opacity="${between(0.1, 0.5, random).toFixed(2)}" stroke-width="${between(1, 3, random).toFixed(1)}"/>`
    : ''
  return `<defs>${cloth.defs}${light.defs}<clipPath id="mask-clip"><path d="${path}"/></clipPath></defs>${thread}<path d="${path}" fill="${cloth.fill}"/>${light.body}<g clip-path="url(#mask-clip)">${inside}</g>${edge}`
}

const maskColour = (random: Random): string => {
  const kind = random.next()
  if (kind < 0.28) return colourOf(between(185, 215, random), between(25, 70, random), between(60, 88, random))
  if (kind < 0.48) return colourOf(between(0, 360, random), between(0, 8, random), between(82, 99, random))
  if (kind < 0.74) return colourOf(between(0, 360, random), between(0, 12, random), between(4, 20, random))
  if (kind < 0.8) return colourOf(between(120, 170, random), between(20, 60, random), between(40, 75, random))
  return clothColour(random)
}

/** From ear to ear over the nose, and around the jaw. */
const maskEdge = ({ points }: Outline, { nose, mouth, height }: Frame, below: boolean, random: Random) => {
  const top = below
    ? mix(nose, mouth, between(0.25, 0.45, random))
    : mix(points[6], points[5], between(0.1, 0.95, random))
  const out = between(0.97, 1.08, random)
  const rise = between(-0.06, 0.05, random) * height
  const side = (outer: number, inner: number) =>
    shift(mix(points[inner], points[outer], out), 0, rise + (below ? 0.1 * height : 0))
  const drop = between(0, 0.09, random) * height
  const jaw = [361, 288, 397, 365, 378, 377, 152, 148, 149, 136, 172, 58, 132].map(index =>
    shift(mix(mouth, points[index], out), 0, drop * (index === 152 || index === 377 || index === 148 ? 1 : 0.5)),
  )
  const cheek = between(0.3, 0.7, random)
  return [
    top,
    mix(top, side(454, 280), cheek * 0.8),
    side(454, 280),
    ...jaw,
    side(234, 50),
    mix(top, side(234, 50), cheek * 0.8),
  ]
}

const earLoops = ({ points }: Outline, colour: string, width: number): string => {
  const loop = (ear: number, upper: number, lower: number, direction: number) => {
    const reach = shift(points[ear], direction * 14, 0)
    return `<path d="${line([points[upper], reach, points[lower]])}" fill="none" stroke="${colour}" stroke-width="${width.toFixed(1)}"/>`
  }
  return loop(127, 234, 58, -1) + loop(356, 454, 288, 1)
}

const pleats = ({ left, right, nose, chin }: Frame, random: Random): string =>
  [0.3, 0.5, 0.7]
    .map(share => {
      const dy = (chin.y - nose.y) * (share + between(-0.05, 0.05, random))
      const [from, to] = [
        { x: left.x, y: nose.y + dy },
        { x: right.x, y: nose.y + dy },
      ]
      return `<path d="${line([from, shift(mix(from, to, 0.5), 0, 4), to])}" fill="none" stroke="black" stroke-opacity="${between(0.08, 0.3, random).toFixed(2)}" stroke-width="2"/>`
    })
    .join('')

const seam = (top: { x: number; y: number }, middle: { x: number; y: number }, { chin }: Frame): string =>
  `<path d="${line([top, middle, chin])}" fill="none" stroke="black" stroke-opacity="0.25" stroke-width="2"/>`
