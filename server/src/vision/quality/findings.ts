// The yes-or-no answers that callers of other products ask for, from measures and the pack's thresholds. Pure.
import type { FaceQuality, QualityFinding } from '../../core/face-quality.ts'

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
): Record<QualityFinding, boolean> => ({
  blur: sharpness.value! < thresholds.blur,
  dark: luminance.value! < thresholds.dark,
  grayscale: colourfulness < thresholds.grayscale,
})
