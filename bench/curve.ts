// From counted comparisons of different people to a calibration curve: counted points, how far they carry, and the tail
// beyond. Pure arithmetic; knows nothing about packs or files.
import type { CalibrationCurve } from '../server/src/core/score.ts'
import { slopeOf } from './statistics.ts'
import type { Tally, TopScore } from './tally.ts'

export interface CountedCurve extends CalibrationCurve {
  /** Comparisons of different people that were counted. */
  readonly comparisons: number
}

type Point = readonly [cosine: number, log10Fmr: number]

/**
 * The rule of 30 (Doddington; ISO/IEC 19795-1): with 30 errors seen, the true rate lies within 30 % of the measured one with
 * 90 % confidence, where errors are independent. Pictures of the same two people are not, hence 30 different pairs of people.
 */
const ERRORS_NEEDED = 30
const LEAST_LOG10_FMR = -10
const COUNTED_STEP = 0.25
/** Close together where nearly every stranger passes: a straight line from rate 1 would say too much there. */
const FIRST_RATES = [0, -0.005, -0.02, -0.05, -0.1, -0.2, -0.3, -0.4, -0.5, -0.6, -0.7, -0.8, -0.9, -1]

/**
 * The rate at which the highest scores stem from 30 different pairs of people, as log10, rounded towards commoner.
 * `pairOf` names the pair of people behind a score. Throws an Error where there are fewer comparisons than that.
 */
export const findSupport = (tally: Tally, pairOf: (score: TopScore) => number | string): number => {
  const top = tally.top()
  const seen = new Set<number | string>()
  const last = top.findIndex(score => seen.add(pairOf(score)).size === ERRORS_NEEDED)
  const rank = last < 0 ? top.length : last + 1
  const support = roundUp(Math.log10(rank / tally.total()), 2)
  if (seen.size < ERRORS_NEEDED || support > -2) {
    throw new Error(
      `${tally.total()} comparisons of different people are too few for a calibration: at a false match rate of 1e-2 ` +
        `there must be ${ERRORS_NEEDED} different pairs of people left.`,
    )
  }
  return support
}

/** Points counted down to `support`. A cosine is rounded up, so that a point never says rarer than was counted. */
export const countPoints = (tally: Tally, support: number): Point[] => {
  const rates = [...FIRST_RATES]
  for (let rate = -1 - COUNTED_STEP; rate > support + COUNTED_STEP / 2; rate -= COUNTED_STEP) rates.push(rate)
  const points = [...rates, support].map((rate): Point => {
    const rank = Math.max(1, Math.floor(tally.total() * 10 ** rate + 1e-6))
    return [roundUp(tally.scoreAt(rank), 4), rate]
  })
  return keepRising(points)
}

/** The curve of single comparisons: counted, then a straight line down to 1e-10, see `slopeBeyond`. */
export const buildCurve = (tally: Tally, support: number): CountedCurve => {
  const counted = countPoints(tally, support)
  const [cosine, rate] = counted.at(-1)!
  const slope = slopeBeyond(counted)
  const tail: Point[] = []
  for (let next = Math.ceil(rate) - 1; next >= LEAST_LOG10_FMR; next--) {
    tail.push([cosine + (next - rate) / slope, next])
  }
  return { points: joinTail(counted, tail), supportedLog10Fmr: support, comparisons: tally.total() }
}

/**
 * The curve of a score over several faces, with fewer comparisons behind it: counted as far as they carry, then the curve
 * of single comparisons moved along so that the two meet. Measured, the two draw nearer to each other the rarer the match,
 * so that the move is to the safe side.
 */
export const buildCurveBeside = (tally: Tally, support: number, single: CalibrationCurve): CountedCurve => {
  const counted = countPoints(tally, support)
  const [cosine, rate] = counted.at(-1)!
  const move = cosine - cosineAt(single.points, rate)
  const tail = single.points.filter(point => point[1] < rate - 0.01).map((point): Point => [point[0] + move, point[1]])
  return { points: joinTail(counted, tail), supportedLog10Fmr: support, comparisons: tally.total() }
}

/**
 * Log10(FMR) per unit of cosine beyond the counted points: least squares over the last two counted decades, or over the last
 * one where that is flatter. Counted curves grow steeper throughout, so that going on straight claims less than the trend.
 */
export const slopeBeyond = (counted: readonly Point[]): number => {
  const end = counted.at(-1)![1]
  const slopes = [2, 1]
    .map(decades => slopeOf(counted.filter(([, rate]) => rate <= end + decades + 0.01).map(([x, y]) => ({ x, y }))))
    .filter(slope => slope !== null)
  if (slopes.length === 0) throw new Error('The templates of different people are all alike; there is nothing to fit.')
  return Math.max(...slopes)
}

/** Where the curve has this rate, for a rate that it spans. */
export const cosineAt = (points: readonly Point[], rate: number): number => {
  const upper = Math.max(
    1,
    points.findIndex(point => point[1] <= rate),
  )
  const [[x0, y0], [x1, y1]] = [points[upper - 1], points[upper]]
  return x0 + ((rate - y0) / (y1 - y0)) * (x1 - x0)
}

/** No cosine is above 1: a tail that gets there ends there, at the rate that it has by then. */
const joinTail = (counted: readonly Point[], tail: readonly Point[]): Point[] => {
  const points = [...counted, ...tail]
  const beyond = points.findIndex(point => point[0] > 1)
  if (beyond > 0) {
    const [[x0, y0], [x1, y1]] = [points[beyond - 1], points[beyond]]
    points.splice(beyond, points.length, [1, roundUp(y0 + ((1 - x0) / (x1 - x0)) * (y1 - y0), 2)])
  }
  return keepRising(points.map(([cosine, rate]) => [roundUp(cosine, 4), rate]))
}

/** Only points that lie beyond all before them; where two share a cosine, the commoner rate stays. */
const keepRising = (points: readonly Point[]): Point[] => {
  const kept: Point[] = []
  for (const point of points) {
    const last = kept.at(-1)
    if (!last || (point[0] > last[0] && point[1] < last[1])) kept.push(point)
  }
  return kept
}

const roundUp = (value: number, digits: number): number =>
  Number((Math.ceil(value * 10 ** digits - 1e-7) / 10 ** digits).toFixed(digits))
