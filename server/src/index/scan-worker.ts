// The worker thread that scans: holds handles to the galleries' shared rows, answers with the rows of the largest dot
// products. Started by scanner.ts; knows no faces, no float templates, and writes to no row.
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
      /** Rows wanted per probe, at most `rows`. */
      readonly count: number
      /** One int8 probe behind the other. */
      readonly probes: Int8Array
    }

/** `count` rows per probe, best first, one probe's behind the other's. */
export type ScanReply =
  | { readonly rows: Uint32Array; readonly dots: Float32Array }
  | { readonly error: string }

interface SegmentResult {
  readonly firstRow: number
  readonly count: number
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
    return mergeResults(results, request.count, request.probes.length / dimensions)
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
    const countHere = Math.min(count, rowsHere)
    // usearch reads from the start of the buffer whatever a view's offset is: a segment is a buffer of its own.
    const view = new Int8Array(segments[segment]!, 0, rowsHere * dimensions)
    const found = usearch.exactSearch(view, probes, dimensions, countHere, usearch.MetricKind.IP, 1)
    results.push({ firstRow, count: countHere, rows: found.keys, distances: found.distances })
  }
  return results
}

/** The segments' lists are sorted each; the best of their heads is taken until `count` are there. */
function mergeResults(results: readonly SegmentResult[], count: number, probes: number): ScanReply {
  const rows = new Uint32Array(count * probes)
  const dots = new Float32Array(count * probes)
  for (let probe = 0; probe < probes; probe += 1) {
    const heads = results.map(result => result.count * probe)
    for (let taken = 0; taken < count; taken += 1) {
      let best = -1
      let bestDistance = Infinity
      for (let i = 0; i < results.length; i += 1) {
        const { count: length, distances } = results[i]!
        if (heads[i]! === length * (probe + 1) || distances[heads[i]!]! >= bestDistance) continue
        best = i
        bestDistance = distances[heads[i]!]!
      }
      const { firstRow, rows: keys } = results[best]!
      rows[count * probe + taken] = firstRow + Number(keys[heads[best]!]!)
      // usearch's inner-product distance is 1 - dot; int8 dots of up to 1,040 dimensions are whole numbers below 2^24.
      dots[count * probe + taken] = 1 - bestDistance
      heads[best]! += 1
    }
  }
  return { rows, dots }
}
