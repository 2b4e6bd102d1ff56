// A modest sign that something covers the face: its lower half is coloured unlike its forehead, or its eyes are as dark as
// behind dark glasses. Pure. No network is trained for it: a beard may look like a scarf, a skin-coloured mask like skin.
import type { QualityMeasure } from '../../core/face-quality.ts'
import { chromaOf } from './colour.ts'
import { type FaceCrop, pick, pixelsOf, quantileOf, type Zone } from './crop.ts'
import { fall, measure } from './mapping.ts'

/** Forehead and the bridge of the nose, which masks and scarves leave free. */
const UPPER: readonly Zone[] = [
  [0.3, -0.1, 0.7, 0.05],
  [0.43, 0.2, 0.55, 0.4],
]
/** Beside the mouth and the tip of the nose, which they cover. */
const LOWER: readonly Zone[] = [
  [0.12, 0.55, 0.3, 0.8],
  [0.68, 0.55, 0.86, 0.8],
  [0.42, 0.5, 0.56, 0.6],
]
const EYES: readonly Zone[] = [
  [0.14, 0.17, 0.32, 0.27],
  [0.66, 0.17, 0.84, 0.27],
]
/** Shadows change lightness more than colour. */
const LIGHTNESS_WEIGHT = 0.5
/** Own measurement: see docs/reference/quality.md. */
const MIDDLE = 30
const WIDTH = 5

/** The larger of two distances in CIELAB: lower face to upper face, and brightest part of the eyes to the upper face. */
export const measureOcclusion = (crop: FaceCrop): QualityMeasure => {
  const upper = look(crop, UPPER, 0.5)
  const lower = look(crop, LOWER, 0.5)
  const eyes = look(crop, EYES, 0.9)
  const covered = Math.hypot(
    LIGHTNESS_WEIGHT * (upper.lightness - lower.lightness),
    upper.a - lower.a,
    upper.b - lower.b,
  )
  const value = Math.max(covered, upper.lightness - eyes.lightness)
  return measure(value, 'deltaE', fall(value, MIDDLE, WIDTH))
}

/** Mean colour, and the lightness that this share of the pixels lie below. */
const look = (crop: FaceCrop, zones: readonly Zone[], share: number) => {
  const pixels = Int32Array.from(zones.flatMap(zone => [...pixelsOf(crop, zone)]))
  return { ...chromaOf(crop, pixels), lightness: lightnessOf(quantileOf(pick(crop.luma, pixels), share)) }
}

/** CIE L* of a grey of this luma, 0-100. */
const lightnessOf = (luma: number): number => {
  const share = luma / 255
  const linear = share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  return linear > 0.008856 ? 116 * Math.cbrt(linear) - 16 : 903.3 * linear
}
