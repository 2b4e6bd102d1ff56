// Colour of the skin in CIELAB: whether it is a skin's at all, or grey, or tinted. Pure.
import type { QualityMeasure } from '../../core/face-quality.ts'
import { type FaceCrop, pixelsOfAll } from './crop.ts'
import { CHEEKS } from './light.ts'
import { fallFromZero, measure } from './mapping.ts'

/** Mean a* and b* of pixels. */
export interface Chroma {
  readonly a: number
  readonly b: number
}

/** Where the cheeks' a* and b* lie in natural colours: OFIQ 1.0. */
const NATURAL_A = [5, 25] as const
const NATURAL_B = [5, 35] as const
/** Own choice, narrower than OFIQ's 10, by which grey, 7 away from the range, would still score 66. */
const FALL_WIDTH = 3

/** How far the cheeks' mean colour lies from the range of natural skin; grey, tinted and oddly lit faces lie outside. */
export const measureColour = (crop: FaceCrop): QualityMeasure => {
  const { a, b } = chromaOf(crop, pixelsOfAll(crop, CHEEKS))
  const distance = Math.hypot(outside(a, NATURAL_A), outside(b, NATURAL_B))
  return measure(distance, 'deltaE', fallFromZero(distance, FALL_WIDTH))
}

const outside = (value: number, [low, high]: readonly [number, number]): number =>
  Math.max(0, low - value, value - high)

/** Mean distance of the face's pixels from grey, CIELAB units; a monochrome picture has next to none. */
export const measureColourfulness = (crop: FaceCrop, face: Int32Array): number => {
  let sum = 0
  let count = 0
  // A few hundred pixels are mean enough, and colour is the dearest of the measures.
  for (let i = 0; i < face.length; i += 8) {
    const { a, b } = chromaOf(crop, [face[i]])
    sum += Math.hypot(a, b)
    count++
  }
  return count > 0 ? sum / count : 0
}

/** sRGB byte → linear light, IEC 61966-2-1. */
const LINEAR = Float64Array.from({ length: 256 }, (_, byte) => {
  const share = byte / 255
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
})

/** CIELAB with the white of D65, from sRGB. */
export const chromaOf = ({ planes, size }: FaceCrop, pixels: ArrayLike<number>): Chroma => {
  const plane = size * size
  let [a, b] = [0, 0]
  for (let i = 0; i < pixels.length; i++) {
    const red = LINEAR[Math.round(planes[pixels[i]])]
    const green = LINEAR[Math.round(planes[pixels[i] + plane])]
    const blue = LINEAR[Math.round(planes[pixels[i] + 2 * plane])]
    const x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505)
    const y = curve(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    const z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
    a += 500 * (x - y)
    b += 200 * (y - z)
  }
  return { a: a / pixels.length, b: b / pixels.length }
}

const curve = (value: number): number => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116)
