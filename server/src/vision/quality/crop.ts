// The upright pieces of a picture in which quality is measured, at a scale that depends on the face alone. Places are
// shares of the face square of dlib's mean shape: x 0-1 from ear to ear, y 0-1 from the brows to below the mouth.
import type { Point } from '../../core/types.ts'
import { alignFace } from '../align.ts'
import { type Affine, applyAffine, invertAffine } from '../geometry.ts'
import { type Raster, sampleSquare } from '../tensor.ts'

/** A square piece: three planes of 0-255 and their luma. */
export interface FaceCrop {
  readonly size: number
  /**
   * Not its numbers one by one: V8's optimised code (Node 24.21) now and then stored a padding of 0.5 as 0 where crops of
   * both forms are made by one function.
   */
  readonly form: CropForm
  /** Red, green and blue, size² each. */
  readonly planes: Float32Array
  readonly luma: Float32Array
  /** Crop pixel → picture. */
  readonly toImage: Affine
}

/** Left, top, right, bottom as shares of the face square. */
export type Zone = readonly [left: number, top: number, right: number, bottom: number]

export interface CropForm {
  readonly size: number
  /** Border around the face square, as a share of its side. */
  readonly padding: number
  /** Picture pixels a side of a crop pixel that are looked at, at most. */
  readonly maxGrid: number
}

/** Head and what is beside it, 56 pixels a face square, in which light and colour are measured. */
export const WIDE: CropForm = { size: 112, padding: 0.5, maxGrid: 4 }
/** The face square alone, a little finer than the recogniser sees it (107 pixels), in which sharpness is measured. */
export const FINE: CropForm = { size: 128, padding: 0, maxGrid: 16 }

/** Rec. 709 weights on the values as they are encoded, as ISO/IEC 29794-5 has luminance. */
const LUMA = [0.2126, 0.7152, 0.0722] as const
const PLAIN = { mean: [0, 0, 0], scale: 1 } as const

/** Memory of a crop that is used again: half a megabyte outside of the heap a face makes V8 collect everything every few. */
export interface CropMemory {
  readonly form: CropForm
  readonly planes: Float32Array
  readonly luma: Float32Array
}

export const createCropMemory = (form: CropForm): CropMemory => ({
  form,
  planes: new Float32Array(3 * form.size ** 2),
  luma: new Float32Array(form.size ** 2),
})

/** `points`: the 468 of the mesh, in pixels of the raster. The crop is good until the next one in the same memory. */
export const cropFace = (raster: Raster, points: readonly Point[], { form, planes, luma }: CropMemory): FaceCrop => {
  const { size, maxGrid } = form
  const toImage = alignFace(points, form)
  sampleSquare(raster, toImage, size, PLAIN, planes, 0, maxGrid)
  const pixels = size * size
  for (let i = 0; i < pixels; i++)
    luma[i] = LUMA[0] * planes[i] + LUMA[1] * planes[i + pixels] + LUMA[2] * planes[i + 2 * pixels]
  return { size, form, planes, luma, toImage }
}

/** The pixels of a zone, as indices into a plane. */
export const pixelsOf = (crop: FaceCrop, zone: Zone): Int32Array => pixelsOfAll(crop, [zone])

/** Crop pixels from the crop's edge, inside it. */
const placeOf = ({ form: { size, padding } }: FaceCrop, share: number): number => {
  const pixel = Math.round(((padding + share) / (2 * padding + 1)) * size)
  if (pixel < 0) return 0
  return pixel > size ? size : pixel
}

/** The pixels of several zones together. */
export const pixelsOfAll = (crop: FaceCrop, zones: readonly Zone[]): Int32Array => {
  const pixels: number[] = []
  for (const zone of zones) {
    const left = placeOf(crop, zone[0])
    const right = placeOf(crop, zone[2])
    const bottom = placeOf(crop, zone[3])
    for (let row = placeOf(crop, zone[1]); row < bottom; row++)
      for (let column = left; column < right; column++) pixels.push(row * crop.size + column)
  }
  return Int32Array.from(pixels)
}

/** The outline of the face among the mesh's points, in order. */
const OUTLINE = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136,
  172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
]

/** The pixels of the crop inside the mesh's outline, forehead to chin, and inside the picture. */
export const facePixels = (crop: FaceCrop, points: readonly Point[], raster: Raster): Int32Array => {
  const { size, toImage } = crop
  const toCrop = invertAffine(toImage)
  const outline = OUTLINE.map(index => applyAffine(toCrop, points[index].x, points[index].y))
  const pixels: number[] = []
  for (let row = 0; row < size; row++) {
    const crossings = crossingsAt(outline, row + 0.5)
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil(crossings[i] - 0.5))
      const to = Math.min(size, Math.ceil(crossings[i + 1] - 0.5))
      for (let column = from; column < to; column++)
        if (isInPicture(toImage, row, column, raster)) pixels.push(row * size + column)
    }
  }
  return Int32Array.from(pixels)
}

/** Where a polygon's edges cross a row, from left to right. */
const crossingsAt = (outline: readonly Point[], y: number): number[] =>
  outline
    .flatMap((from, index) => {
      const to = outline[(index + 1) % outline.length]
      if (from.y > y === to.y > y) return []
      return [from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x)]
    })
    .sort((one, other) => one - other)

/** Whether the crop pixel shows the picture and not the black around it. */
export const isInPicture = (toImage: Affine, row: number, column: number, { width, height }: Raster): boolean => {
  const x = toImage.a * (column + 0.5) + toImage.b * (row + 0.5) + toImage.c
  const y = toImage.d * (column + 0.5) + toImage.e * (row + 0.5) + toImage.f
  return x >= 0 && y >= 0 && x < width && y < height
}

export const pick = (plane: Float32Array, pixels: ArrayLike<number>): Float32Array => {
  const values = new Float32Array(pixels.length)
  for (let i = 0; i < values.length; i++) values[i] = plane[pixels[i]]
  return values
}

export const meanOf = (values: Float32Array): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum / values.length
}

export const deviationOf = (values: Float32Array): number => {
  const mean = meanOf(values)
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) * (values[i] - mean)
  return Math.sqrt(squares / values.length)
}

/** The value that this share (0-1) of the values lie below. */
export const quantileOf = (values: Float32Array, share: number): number =>
  values.toSorted()[Math.min(values.length - 1, Math.floor(share * values.length))]
