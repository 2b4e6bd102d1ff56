// Samples → heads: cross-validated over folds of persons, calibrated on what no model was fitted to, then fitted to all.
import { ATTRIBUTES, type AttributeName } from '../../server/src/core/face-attributes.ts'
import { FEATURES } from '../../server/src/vision/families/faceres.ts'
import { type Calibration, fitCalibration, fitLogistic, type Matrix, scoreRow, sigmoid } from '../logistic.ts'
import { calibrateNetwork, fitNetwork, type SmallNetwork, scoreFeatures } from '../small-network.ts'
import { BASELINE } from './baseline.ts'
import type { Sample, SampleKind, SampleSet } from './samples.ts'

export interface FittedHead {
  readonly name: AttributeName
  /** Fitted to all samples; the sigmoid of its score is the probability. */
  readonly network: SmallNetwork
  /** By sample: probabilities from models that saw no face of that fold; NaN where the label is not known. */
  readonly probabilities: Float64Array
  /** By plain sample: scores of a model that sees only resolution and borders, fitted to plain samples of the other folds. */
  readonly baseline: Float64Array
}

/** Units of the hidden layer. */
export const HIDDEN = 8
const EPOCHS = 6

/** How much a sample counts: what is drawn is never quite like what is real. */
const WEIGHTS: Readonly<Record<SampleKind, number>> = { plain: 1, worse: 1, drawn: 0.35 }
/** The rarer answer is given at most so many times its share of the weight. */
const MOST_BALANCE = 6

export const fitHeads = (
  set: SampleSet,
  foldOfFace: readonly number[],
  seed: number,
  onProgress: (what: string) => void,
): FittedHead[] => {
  const features: Matrix = { width: FEATURES, values: set.features }
  const baseline: Matrix = { width: BASELINE, values: set.baseline }
  return ATTRIBUTES.map(name => {
    const targets = targetsOf(set.samples, name)
    const weights = weigh(set.samples, name)
    const known = [...set.samples.keys()].filter(row => set.samples[row].labels[name] !== -1)
    const foldOf = (row: number): number => foldOfFace[set.samples[row].face]
    const fit = (rows: readonly number[]) =>
      fitNetwork(features, rows, targets, weights, { seed, hidden: HIDDEN, epochs: EPOCHS })
    const crossed = crossValidate(known, foldOf, rows => {
      const network = fit(rows)
      onProgress(name)
      return row => scoreFeatures(network, features.values.subarray(row * FEATURES, (row + 1) * FEATURES))
    })
    const blind = crossValidate(
      known.filter(row => set.samples[row].kind === 'plain'),
      foldOf,
      rows => {
        const model = fitLogistic(baseline, rows, targets, weights, { seed, epochs: 60, penalty: 1e-5 })
        return row => scoreRow(model, baseline, row)
      },
    )
    const calibration = calibrate(set.samples, known, crossed, name)
    return {
      name,
      network: calibrateNetwork(fit(known), calibration),
      probabilities: crossed.map(score => sigmoid(calibration.slope * score + calibration.shift)),
      baseline: blind,
    }
  })
}

const targetsOf = (samples: readonly Sample[], name: AttributeName): Float32Array =>
  Float32Array.from(samples, ({ labels }) => (labels[name] === 1 ? 1 : 0))

/** Both answers matter alike, as far as the rarer one is not too rare. */
const weigh = (samples: readonly Sample[], name: AttributeName): Float32Array => {
  const total = { yes: 0, no: 0 }
  for (const { labels, kind } of samples) {
    if (labels[name] === 1) total.yes += WEIGHTS[kind]
    if (labels[name] === 0) total.no += WEIGHTS[kind]
  }
  const balance = Math.min(MOST_BALANCE, Math.sqrt(total.no / Math.max(1, total.yes)))
  return Float32Array.from(samples, ({ labels, kind }) => WEIGHTS[kind] * (labels[name] === 1 ? balance : 1))
}

/** By row: scores from the model that was fitted without the row's fold; NaN for rows that are not known. */
const crossValidate = (
  known: readonly number[],
  foldOf: (row: number) => number,
  fit: (rows: readonly number[]) => (row: number) => number,
): Float64Array => {
  const scores = new Float64Array(Math.max(-1, ...known.slice(-1)) + 1).fill(Number.NaN)
  for (const fold of new Set(known.map(foldOf))) {
    const score = fit(known.filter(row => foldOf(row) !== fold))
    for (const row of known) if (foldOf(row) === fold) scores[row] = score(row)
  }
  return scores
}

/** A probability holds for pictures as they come: both answers as often as in the samples, what is drawn counted less. */
const calibrate = (
  samples: readonly Sample[],
  known: readonly number[],
  scores: Float64Array,
  name: AttributeName,
): Calibration =>
  fitCalibration(
    known.map(row => scores[row]),
    known.map(row => Math.max(0, samples[row].labels[name])),
    known.map(row => WEIGHTS[samples[row].kind]),
  )
