// Which rows of a scan have to be scored again in float32 so that the answer is the exact one. Pure arithmetic.
import { LARGEST_BALANCE, type Probe } from './quantiser.ts'

/**
 * How many standard deviations of rounding error may separate two faces before the int8 order counts as certain. At
 * four and a half a wrong order is a matter of 3 in a million for a face right at the edge, and rarer the farther below it is.
 */
const CERTAIN_DEVIATIONS = 4.5

/** Variance of an error that is uniform over one step, in step². */
const ROUNDING_VARIANCE = 1 / 12

/** The same in a row, where a few components are rounded the other way (see quantiser.ts). */
const ROW_VARIANCE = 1.1 * ROUNDING_VARIANCE

/**
 * Rows asked for in the first scan. Measured on made-up faces as close together as dlib's (bench/search-data.ts), limit 10: the
 * scan's band of uncertainty holds 14, 15 and 17 faces on average at ten thousand, a hundred thousand and a million rows, and 34
 * at most in a thousand searches; without a distribution 37 to 133 on average. This is 120, 160 and 213, so that with one no
 * search scans twice, without one every ninth does; 633 rows instead would cost 0.3 ms of the 10 of a million.
 */
export function chooseFirstCount(limit: number, rows: number): number {
  return Math.ceil((60 + 6 * limit) * Math.max(1, rows / 10_000) ** 0.125)
}

/** More faces than this in the band of uncertainty are near-copies of one template, and any of them will do. */
export function chooseLargestCount(limit: number): number {
  return Math.max(1024, 40 * limit)
}

/**
 * The lowest dot of an int8 row and the unrounded probe, in row steps, that could still belong among the best, given that of
 * the last wanted face.
 *
 * Only the rows are rounded here: errors that are uniform and independent, of about 1/12 step² per component, and that add up
 * to nearly nothing along the centre. So only the part of the probe at right angles to the centre meets them: two rows'
 * dots differ by an error of variance 2 · across / 12, and of at most twice LARGEST_BALANCE along the centre.
 */
export function lowestUncertainMeasure(measure: number, { across }: Probe): number {
  return (
    measure - CERTAIN_DEVIATIONS * Math.sqrt(2 * across * ROW_VARIANCE) - 2 * LARGEST_BALANCE * Math.sqrt(1 - across)
  )
}

/**
 * The lowest int8 dot of a scan that could still belong among the best, given that of the last wanted face.
 *
 * Here the probe is rounded too, which matters as far as two templates differ: variance |t1 - t2|² · scale² / 12 in row steps,
 * times the probe's own step. Both templates have about the cosine c with the probe, hence |t1 - t2|² ≤ 8 (1 - c), and never
 * more than 4. The product of the two roundings is left out: a thousandth of the rest.
 */
export function lowestUncertainDot(dot: number, probe: Probe, scale: number): number {
  const cosine = Math.min(1, dot / (scale * probe.scale) + probe.centreDot)
  const apart = Math.min(4, 8 * (1 - cosine))
  const ofRows = 2 * probe.across * ROW_VARIANCE * probe.scale ** 2
  const ofProbe = apart * ROUNDING_VARIANCE * scale ** 2
  const along = 2 * LARGEST_BALANCE * Math.sqrt(1 - probe.across) * probe.scale
  return dot - CERTAIN_DEVIATIONS * Math.sqrt(ofRows + ofProbe) - along
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
