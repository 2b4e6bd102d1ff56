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

/** The whole raster letterboxed into a view of `size` pixels, turned by 0, 90, 180 or 270 degrees. */
export const frameView = (raster: Size, size: number, turn: 0 | 90 | 180 | 270 = 0, zoom = 1): View => {
  const scale = (Math.max(raster.width, raster.height) / size) * zoom
  const cosine = [1, 0, -1, 0][turn / 90]
  const sine = [0, 1, 0, -1][turn / 90]
  const half = size / 2
  const a = cosine * scale
  const b = -sine * scale
  const d = sine * scale
  const e = cosine * scale
  return {
    toRaster: { a, b, c: raster.width / 2 - (a + b) * half, d, e, f: raster.height / 2 - (d + e) * half },
    inner: EVERYWHERE,
  }
}

/** Overlapping square tiles of `side` raster pixels that cover the raster; each is shown at `size` pixels. */
export const tileViews = (raster: Size, side: number, overlap: number, size: number): readonly View[] =>
  startsOf(raster.height, side, overlap).flatMap(top =>
    startsOf(raster.width, side, overlap).map(left => ({
      toRaster: { a: side / size, b: 0, c: left, d: 0, e: side / size, f: top },
      inner: {
        left: left <= 0 ? -Infinity : left,
        top: top <= 0 ? -Infinity : top,
        right: left + side >= raster.width ? Infinity : left + side,
        bottom: top + side >= raster.height ? Infinity : top + side,
      },
    })),
  )

/** Evenly spread starts of tiles along one axis; a tile longer than the axis starts once, centred. */
const startsOf = (length: number, side: number, overlap: number): readonly number[] => {
  if (side >= length) return [(length - side) / 2]
  const count = Math.ceil((length - side) / (side * (1 - overlap))) + 1
  return Array.from({ length: count }, (_, index) => ((length - side) * index) / (count - 1))
}
