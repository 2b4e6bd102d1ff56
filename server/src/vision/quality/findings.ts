// The yes-or-no answers that callers of other products ask for, from measures and the pack's thresholds. Pure.
import type {
  FaceQuality,
  QualityComponentName,
  QualityFinding,
  QualityFindingJudgement,
  QualityUnit,
} from '../../core/face-quality.ts'

/** Least native measures of a picture without the finding. */
export interface QualityThresholds {
  /** Of `sharpness`. */
  readonly blur: number
  /** Of `luminance`. */
  readonly dark: number
  /** Of the face's mean distance from grey, CIELAB. */
  readonly grayscale: number
}

export const findFaults = (
  { sharpness, luminance }: FaceQuality['components'],
  colourfulness: number,
  thresholds: QualityThresholds,
): Record<QualityFinding, QualityFindingJudgement> => ({
  blur: hold('sharpness', sharpness.value!, sharpness.unit, thresholds.blur),
  dark: hold('luminance', luminance.value!, luminance.unit, thresholds.dark),
  grayscale: hold('naturalColour', colourfulness, 'deltaE', thresholds.grayscale),
})

const hold = (
  component: QualityComponentName,
  value: number,
  unit: QualityUnit,
  threshold: number,
): QualityFindingJudgement => ({ present: value < threshold, component, value, unit, threshold })
