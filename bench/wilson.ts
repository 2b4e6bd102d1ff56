// A share of counted things, with its 95 % bounds. Pure.

export interface Share {
  readonly count: number
  readonly of: number
  /** NaN where nothing was counted. */
  readonly share: number
  /** 95 % bounds after Wilson (1927); they take the things for independent. */
  readonly low: number
  readonly high: number
}

/** The normal distribution's 97.5 % point. */
const Z = 1.959964

export const shareOf = (count: number, of: number): Share => {
  if (of === 0) return { count, of, share: Number.NaN, low: 0, high: 1 }
  const share = count / of
  const centre = share + (Z * Z) / (2 * of)
  const spread = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of))
  const whole = 1 + (Z * Z) / of
  return {
    count,
    of,
    share,
    low: Math.max(0, (centre - spread) / whole),
    high: Math.min(1, (centre + spread) / whole),
  }
}

/** "4.2 % (3.1 to 5.6, n = 1,234)". */
export const describeShare = ({ share, low, high, of }: Share): string =>
  of === 0 ? 'none' : `${percent(share)} % (${percent(low)} to ${percent(high)}, n = ${of.toLocaleString('en-US')})`

const percent = (share: number): string => (share * 100).toFixed(1)
