// How rows are spread over segments: 128 rows first, each segment twice the one before, 131,072 rows each from the
// eleventh on. Growing appends a segment and copies nothing. Pure arithmetic, shared with the scan worker.

const FIRST_ROWS = 128
const FIRST_BITS = Math.log2(FIRST_ROWS)
/** Segments that double; the last of them has the largest size. */
const DOUBLING_SEGMENTS = 11
/**
 * The largest segment bounds what is allocated ahead (12.5 % at a million rows) and the scratch memory of a scan (16
 * bytes per row and probe in usearch). Scan time does not depend on it: 10.0-10.6 ms a million rows from 8,192 to 1,048,576.
 */
const LARGEST_ROWS = FIRST_ROWS << (DOUBLING_SEGMENTS - 1)
const LARGEST_BITS = Math.log2(LARGEST_ROWS)
/** First row behind the doubling segments. */
const DOUBLING_ROWS = FIRST_ROWS * (2 ** DOUBLING_SEGMENTS - 1)

/** The segment that holds this row. */
export function segmentOf(row: number): number {
  if (row < DOUBLING_ROWS) return 31 - Math.clz32((row >>> FIRST_BITS) + 1)
  return DOUBLING_SEGMENTS + ((row - DOUBLING_ROWS) >>> LARGEST_BITS)
}

/** Rows that fit into this segment. */
export function rowsIn(segment: number): number {
  return segment < DOUBLING_SEGMENTS ? FIRST_ROWS << segment : LARGEST_ROWS
}

/** The first row of this segment. */
export function firstRowOf(segment: number): number {
  if (segment <= DOUBLING_SEGMENTS) return FIRST_ROWS * (2 ** segment - 1)
  return DOUBLING_ROWS + (segment - DOUBLING_SEGMENTS) * LARGEST_ROWS
}
