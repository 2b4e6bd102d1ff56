// The arithmetic of the benchmarks: percentiles and the slope of a line. Pure.

/** The smallest value that at least this share (0-1) of the values do not exceed; NaN without values. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const rank = Math.ceil(share * sorted.length)
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] ?? Number.NaN
}

/** The middle value, or the mean of the two in the middle; NaN without values. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const half = sorted.length / 2
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2
}

/**
 * Between which values the median of what was drawn from lies, with 95 % confidence, whatever its distribution: the order
 * statistics that a binomial of 1/2 leaves 2.5 % beyond on each side (normal approximation).
 */
export const boundMedian = (values: readonly number[]): { readonly least: number; readonly most: number } => {
  const sorted = values.toSorted((one, other) => one - other)
  const reach = 0.98 * Math.sqrt(sorted.length)
  const at = (rank: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, rank))] ?? Number.NaN
  return { least: at(Math.floor(sorted.length / 2 - reach) - 1), most: at(Math.ceil(sorted.length / 2 + reach)) }
}

/** Growth of y per unit of x by least squares; null with fewer than two different x. */
export const slopeOf = (points: readonly { readonly x: number; readonly y: number }[]): number | null => {
  const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const meanX = meanOf(points.map(({ x }) => x))
  const meanY = meanOf(points.map(({ y }) => y))
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  if (!(spread > 0)) return null
  return points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread
}
