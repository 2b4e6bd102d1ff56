// Templates as int8 rows in shared memory, in segments that are never moved, so that a scan on another thread may go on
// while rows are written. Knows rows by number only, never by face.
import type { Quantiser } from './quantiser.ts'
import { firstRowOf, rowsIn, segmentOf } from './segments.ts'

export interface Rows {
  /** The buffers, in order; grows by appending. */
  readonly segments: readonly SharedArrayBuffer[]
  /**
   * Rows are written in any order, but a new one only right behind the last. False, and the row is zeros, for a template that
   * int8 cannot hold.
   */
  write(row: number, template: Float32Array): boolean
  /** Dot product of the int8 row and a probe that is not rounded, in row steps. */
  measure(row: number, probe: Float32Array): number
  /** Overwrites the row with zeros. */
  erase(row: number): void
  eraseAll(): void
  bytes(): number
}

export interface RowsOptions {
  readonly quantiser: Quantiser
  /** Called with every new buffer before anything is written to it. */
  readonly onSegment: (segment: SharedArrayBuffer) => void
}

export function createRows({ quantiser, onSegment }: RowsOptions): Rows {
  const { dimensions } = quantiser
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
      return quantiser.write(template, views[segment]!, (row - firstRowOf(segment)) * dimensions)
    },

    measure(row, probe) {
      const segment = segmentOf(row)
      const view = views[segment]!
      const at = (row - firstRowOf(segment)) * dimensions
      let dot = 0
      for (let i = 0; i < dimensions; i += 1) dot += view[at + i]! * probe[i]!
      return dot
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
