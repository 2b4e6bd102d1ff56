// One search of a gallery: scan, take the faces that int8 cannot tell from the best, score those in float32, and scan
// again when that was not enough. Holds no state between searches.
import type { IndexHit, TemplateSource } from '../core/ports.ts'
import type { IndexedGallery } from './gallery.ts'
import type { Probe, Quantiser } from './quantiser.ts'
import type { ScanResult } from './scan-worker.ts'
import type { Scanner } from './scanner.ts'
import {
  chooseFirstCount,
  chooseLargestCount,
  cosineOf,
  lowestUncertainDot,
  lowestUncertainMeasure,
} from './shortlist.ts'

export interface Query {
  readonly gallery: IndexedGallery
  readonly probe: Float32Array
  readonly limit: number
  readonly signal: AbortSignal | undefined
}

export interface Means {
  readonly scanner: Scanner
  readonly templates: TemplateSource
  readonly quantiser: Quantiser
}

interface Band {
  /** The faces that may be among the best, best first by int8. */
  readonly faceIds: readonly string[]
  /** Faces among the scan's rows that may be among the best. */
  readonly scanned: number
  /** Whether a face that cannot be among the best was seen, or all faces were, so that none is missing from the band. */
  readonly isClosed: boolean
}

interface Sighting {
  readonly row: number
  readonly dot: number
}

/** The exact best `limit` faces, best first. A face whose template the store no longer has makes room for the next. */
export async function findBest(query: Query, { scanner, templates, quantiser }: Means): Promise<readonly IndexHit[]> {
  const { gallery, limit, signal } = query
  const probe = quantiser.prepare(query.probe)
  const cosines = new Map<string, number>()
  const absent = new Set<string>()
  let rows = gallery.rows()
  let count = Math.min(rows, chooseFirstCount(limit, rows))
  for (let isContinued = false; count > 0; isContinued = true) {
    const order = { gallery: gallery.number, rows, count, probe: probe.row, isContinued, signal }
    const scan = gallery.beginScan()
    let band: Band
    try {
      // Collected before anything else can run: a row may be another face's, or zeros, a moment later.
      band = collectBand(await scanner.scan(order), query, probe, quantiser.scale, absent)
    } finally {
      gallery.endScan(scan)
    }
    const wider = band.isClosed ? count : chooseWiderCount(query, order, band.scanned)
    if (wider === count) {
      const areAllThere = await score(band.faceIds, query.probe, templates, cosines, absent)
      signal?.throwIfAborted()
      if (areAllThere) return rank(band.faceIds, cosines).slice(0, limit)
    }
    rows = gallery.rows()
    count = Math.min(rows, wider)
  }
  return []
}

/**
 * The scan's rows that may be among the best by int8 alone; then those of them that still may when the probe is not rounded,
 * which costs 0.1 µs a row where a look-up costs ten. Outliers join in between.
 */
function collectBand(result: ScanResult, query: Query, probe: Probe, scale: number, absent: ReadonlySet<string>): Band {
  const { gallery } = query
  const scanned = takeBest(listInliers(result, gallery), query, absent, dot => lowestUncertainDot(dot, probe, scale))
  const measured = [...scanned.rows, ...gallery.outliers()]
    .map(row => ({ row, dot: gallery.measure(row, probe.unit) }))
    .sort((a, b) => b.dot - a.dot)
  const { faceIds } = takeBest(measured, query, absent, dot => lowestUncertainMeasure(dot, probe))
  const isClosed = scanned.hasSeenWorse || scanned.rows.length === gallery.inliers()
  return { faceIds, scanned: scanned.rows.length, isClosed }
}

function* listInliers({ rows, dots }: ScanResult, gallery: IndexedGallery): Generator<Sighting> {
  for (let i = 0; i < rows.length; i += 1) if (!gallery.isOutlier(rows[i]!)) yield { row: rows[i]!, dot: dots[i]! }
}

/** The faces down to the lowest dot that could still belong among the best, best first as the sightings are. */
function takeBest(
  sightings: Iterable<Sighting>,
  { gallery, limit }: Query,
  absent: ReadonlySet<string>,
  lowestUncertain: (dot: number) => number,
): { readonly rows: readonly number[]; readonly faceIds: readonly string[]; readonly hasSeenWorse: boolean } {
  const rows: number[] = []
  const faceIds: string[] = []
  let edge = -Infinity
  for (const { row, dot } of sightings) {
    if (dot < edge) return { rows, faceIds, hasSeenWorse: true }
    const faceId = gallery.faceAt(row)
    if (faceId === null || absent.has(faceId)) continue
    rows.push(row)
    faceIds.push(faceId)
    if (faceIds.length === limit) edge = lowestUncertain(dot)
  }
  return { rows, faceIds, hasSeenWorse: false }
}

/** How many rows to ask for next after a band that was not closed, `count` when more would not help. */
function chooseWiderCount(
  { gallery, limit }: Query,
  { rows, count }: { readonly rows: number; readonly count: number },
  found: number,
): number {
  if (count === rows) return count
  // Rows of zeros have dot 0, as a face at the centre has, and stand before half of the faces: they are not to count.
  const zeros = rows - gallery.inliers()
  if (found < limit) return Math.max(4 * count, limit + zeros)
  return Math.max(count, Math.min(4 * count, chooseLargestCount(limit) + zeros))
}

/** Fills in the cosines that are missing; false when the store did not have all of the templates. */
async function score(
  faceIds: readonly string[],
  probe: Float32Array,
  templates: TemplateSource,
  cosines: Map<string, number>,
  absent: Set<string>,
): Promise<boolean> {
  const unscored = faceIds.filter(faceId => !cosines.has(faceId))
  if (unscored.length === 0) return true
  for (const { faceId, template } of await templates(unscored)) cosines.set(faceId, cosineOf(probe, template))
  const missing = unscored.filter(faceId => !cosines.has(faceId))
  for (const faceId of missing) absent.add(faceId)
  return missing.length === 0
}

/** Faces of one cosine are told apart by id, so that the same search gives the same answer. */
function rank(faceIds: readonly string[], cosines: ReadonlyMap<string, number>): IndexHit[] {
  return faceIds
    .map(faceId => ({ faceId, cosine: cosines.get(faceId)! }))
    .sort((a, b) => b.cosine - a.cosine || (a.faceId < b.faceId ? -1 : 1))
}
