// From native measures to scores of 0-100. Pure; knows no measure.
import type { QualityMeasure, QualityUnit } from '../../core/face-quality.ts'

/** 100 / (1 + e^((middle - value) / width)): 50 at `middle`, rising with the value. */
export const rise = (value: number, middle: number, width: number): number =>
  100 / (1 + Math.exp((middle - value) / width))

/** 50 at `middle`, falling with the value. */
export const fall = (value: number, middle: number, width: number): number => 100 - rise(value, middle, width)

/** 100 at 0, falling with the value: twice the falling half of the curve. */
export const fallFromZero = (value: number, width: number): number => 2 * fall(value, 0, width)

/** A measure with its score held within 0-100. */
export const measure = (value: number, unit: QualityUnit, score: number): QualityMeasure => ({
  value,
  unit,
  score: Math.min(100, Math.max(0, score)),
})

/** What this picture does not let be measured. */
export const unmeasured = (unit: QualityUnit): QualityMeasure => ({ value: null, unit, score: null })
