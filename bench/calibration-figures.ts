// Everything that a calibration consists of, from labelled templates: the curves, and what they let through of people's own
// pictures. Reads and writes nothing.
import { type CalibrationCurve, scoreOf } from '../server/src/core/score.ts'
import { collectTemplates, countPairs, type LabelledTemplate, type TemplateSet } from './all-pairs.ts'
import { buildCurve, buildCurveBeside, type CountedCurve, findSupport } from './curve.ts'
import type { LabelErrors } from './label-errors.ts'
import { countManyFaces, countPeopleWith, type OwnTrial } from './many-faces.ts'
import type { TopScore } from './tally.ts'
import { type Distribution, findDistribution } from './template-distribution.ts'

export interface CurveOfFaces extends CountedCurve {
  readonly faces: number
}

/** For one number of enrolled pictures: the share of own pictures that pass, each person counting the same. */
export interface AcceptRates {
  readonly faces: number
  /** People with at least one picture beyond those enrolled, and how many such pictures were compared. */
  readonly people: number
  readonly trials: number
  /** In the order of ACCEPT_RATES_AT. `single` is one of the enrolled pictures alone, the mean over them. */
  readonly single: readonly number[]
  readonly best: readonly number[]
  readonly fused: readonly number[]
}

export interface CalibrationFigures {
  readonly images: number
  readonly people: number
  /** Pairs of one person under two names, counted nowhere. */
  readonly pairsLeftOut: number
  readonly comparison: CountedCurve
  readonly best: readonly CurveOfFaces[]
  readonly fused: readonly CurveOfFaces[]
  readonly acceptRates: readonly AcceptRates[]
  readonly templates: Distribution
  /** The highest-scoring pairs of different people, best first. */
  readonly highest: readonly { readonly cosine: number; readonly one: string; readonly other: string }[]
}

/** Log10 of the false match rates at which accept rates are measured. */
export const ACCEPT_RATES_AT = [-2, -3, -4, -5, -6]

const FACES = [2, 3, 5, 10]
/** With fewer people a curve says more about them than about scores. */
const LEAST_PEOPLE = 20

/** Throws an Error where there are too few pictures of different people. */
export const measureCalibration = (
  pictures: readonly LabelledTemplate[],
  errors: LabelErrors,
  onStep: (step: string) => void = () => {},
): CalibrationFigures => {
  const set = collectTemplates(pictures, errors)
  onStep('all pairs')
  const { different, leftOut } = countPairs(set)
  const comparison = buildCurve(different, findSupport(different, nameCouple(set)))
  const best: CurveOfFaces[] = []
  const fused: CurveOfFaces[] = []
  const acceptRates: AcceptRates[] = []
  for (const faces of FACES) {
    if (countPeopleWith(set.people, faces) < LEAST_PEOPLE) continue
    onStep(`${faces} faces a person`)
    const counted = countManyFaces(set, faces)
    const ofBest = buildCurveBeside(counted.best, findSupport(counted.best, nameNumbers), comparison)
    const ofFused = buildCurveBeside(counted.fused, findSupport(counted.fused, nameNumbers), comparison)
    best.push({ faces, ...ofBest })
    fused.push({ faces, ...ofFused })
    if (counted.own.length > 0) acceptRates.push(measureAcceptRates(faces, counted.own, comparison, ofBest, ofFused))
  }
  return {
    images: set.names.length,
    people: new Set(set.people).size,
    pairsLeftOut: leftOut,
    comparison,
    best,
    fused,
    acceptRates,
    templates: findDistribution(set.rows, set.dimensions),
    highest: different.top().map(({ score, one, other }) => ({
      cosine: score,
      one: set.names[one],
      other: set.names[other],
    })),
  }
}

const measureAcceptRates = (
  faces: number,
  own: readonly OwnTrial[],
  single: CalibrationCurve,
  best: CalibrationCurve,
  fused: CalibrationCurve,
): AcceptRates => {
  const byPerson = [...Map.groupBy(own, trial => trial.person).values()]
  const passes = (curve: CalibrationCurve, cosine: number, rate: number): number =>
    scoreOf(curve, cosine).log10Fmr <= rate ? 1 : 0
  const share = (passed: (trial: OwnTrial, rate: number) => number): number[] =>
    ACCEPT_RATES_AT.map(rate => mean(byPerson.map(trials => mean(trials.map(trial => passed(trial, rate))))))
  return {
    faces,
    people: byPerson.length,
    trials: own.length,
    single: share((trial, rate) => mean(trial.singles.map(cosine => passes(single, cosine, rate)))),
    best: share((trial, rate) => passes(best, trial.best, rate)),
    fused: share((trial, rate) => passes(fused, trial.fused, rate)),
  }
}

const nameCouple =
  ({ people }: TemplateSet) =>
  ({ one, other }: TopScore): string => {
    const [a, b] = [people[one], people[other]]
    return a < b ? `${a} ${b}` : `${b} ${a}`
  }

const nameNumbers = ({ one, other }: TopScore): string => `${one} ${other}`

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
