// Which rows of a scan have to be scored again in float32 so that the answer is the exact one. Pure arithmetic.

/**
 * How many standard deviations of rounding error may separate two faces before the int8 order counts as certain. At
 * four and a half a wrong order is a matter of 3 in a million for a face right at the edge, and rarer the farther below it is.
 */
const CERTAIN_DEVIATIONS = 4.5

/**
 * Rows asked for in the first scan. Measured on made-up faces as close together as dlib's (bench/search-data.ts): the band
 * of uncertainty holds 38, 70 and 134 faces (mean, limit 10) at ten thousand, a hundred thousand and a million rows, which
 * grows as the fourth root; this is about five times as much, so that hardly a search scans twice, and costs next to nothing.
 */
export function chooseFirstCount(limit: number, rows: number): number {
  return Math.ceil((100 + 10 * limit) * Math.max(1, rows / 10_000) ** 0.25)
}

/** More faces than this in the band of uncertainty are near-copies of one template, and any of them will do. */
export function chooseLargestCount(limit: number): number {
  return Math.max(1024, 40 * limit)
}

/**
 * The lowest int8 dot that could still belong among the best, given the dot of the last wanted face.
 *
 * Rounding to steps of 1/scale leaves errors that are uniform and independent, of variance 1/12 step² per component. The difference
 * of two unit templates' dots with a unit probe then has the variance (2 + |t1 - t2|²) / 12 · scale²: the two templates'
 * own rounding, and the probe's, which only matters as far as the templates differ. Both have about the cosine c with the
 * probe, hence |t1 - t2|² ≤ 8 (1 - c), and never more than 4.
 */
export function lowestUncertainDot(dot: number, scale: number): number {
  const cosine = Math.min(1, dot / (scale * scale))
  const apart = Math.min(4, 8 * (1 - cosine))
  return dot - CERTAIN_DEVIATIONS * scale * Math.sqrt((2 + apart) / 12)
}

/** Cosine of two vectors of one length, summed in double precision; 0 when one of them is all zeros. */
export function cosineOf(a: Float32Array, b: Float32Array): number {
  let dot = 0
  let aa = 0
  let bb = 0
  for (let i = 0; i < a.length; i += 1) {
    dot += a[i]! * b[i]!
    aa += a[i]! * a[i]!
    bb += b[i]! * b[i]!
  }
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : 0
}
