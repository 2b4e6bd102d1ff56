// One search of a gallery: scan, take the faces that int8 cannot tell from the best, score those in float32, and scan
// again when that was not enough. Holds no state between searches.
import type { IndexHit, TemplateSource } from '../core/ports.ts'
import type { IndexedGallery } from './gallery.ts'
import { quantise } from './rows.ts'
import type { ScanResult } from './scan-worker.ts'
import type { Scanner } from './scanner.ts'
import { chooseFirstCount, chooseLargestCount, cosineOf, lowestUncertainDot } from './shortlist.ts'

export interface Query {
  readonly gallery: IndexedGallery
  readonly probe: Float32Array
  readonly limit: number
  readonly signal: AbortSignal | undefined
}

export interface Means {
  readonly scanner: Scanner
  readonly templates: TemplateSource
  readonly scale: number
}

interface Band {
  /** The faces that may be among the best, best first by int8. */
  readonly faceIds: readonly string[]
  /** Whether a face that cannot be among the best was seen, so that none is missing from the band. */
  readonly isClosed: boolean
}

/** The exact best `limit` faces, best first. A face whose template the store no longer has makes room for the next. */
export async function findBest(query: Query, { scanner, templates, scale }: Means): Promise<readonly IndexHit[]> {
  const { gallery, probe, limit, signal } = query
  const row = new Int8Array(probe.length)
  quantise(probe, scale, row, 0)
  const cosines = new Map<string, number>()
  const absent = new Set<string>()
  let rows = gallery.rows()
  let count = Math.min(rows, chooseFirstCount(limit, rows))
  for (let isContinued = false; count > 0; isContinued = true) {
    const order = { gallery: gallery.number, rows, count, probe: row, isContinued, signal }
    const band = await scanBand(query, scanner, order, absent, scale)
    const wider = band.isClosed ? count : chooseWiderCount(query, order, band.faceIds.length)
    if (wider === count) {
      const areAllThere = await score(band.faceIds, probe, templates, cosines, absent)
      signal?.throwIfAborted()
      if (areAllThere) return rank(band.faceIds, cosines).slice(0, limit)
    }
    rows = gallery.rows()
    count = Math.min(rows, wider)
  }
  return []
}

async function scanBand(
  { gallery, limit }: Query,
  scanner: Scanner,
  order: Parameters<Scanner['scan']>[0],
  absent: ReadonlySet<string>,
  scale: number,
): Promise<Band> {
  const scan = gallery.beginScan()
  try {
    return collectBand(await scanner.scan(order), gallery, limit, absent, scale)
  } finally {
    gallery.endScan(scan)
  }
}

function collectBand(
  { rows, dots }: ScanResult,
  gallery: IndexedGallery,
  limit: number,
  absent: ReadonlySet<string>,
  scale: number,
): Band {
  const faceIds: string[] = []
  let edge = -Infinity
  for (let i = 0; i < rows.length; i += 1) {
    if (dots[i]! < edge) return { faceIds, isClosed: true }
    const faceId = gallery.faceAt(rows[i]!)
    if (faceId === null || absent.has(faceId)) continue
    faceIds.push(faceId)
    if (faceIds.length === limit) edge = lowestUncertainDot(dots[i]!, scale)
  }
  return { faceIds, isClosed: false }
}

/** How many rows to ask for next after a band that was not closed, `count` when more would not help. */
function chooseWiderCount(
  { gallery, limit }: Query,
  { rows, count }: { readonly rows: number; readonly count: number },
  found: number,
): number {
  if (count === rows) return count
  // Rows of removed faces have dot 0 and stand before faces of negative cosine: ask for all of them and the wanted ones.
  if (found < limit) return Math.max(4 * count, limit + rows - gallery.size())
  return Math.max(count, Math.min(4 * count, chooseLargestCount(limit)))
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
