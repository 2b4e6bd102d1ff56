// One gallery of the exact index: which face sits in which row, the rows, and which scans are under way. A freed row is
// not given to another face while a scan runs that may have seen the old one. Searches nothing itself.
import type { FaceTemplate } from '../core/ports.ts'
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
  /** Faces. */
  size(): number
  /** Rows to scan, those of removed faces (zeros) among them; 0 after `erase`. */
  rows(): number
  bytes(): number
}

export interface GalleryOptions {
  readonly number: number
  readonly dimensions: number
  readonly scale: number
  readonly onSegment: (segment: SharedArrayBuffer) => void
}

export function createGallery({ number, ...options }: GalleryOptions): IndexedGallery {
  const rows = createRows(options)
  // Scans are numbered from 1 and kept in the order in which they began.
  const scans = new Set<number>()
  let slots = createSlotMap()
  let nextScan = 1

  const oldestScan = (): number => scans.values().next().value ?? Infinity

  return {
    number,
    segments: rows.segments,

    put({ faceId, template }) {
      const known = slots.find(faceId)
      rows.write(known < 0 ? slots.take(faceId, oldestScan()) : known, template)
    },

    remove(faceId) {
      const slot = slots.release(faceId, nextScan)
      if (slot >= 0) rows.erase(slot)
    },

    erase() {
      rows.eraseAll()
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
    size: () => slots.size(),
    rows: () => slots.rows(),
    bytes: () => rows.bytes() + slots.bytes(),
  }
}
