// How the face is lit: luminance, exposure, dynamic range, and whether light falls on it evenly. Pure.
import type { QualityComponentName, QualityMeasure } from '../../core/face-quality.ts'
import { deviationOf, type FaceCrop, meanOf, pick, pixelsOf, pixelsOfAll, quantileOf, type Zone } from './crop.ts'
import { fall, measure, rise } from './mapping.ts'

/** Cheeks below the eyes and beside the nose: the skin that is most often free. */
export const CHEEKS: readonly [left: Zone, right: Zone] = [
  [0.12, 0.38, 0.34, 0.6],
  [0.64, 0.38, 0.86, 0.6],
]
/** Both eyes with their lids. */
const EYES: readonly Zone[] = [
  [0.12, 0.15, 0.34, 0.27],
  [0.64, 0.15, 0.86, 0.27],
]
const FOREHEAD: Zone = [0.3, -0.12, 0.7, 0.05]
/** From the brows to below the mouth. */
const FACE: Zone = [0, -0.05, 0.98, 1]

const LEVELS = 256
/** Luma from which on, and up to which, a pixel carries no detail; OFIQ 1.0. */
const OVER_EXPOSED = 247
const UNDER_EXPOSED = 25

/** `face`: the pixels of the face. The mappings are OFIQ's (1.0), the reference implementation of ISO/IEC 29794-5. */
export const measureLight = (
  crop: FaceCrop,
  face: Int32Array,
): Pick<
  Record<QualityComponentName, QualityMeasure>,
  'luminance' | 'overExposure' | 'underExposure' | 'dynamicRange' | 'illuminationUniformity'
> => {
  const histogram = countLevels(pick(crop.luma, face))
  const luminance = histogram.reduce((sum, share, level) => sum + (share * level) / 255, 0)
  const over = sumOf(histogram.subarray(OVER_EXPOSED))
  const under = sumOf(histogram.subarray(0, UNDER_EXPOSED + 1))
  const entropy = entropyOf(histogram)
  const [left, right] = CHEEKS.map(zone => countLevels(pick(crop.luma, pixelsOf(crop, zone)), COARSE))
  const shared = sumOf(left.map((share, level) => Math.min(share, right[level])))
  return {
    luminance: measure(luminance, 'share', (rise(luminance, 0.2, 0.05) * fall(luminance, 0.8, 0.05)) / 100),
    overExposure: measure(over, 'share', 1 / (over + 0.01)),
    underExposure: measure(under, 'share', 1.2 * (100 - 0.832 * rise(under, 0.92, 0.05))),
    dynamicRange: measure(entropy, 'bits', 12.5 * entropy),
    illuminationUniformity: measure(shared, 'share', 100 * shared ** 0.3),
  }
}

/** A cheek has some 150 pixels in the crop: with a bin a level, two alike would share few. */
const COARSE = 16

/** Shares of the pixels by luma, in bins of `step` levels; a value between two bins' middles counts in both, by nearness. */
const countLevels = (luma: Float32Array, step = 1): Float64Array => {
  const histogram = new Float64Array(LEVELS / step)
  const last = histogram.length - 1
  for (let i = 0; i < luma.length; i++) {
    const place = Math.min(last, Math.max(0, (luma[i] + 0.5) / step - 0.5))
    const below = Math.floor(place)
    const nearness = place - below
    histogram[below] += 1 - nearness
    histogram[Math.min(last, below + 1)] += nearness
  }
  return histogram.map(count => count / luma.length)
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)

const entropyOf = (histogram: Float64Array): number =>
  -histogram.reduce((sum, share) => sum + (share > 0 ? share * Math.log2(share) : 0), 0)

/** Keeps ratios of dark pictures finite; luma levels. */
const DARKEST = 5

/**
 * Light and shadow within the face, relative to its own cheeks, so that neither exposure nor the colour of the skin counts:
 * eyes behind dark glasses, a forehead under a brim, light from one side. For the unified score.
 */
export const compareLight = (crop: FaceCrop) => {
  const read = (zones: readonly Zone[]): Float32Array => pick(crop.luma, pixelsOfAll(crop, zones))
  const medianOf = (zones: readonly Zone[]): number => quantileOf(read(zones), 0.5) + DARKEST
  const cheeks = medianOf(CHEEKS)
  const eyes = read(EYES)
  const face = read([FACE])
  return {
    eyeLight: quantileOf(eyes, 0.5) / cheeks,
    eyeGlint: quantileOf(eyes, 0.9) / cheeks,
    eyeContrast: deviationOf(eyes) / cheeks,
    foreheadLight: Math.log(medianOf([FOREHEAD]) / cheeks),
    sideLight: Math.abs(Math.log(medianOf([CHEEKS[0]]) / medianOf([CHEEKS[1]]))),
    contrast: deviationOf(face) / (meanOf(face) + DARKEST),
  }
}
