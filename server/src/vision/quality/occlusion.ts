// A modest sign that something covers the face: its lower half is coloured unlike its forehead, or its eyes are as dark as
// behind dark glasses. Pure. No network is trained for it: a beard may look like a scarf, a skin-coloured mask like skin.
import type { QualityMeasure } from '../../core/face-quality.ts'
import { chromaOf } from './colour.ts'
import { type FaceCrop, pick, pixelsOfAll, quantileOf, type Zone } from './crop.ts'
import { fall, measure } from './mapping.ts'

/** Forehead and the bridge of the nose, which masks and scarves leave free. */
const UPPER: readonly Zone[] = [
  [0.3, -0.1, 0.7, 0.05],
  [0.43, 0.2, 0.55, 0.4],
]
/** Beside the mouth, the tip of the nose and the chin, which they cover. */
const LOWER: readonly Zone[] = [
  [0.12, 0.55, 0.3, 0.8],
  [0.68, 0.55, 0.86, 0.8],
  [0.42, 0.5, 0.56, 0.6],
  [0.38, 0.95, 0.6, 1.08],
]
const EYES: readonly Zone[] = [
  [0.14, 0.17, 0.32, 0.27],
  [0.66, 0.17, 0.84, 0.27],
]
/** CIE L* that the brightest tenth of free eyes exceeds; in dark pictures, its share of the forehead's. */
const FREE_EYES = 35
const FREE_EYES_SHARE = 0.55
/** Skin has a colour of 13-38; a paler one, as in grey pictures, is no measure for others. */
const LEAST_COLOUR = 10
/** Own measurement: 95 % of LFW's faces lie below 0.5, half of those with a mask above 1. */
const MIDDLE = 0.65
const WIDTH = 0.08

/**
 * The larger of two ratios: the distance between the colours of lower and upper face (CIELAB a* and b*; shadows change
 * lightness) to the upper one's own, and how much the lightness of free eyes is missed.
 */
export const measureOcclusion = (crop: FaceCrop): QualityMeasure => {
  const upper = look(crop, UPPER, 0.5)
  const lower = look(crop, LOWER, 0.5)
  const eyes = look(crop, EYES, 0.9)
  const covered =
    Math.hypot(upper.a - lower.a, upper.b - lower.b) / Math.max(LEAST_COLOUR, Math.hypot(upper.a, upper.b))
  const wanted = Math.min(FREE_EYES, FREE_EYES_SHARE * upper.lightness)
  const darkened = wanted > 0 ? (wanted - eyes.lightness) / wanted : 0
  const value = Math.max(covered, darkened)
  return measure(value, 'ratio', fall(value, MIDDLE, WIDTH))
}

/** Mean colour, and the lightness that this share of the pixels lie below. */
const look = (crop: FaceCrop, zones: readonly Zone[], share: number) => {
  const pixels = pixelsOfAll(crop, zones)
  return { ...chromaOf(crop, pixels), lightness: lightnessOf(quantileOf(pick(crop.luma, pixels), share)) }
}

/** CIE L* of a grey of this luma, 0-100. */
const lightnessOf = (luma: number): number => {
  const share = luma / 255
  const linear = share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  return linear > 0.008856 ? 116 * Math.cbrt(linear) - 16 : 903.3 * linear
}
