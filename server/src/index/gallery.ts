// One gallery of the exact index: which face sits in which row, the rows, and which scans are under way. A freed row is
// not given to another face while a scan runs that may have seen the old one. Searches nothing itself.
// A template that int8 cannot hold (an outlier) is kept as floats; its row is zeros, which says nothing about it.
import type { FaceTemplate } from '../core/ports.ts'
import type { Quantiser } from './quantiser.ts'
import { createRows } from './rows.ts'
import { createSlotMap } from './slot-map.ts'

export interface IndexedGallery {
  /** By this number the scanner knows the gallery. */
  readonly number: number
  readonly segments: readonly SharedArrayBuffer[]
  put(face: FaceTemplate): void
  remove(faceId: string): void
  /** Overwrites every row and forgets every face; nothing may be put afterwards. */
  erase(): void
  /** Marks a scan as under way; its result must be read with `faceAt` before `endScan`. */
  beginScan(): number
  endScan(scan: number): void
  /** The face in this row, null when there is none any more. */
  faceAt(row: number): string | null
  /** Dot product of the face in this row and a probe that is not rounded, in row steps; exact for an outlier. */
  measure(row: number, probe: Float32Array): number
  isOutlier(row: number): boolean
  /** The rows whose faces no scan finds. */
  outliers(): Iterable<number>
  /** Faces. */
  size(): number
  /** Faces that a scan finds. */
  inliers(): number
  /** Rows to scan, those of removed faces and of outliers (zeros) among them; 0 after `erase`. */
  rows(): number
  bytes(): number
}

export interface GalleryOptions {
  readonly number: number
  readonly quantiser: Quantiser
  readonly onSegment: (segment: SharedArrayBuffer) => void
}

export function createGallery({ number, ...options }: GalleryOptions): IndexedGallery {
  const { quantiser } = options
  const rows = createRows(options)
  const outliers = new Map<number, Float32Array>()
  // Scans are numbered from 1 and kept in the order in which they began.
  const scans = new Set<number>()
  let slots = createSlotMap()
  let nextScan = 1

  const oldestScan = (): number => scans.values().next().value ?? Infinity

  const forgetOutlier = (row: number): void => {
    outliers.get(row)?.fill(0)
    outliers.delete(row)
  }

  return {
    number,
    segments: rows.segments,

    put({ faceId, template }) {
      const known = slots.find(faceId)
      const row = known < 0 ? slots.take(faceId, oldestScan()) : known
      forgetOutlier(row)
      if (!rows.write(row, template)) outliers.set(row, quantiser.measure(template))
    },

    remove(faceId) {
      const slot = slots.release(faceId, nextScan)
      if (slot < 0) return
      rows.erase(slot)
      forgetOutlier(slot)
    },

    erase() {
      rows.eraseAll()
      for (const row of outliers.keys()) forgetOutlier(row)
      slots = createSlotMap()
    },

    beginScan() {
      scans.add(nextScan)
      nextScan += 1
      return nextScan - 1
    },

    endScan(scan) {
      scans.delete(scan)
    },

    faceAt: row => (row < slots.rows() ? slots.idAt(row) : null),
    measure: (row, probe) => measureOutlier(outliers.get(row), probe) ?? rows.measure(row, probe),
    isOutlier: row => outliers.has(row),
    outliers: () => outliers.keys(),
    size: () => slots.size(),
    inliers: () => slots.size() - outliers.size,
    rows: () => slots.rows(),
    bytes: () => rows.bytes() + slots.bytes() + outliers.size * quantiser.dimensions * Float32Array.BYTES_PER_ELEMENT,
  }
}

function measureOutlier(outlier: Float32Array | undefined, probe: Float32Array): number | undefined {
  if (!outlier) return undefined
  let dot = 0
  for (let i = 0; i < outlier.length; i += 1) dot += outlier[i]! * probe[i]!
  return dot
}
