// The worker thread that scans: holds handles to the galleries' shared rows, answers with the rows of the largest dot
// products. Started by scan-thread.ts; knows no faces, no float templates, and writes to no row.
import { parentPort, workerData } from 'node:worker_threads'
import usearch from 'usearch'
import { firstRowOf, rowsIn } from './segments.ts'

export interface ScanWorkerData {
  readonly dimensions: number
}

export type ScanRequest =
  | { readonly kind: 'attach'; readonly gallery: number; readonly segment: SharedArrayBuffer }
  | { readonly kind: 'detach'; readonly gallery: number }
  | {
      readonly kind: 'scan'
      readonly gallery: number
      /** Rows to cover, from the first on. */
      readonly rows: number
      /** Most rows wanted per probe, at most `rows`. */
      readonly count: number
      /** One int8 probe behind the other. */
      readonly probes: Int8Array
    }

/** Rows with the largest int8 dots, best first. Every row that is not among them has at most the last one's dot. */
export interface ScanResult {
  readonly rows: Uint32Array
  readonly dots: Float32Array
}

/** A result per probe. */
export type ScanReply = readonly ScanResult[] | { readonly error: string }

interface SegmentResult {
  readonly firstRow: number
  /** Rows found per probe. */
  readonly count: number
  /** Whether these are all rows of the segment. */
  readonly isWhole: boolean
  readonly rows: BigUint64Array
  readonly distances: Float32Array
}

const { dimensions } = workerData as ScanWorkerData
const galleries = new Map<number, SharedArrayBuffer[]>()

parentPort!.on('message', (request: ScanRequest) => {
  if (request.kind === 'attach') {
    const segments = galleries.get(request.gallery)
    if (segments) segments.push(request.segment)
    else galleries.set(request.gallery, [request.segment])
  } else if (request.kind === 'detach') {
    galleries.delete(request.gallery)
  } else {
    parentPort!.postMessage(answer(request))
  }
})

function answer(request: Extract<ScanRequest, { kind: 'scan' }>): ScanReply {
  try {
    const results = scanSegments(galleries.get(request.gallery) ?? [], request.rows, request.count, request.probes)
    const probes = request.probes.length / dimensions
    return Array.from({ length: probes }, (_, probe) => mergeResults(results, request.count, probe))
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function scanSegments(
  segments: readonly SharedArrayBuffer[],
  rows: number,
  count: number,
  probes: Int8Array,
): SegmentResult[] {
  const results: SegmentResult[] = []
  for (let segment = 0; firstRowOf(segment) < rows; segment += 1) {
    const firstRow = firstRowOf(segment)
    const rowsHere = Math.min(rowsIn(segment), rows - firstRow)
    const countHere = Math.min(rowsHere, chooseCount(count, rowsHere / rows))
    // usearch reads from the start of the buffer whatever a view's offset is: a segment is a buffer of its own.
    const view = new Int8Array(segments[segment]!, 0, rowsHere * dimensions)
    const found = usearch.exactSearch(view, probes, dimensions, countHere, usearch.MetricKind.IP, 1)
    results.push({
      firstRow,
      count: countHere,
      isWhole: countHere === rowsHere,
      rows: found.keys,
      distances: found.distances,
    })
  }
  return results
}

/**
 * Rows to take from a segment that holds this share of the gallery. usearch's sorting costs count · log(count) in every segment,
 * so each gives its share and half as much again; people enrolled together lie together, hence the 32.
 */
function chooseCount(count: number, share: number): number {
  return share === 1 ? count : Math.min(count, 32 + Math.ceil(1.5 * count * share))
}

/**
 * The best of the sorted lists' heads is taken until `count` are there, or until a list is at its end that is not the
 * whole segment: what comes next may be in the part that it left out.
 */
function mergeResults(results: readonly SegmentResult[], count: number, probe: number): ScanResult {
  const rows = new Uint32Array(count)
  const dots = new Float32Array(count)
  const heads = results.map(result => result.count * probe)
  let taken = 0
  while (taken < count) {
    let best = -1
    let bestDistance = Infinity
    for (let i = 0; i < results.length; i += 1) {
      const { count: length, distances } = results[i]!
      if (heads[i]! === length * (probe + 1) || distances[heads[i]!]! >= bestDistance) continue
      best = i
      bestDistance = distances[heads[i]!]!
    }
    const { firstRow, count: length, isWhole, rows: keys } = results[best]!
    rows[taken] = firstRow + Number(keys[heads[best]!]!)
    // usearch's inner-product distance is 1 - dot; int8 dots of up to 1,040 dimensions are whole numbers below 2^24.
    dots[taken] = 1 - bestDistance
    taken += 1
    heads[best]! += 1
    if (heads[best] === length * (probe + 1) && !isWhole) break
  }
  return { rows: rows.slice(0, taken), dots: dots.slice(0, taken) }
}
