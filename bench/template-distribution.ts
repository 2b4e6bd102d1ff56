// Where templates lie: their mean, and how far from it a component goes. Pack data for the search index; decides no score.

/** What a pack's `calibration.templates` holds. */
export interface Distribution {
  readonly centre: readonly number[]
  readonly largest: number
}

/**
 * How much farther than in the sample a component may go before the index has to keep that template as floats. It costs search
 * in proportion: the steps of int8 are so much wider.
 */
const MARGIN = 1.25

/** `rows`: unit templates side by side. Rounded to five decimals, a hundredth of a step of the index. */
export const findDistribution = (rows: Float32Array, dimensions: number): Distribution => {
  const sums = new Float64Array(dimensions)
  rows.forEach((value, i) => {
    sums[i % dimensions] += value
  })
  const centre = Array.from(sums, sum => round((sum * dimensions) / rows.length))
  const largest = rows.reduce((most, value, i) => Math.max(most, Math.abs(value - centre[i % dimensions])), 0)
  return { centre, largest: round(MARGIN * largest) }
}

const round = (value: number): number => Math.round(value * 1e5) / 1e5
