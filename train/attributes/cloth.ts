// What drawn things are made of: colours, patterns, folds and shading, as fills in the words of SVG. Pure.
import type { Random } from '../../bench/random.ts'
import { between } from './outline.ts'

/** `defs` goes once into the drawing, `fill` where a colour is wanted; `colour` is the fill's own without a pattern. */
export interface Cloth {
  readonly defs: string
  readonly fill: string
  readonly colour: string
}

export const colourOf = (hue: number, saturation: number, lightness: number): string =>
  `hsl(${hue.toFixed(0)},${saturation.toFixed(0)}%,${lightness.toFixed(0)}%)`

/** Mostly what clothes have: black, white, grey, dark and dull colours; sometimes a bright one. */
export const clothColour = (random: Random): string => {
  const kind = random.next()
  if (kind < 0.22) return colourOf(0, 0, between(4, 18, random))
  if (kind < 0.36) return colourOf(0, 0, between(85, 99, random))
  if (kind < 0.48) return colourOf(0, 0, between(25, 75, random))
  if (kind < 0.6) return colourOf(between(15, 45, random), between(10, 45, random), between(25, 80, random))
  if (kind < 0.85) return colourOf(between(0, 360, random), between(15, 60, random), between(12, 45, random))
  return colourOf(between(0, 360, random), between(40, 95, random), between(35, 80, random))
}

export const makeCloth = (name: string, random: Random, colour = clothColour(random), plain = 0.6): Cloth => {
  const kind = random.next()
  if (kind < plain) return { defs: '', fill: colour, colour }
  const size = between(4, 26, random)
  const other = clothColour(random)
  const turn = between(0, 180, random).toFixed(0)
  const inside = random.pick([
    `<rect width="${size / 2}" height="${size}" fill="${other}"/>`,
    `<circle cx="${size / 2}" cy="${size / 2}" r="${size * between(0.15, 0.4, random)}" fill="${other}"/>`,
    `<rect width="${size / 2}" height="${size / 2}" fill="${other}"/><rect x="${size / 2}" y="${size / 2}" width="${size / 2}" height="${size / 2}" fill="${clothColour(random)}"/>`,
    `<path d="M0 0L${size} ${size}M${size} 0L0 ${size}" stroke="${other}" stroke-width="${size / 6}"/>`,
  ])!
  const defs = `<pattern id="${name}" width="${size}" height="${size}" patternUnits="userSpaceOnUse" patternTransform="rotate(${turn})"><rect width="${size}" height="${size}" fill="${colour}"/>${inside}</pattern>`
  return { defs, fill: `url(#${name})`, colour }
}

/** Light from one side and soft folds, to be laid over a shape: the same path filled once more. */
export const shade = (name: string, path: string, random: Random): { readonly defs: string; readonly body: string } => {
  const horizontal = random.isLikely(0.7)
  const stops = Array.from({ length: 2 + Math.floor(random.next() * 5) }, (_, index) => {
    const light = random.isLikely(0.5) ? 'white' : 'black'
    return `<stop offset="${(index / 5).toFixed(2)}" stop-color="${light}" stop-opacity="${between(0, 0.4, random).toFixed(2)}"/>`
  }).join('')
  const axis = horizontal
    ? `x2="1" y2="${between(0, 0.6, random).toFixed(2)}"`
    : `x2="${between(0, 0.4, random).toFixed(2)}" y2="1"`
  return {
    defs: `<linearGradient id="${name}" x1="0" y1="0" ${axis}>${stops}</linearGradient>`,
    body: `<path d="${path}" fill="url(#${name})" fill-rule="evenodd"/>`,
  }
}

/**
 * The drawing as if of cloth: folds and threads that catch light from one side, and edges that are not cut out with scissors.
 * For things of cloth; costs as much as all else that is done to a sample.
 */
export const weave = (drawing: string, random: Random): string => {
  const across = between(0.004, 0.03, random)
  const down = across * Math.exp(between(-1.3, 1.3, random))
  const light = `azimuth="${between(0, 360, random).toFixed(0)}" elevation="${between(35, 65, random).toFixed(0)}"`
  const brightness = between(1, 1.5, random).toFixed(2)
  const filter = [
    `<feTurbulence type="fractalNoise" baseFrequency="${across.toFixed(4)} ${down.toFixed(4)}" numOctaves="${2 + Math.floor(random.next() * 3)}" seed="${Math.floor(random.next() * 1000)}"/>`,
    '<feColorMatrix values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 0 0 0" result="height"/>',
    `<feDiffuseLighting in="height" surfaceScale="${between(1.5, 9, random).toFixed(1)}" diffuseConstant="${brightness}" lighting-color="white" result="lit"><feDistantLight ${light}/></feDiffuseLighting>`,
    '<feComposite in="SourceGraphic" in2="lit" operator="arithmetic" k1="1" result="folded"/>',
    '<feComposite in="folded" in2="SourceGraphic" operator="in"/>',
    `<feGaussianBlur stdDeviation="${between(0.3, 1.6, random).toFixed(2)}"/>`,
  ].join('')
  return `<defs><filter id="weave" x="-20%" y="-20%" width="140%" height="140%" color-interpolation-filters="sRGB">${filter}</filter></defs><g filter="url(#weave)">${drawing}</g>`
}
