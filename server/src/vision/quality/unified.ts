// The unified score: how likely this picture is to be a false non-match. A logistic model over a few figures of the face
// and its template, whose coefficients belong to the pack. Pure; the fitting is done in bench/.
import type { UnifiedQuality } from '../../core/face-quality.ts'

/**
 * What the model sees. Neither the brightness nor the colour of the skin is among them, nor the shape of a face at rest:
 * they would judge people, not pictures. Light is compared within the face. Nor is yaw: on LFW, where two pictures are
 * often turned alike, turned heads match better, which must not be learnt.
 */
export const UNIFIED_FEATURES = [
  'stability',
  'length',
  'distance',
  'confidence',
  'pitch',
  'roll',
  'eyeDistance',
  'sharpness',
  'mouthOpening',
  'cornerLift',
  'eyeRatio',
  'eyeLight',
  'eyeGlint',
  'eyeContrast',
  'foreheadLight',
  'sideLight',
  'contrast',
  'occlusion',
] as const
export type UnifiedFeature = (typeof UNIFIED_FEATURES)[number]
export type UnifiedFeatures = Readonly<Record<UnifiedFeature, number>>

/** What pack.json holds: each feature is standardised, and counts as it is and squared. */
export interface UnifiedModel {
  readonly features: readonly {
    readonly name: UnifiedFeature
    readonly mean: number
    readonly deviation: number
    readonly weight: number
    readonly squareWeight: number
  }[]
  /** Log-odds of a false non-match of two pictures = intercept - quality of one - quality of the other. */
  readonly intercept: number
  /** Of the quality, over the pictures of the fit; the score is measured in it. */
  readonly mean: number
  readonly deviation: number
}

/** A figure this far from the mean says no more than that it is far; standard deviations. */
const FARTHEST = 4
/** Makes the logistic curve follow the normal distribution to 0.01 (Haley, 1952). */
const NORMAL_SLOPE = 1.702

export const judge = (features: UnifiedFeatures, model: UnifiedModel): UnifiedQuality => {
  const quality = qualityOf(features, model)
  const standard = (quality - model.mean) / model.deviation
  return {
    score: 100 * logistic(NORMAL_SLOPE * standard),
    expectedFnmr: logistic(model.intercept - 2 * quality),
  }
}

/** The sum of the weighted figures. */
export const qualityOf = (features: UnifiedFeatures, { features: terms }: UnifiedModel): number =>
  terms.reduce((sum, { name, mean, deviation, weight, squareWeight }) => {
    const value = standardise(features[name], mean, deviation)
    return sum + weight * value + squareWeight * value ** 2
  }, 0)

export const standardise = (value: number, mean: number, deviation: number): number =>
  Math.min(FARTHEST, Math.max(-FARTHEST, (value - mean) / deviation))

const logistic = (value: number): number => 1 / (1 + Math.exp(-value))
