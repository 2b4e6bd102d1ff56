// Templates as int8 rows in shared memory, in segments that are never moved, so that a scan on another thread may go on
// while rows are written. Knows rows by number only, never by face.
import { firstRowOf, rowsIn, segmentOf } from './segments.ts'

const LARGEST = 127

/**
 * Largest component that int8 can hold, in units of 1/√dimensions (the standard deviation of a unit vector's component).
 * dlib's 128-d templates reach 0.45 of a unit vector (0.36 in 536 pictures of LFW), which is 5.1 / √128: nothing is
 * clipped, and the step is as small as that allows. Random unit vectors go beyond 5.1 in one component of three million.
 */
const RANGE_DEVIATIONS = 5.1

/** int8 steps per unit for templates of this length. */
export function chooseScale(dimensions: number): number {
  return (LARGEST * Math.sqrt(dimensions)) / RANGE_DEVIATIONS
}

/** Writes round(template / |template| · scale), clamped to ±127, to `row` from `at` on. */
export function quantise(template: Float32Array, scale: number, row: Int8Array, at: number): void {
  let squares = 0
  for (let i = 0; i < template.length; i += 1) squares += template[i]! * template[i]!
  const factor = squares > 0 ? scale / Math.sqrt(squares) : 0
  for (let i = 0; i < template.length; i += 1) {
    row[at + i] = Math.max(-LARGEST, Math.min(LARGEST, Math.round(template[i]! * factor)))
  }
}

export interface Rows {
  /** The buffers, in order; grows by appending. */
  readonly segments: readonly SharedArrayBuffer[]
  /** Rows are written in any order, but a new one only right behind the last. */
  write(row: number, template: Float32Array): void
  /** Overwrites the row with zeros. */
  erase(row: number): void
  eraseAll(): void
  bytes(): number
}

export interface RowsOptions {
  readonly dimensions: number
  readonly scale: number
  /** Called with every new buffer before anything is written to it. */
  readonly onSegment: (segment: SharedArrayBuffer) => void
}

export function createRows({ dimensions, scale, onSegment }: RowsOptions): Rows {
  const segments: SharedArrayBuffer[] = []
  const views: Int8Array[] = []

  const append = (): void => {
    const segment = new SharedArrayBuffer(rowsIn(segments.length) * dimensions)
    segments.push(segment)
    views.push(new Int8Array(segment))
    onSegment(segment)
  }

  return {
    segments,

    write(row, template) {
      const segment = segmentOf(row)
      if (segment === segments.length) append()
      quantise(template, scale, views[segment]!, (row - firstRowOf(segment)) * dimensions)
    },

    erase(row) {
      const segment = segmentOf(row)
      const at = (row - firstRowOf(segment)) * dimensions
      views[segment]!.fill(0, at, at + dimensions)
    },

    eraseAll() {
      for (const view of views) view.fill(0)
    },

    bytes: () => segments.reduce((sum, segment) => sum + segment.byteLength, 0),
  }
}
