// Views: the squares of a picture that the detector looks at (whole frame, tiles, turned frames). Pure geometry.
import type { Affine } from './geometry.ts'

/** One square look at a raster. */
export interface View {
  /** View pixel → raster pixel. */
  readonly toRaster: Affine
  /** The part of the raster that this view is trusted with: a face that touches an inner border is left to a neighbour. */
  readonly inner: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }
}

interface Size {
  readonly width: number
  readonly height: number
}

const EVERYWHERE = { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity }

/** Quarter turns of a view against the raster, degrees clockwise. */
export type Turn = 0 | 90 | 180 | 270

/** The whole raster letterboxed into a view of `size` pixels, turned; `zoom` 2 shows it at half the size. */
export const frameView = (raster: Size, size: number, turn: Turn = 0, zoom = 1): View => ({
  toRaster: squareMap(raster.width / 2, raster.height / 2, Math.max(raster.width, raster.height) * zoom, size, turn),
  inner: EVERYWHERE,
})

/** Overlapping square tiles of `side` raster pixels that cover the raster; each is shown at `size` pixels, turned. */
export const tileViews = (raster: Size, side: number, overlap: number, size: number, turn: Turn = 0): readonly View[] =>
  startsOf(raster.height, side, overlap).flatMap(top =>
    startsOf(raster.width, side, overlap).map(left => ({
      toRaster: squareMap(left + side / 2, top + side / 2, side, size, turn),
      inner: {
        left: left <= 0 ? -Infinity : left,
        top: top <= 0 ? -Infinity : top,
        right: left + side >= raster.width ? Infinity : left + side,
        bottom: top + side >= raster.height ? Infinity : top + side,
      },
    })),
  )

/** View pixel → raster pixel for the square of `side` raster pixels around (x, y). Quarter turns are exact. */
const squareMap = (x: number, y: number, side: number, size: number, turn: Turn): Affine => {
  const scale = side / size
  const a = [1, 0, -1, 0][turn / 90] * scale
  const d = [0, 1, 0, -1][turn / 90] * scale
  const half = size / 2
  return { a, b: -d, c: x - (a - d) * half, d, e: a, f: y - (d + a) * half }
}

/** Evenly spread starts of tiles along one axis; a tile longer than the axis starts once, centred. */
const startsOf = (length: number, side: number, overlap: number): readonly number[] => {
  if (side >= length) return [(length - side) / 2]
  const count = Math.ceil((length - side) / (side * (1 - overlap))) + 1
  return Array.from({ length: count }, (_, index) => ((length - side) * index) / (count - 1))
}
