// Cosine → similarity and false match rate, and the threshold for a wanted rate and gallery size. Pure arithmetic on the
// pack's calibration; the curves themselves are pack data.

/** False match rate of one kind of comparison: how often two different people reach at least this cosine. */
export interface CalibrationCurve {
  /** [cosine, log10 of the false match rate], cosine rising, rate falling; linear in between, at least two. */
  readonly points: readonly (readonly [number, number])[]
  /** Down to this log10(FMR) the curve is counted; beyond it is extrapolated. */
  readonly supportedLog10Fmr: number
}

/** The curve for a person with this many faces. */
export interface CurveByFaces extends CalibrationCurve {
  readonly faces: number
}

export interface Calibration {
  /** One template against one template. */
  readonly comparison: CalibrationCurve
  /** The best of a person's faces against one probe. */
  readonly best: readonly CurveByFaces[]
  /** The normalised mean of a person's templates against one probe. */
  readonly fused: readonly CurveByFaces[]
}

export interface Score {
  /** 0-100, two decimals, rounded down. */
  readonly similarity: number
  readonly falseMatchRate: number
  /** Log10 of the false match rate, unrounded: what decisions beyond similarity 100 go by. */
  readonly log10Fmr: number
  /** True when the rate lies beyond what the calibration data supports. */
  readonly extrapolated: boolean
}

/** The least score that matches. */
export interface Threshold {
  /** 0-100, two decimals, rounded up. */
  readonly similarity: number
  readonly log10Fmr: number
}

/**
 * Similarity ↔ log10(FMR): 0 = 1, 50 = 1e-1, 60 = 1e-2, 70 = 1e-3, 80 = 1e-4, 90 = 1e-6, 100 = 1e-8 or rarer,
 * linear in log10(FMR) in between. This is the public meaning of a similarity and never changes with a pack.
 */
const SIMILARITY_SCALE: readonly (readonly [number, number])[] = [
  [0, 0],
  [50, -1],
  [60, -2],
  [70, -3],
  [80, -4],
  [90, -6],
  [100, -8],
]
const SCALE_BY_RATE = SIMILARITY_SCALE.map(([similarity, log10Fmr]) => [log10Fmr, similarity] as const).reverse()

/** The score of a cosine on a curve. */
export const scoreOf = (curve: CalibrationCurve, cosine: number): Score => {
  const log10Fmr = Math.min(0, interpolate(curve.points, cosine, true))
  return {
    similarity: roundDown(interpolate(SCALE_BY_RATE, log10Fmr, false)),
    falseMatchRate: Number((10 ** log10Fmr).toPrecision(3)),
    log10Fmr,
    extrapolated: log10Fmr < curve.supportedLog10Fmr,
  }
}

export const thresholdOfSimilarity = (similarity: number): Threshold => ({
  similarity,
  log10Fmr: interpolate(SIMILARITY_SCALE, similarity, false),
})

/** The threshold at which two different people match with this probability (0 < fmr < 1). */
export const thresholdOfFmr = (fmr: number): Threshold => {
  const log10Fmr = Math.log10(fmr)
  return { similarity: roundUp(interpolate(SCALE_BY_RATE, log10Fmr, false)), log10Fmr }
}

/**
 * The threshold at which a stranger's search raises a false alarm with probability `maxFpir` in a gallery of `size` faces:
 * FPIR = 1 - (1 - FMR)^size, comparisons taken as independent.
 */
export const thresholdOfFpir = (maxFpir: number, size: number): Threshold =>
  thresholdOfFmr(-Math.expm1(Math.log1p(-maxFpir) / Math.max(1, size)))

/** Whether a score reaches a threshold: by the similarity that is shown, and beyond its end by the rate itself. */
export const reaches = (score: Score, threshold: Threshold): boolean =>
  threshold.similarity >= 100 && threshold.log10Fmr < -8
    ? score.log10Fmr <= threshold.log10Fmr
    : score.similarity >= threshold.similarity

/**
 * The curve for a person with `faces` faces; one face is a plain comparison. A number in between takes the curve of the
 * next larger one, whose false match rate is higher: to the safe side.
 */
export const curveFor = (calibration: Calibration, kind: 'best' | 'fused', faces: number): CalibrationCurve => {
  const curves = calibration[kind]
  if (faces === 1 || curves.length === 0) return calibration.comparison
  return curves.find(curve => curve.faces >= faces) ?? curves[curves.length - 1]
}

/** Linear in between; beyond the ends the last value, or with `extend` the line through the last two points. */
const interpolate = (points: readonly (readonly [number, number])[], x: number, extend: boolean): number => {
  const last = points.length - 1
  if (!extend && x <= points[0][0]) return points[0][1]
  if (!extend && x >= points[last][0]) return points[last][1]
  let upper = 1
  while (upper < last && x > points[upper][0]) upper++
  const [x0, y0] = points[upper - 1]
  const [x1, y1] = points[upper]
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0)
}

// The small addend keeps 79.99999999999999 from being shown as 79.99.
const roundDown = (value: number): number => Math.floor(value * 100 + 1e-7) / 100
const roundUp = (value: number): number => Math.ceil(value * 100 - 1e-7) / 100

export const dotOf = (one: Float32Array, other: Float32Array): number => {
  let sum = 0
  for (let i = 0; i < one.length; i++) sum += one[i] * other[i]
  return sum
}

/** The normalised mean of unit templates: one vector for a person. */
export const fuseTemplates = (templates: readonly Float32Array[]): Float32Array => {
  const fused = new Float32Array(templates[0].length)
  for (const template of templates) for (let i = 0; i < fused.length; i++) fused[i] += template[i]
  const length = Math.sqrt(dotOf(fused, fused))
  return length === 0 ? fused : fused.map(value => value / length)
}
