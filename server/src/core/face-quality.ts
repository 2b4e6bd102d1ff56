// The words of face image quality, after ISO/IEC 29794-5: components, findings, the unified score. Measures nothing.

/** Each is 0-100, higher is better; the native measure and its unit stand beside it. */
export const QUALITY_COMPONENTS = [
  'sharpness',
  'luminance',
  'overExposure',
  'underExposure',
  'dynamicRange',
  'naturalColour',
  'illuminationUniformity',
  'interEyeDistance',
  'headSize',
  'marginLeft',
  'marginRight',
  'marginAbove',
  'marginBelow',
  'poseYaw',
  'posePitch',
  'poseRoll',
  'eyesOpen',
  'mouthClosed',
  'expressionNeutral',
  'faceOcclusion',
  'compression',
  'singleFace',
  'backgroundUniformity',
] as const
export type QualityComponentName = (typeof QUALITY_COMPONENTS)[number]

/**
 * The unit of a native measure. share: 0-1 of pixels or of an area; ratio: of two like things; faceHeight: eyes to chin;
 * levels: 8-bit steps of luma; deltaE: distance in CIELAB.
 */
export type QualityUnit =
  | 'share'
  | 'ratio'
  | 'degrees'
  | 'pixels'
  | 'bits'
  | 'levels'
  | 'deltaE'
  | 'faceHeights'
  | 'eyeDistances'
  | 'deviations'

export interface QualityMeasure {
  /** The native measure; null where the picture does not let it be measured. */
  readonly value: number | null
  readonly unit: QualityUnit
  /** 0-100, higher is better; null with the value. */
  readonly score: number | null
}

/** The yes-or-no answers that are made of components, by thresholds of the pack. */
export const QUALITY_FINDINGS = ['blur', 'dark', 'grayscale'] as const
export type QualityFinding = (typeof QUALITY_FINDINGS)[number]

export interface QualityFindingJudgement {
  readonly present: boolean
  /** The component that it is made of. */
  readonly component: QualityComponentName
  /** Native measure, and the least that is no finding. */
  readonly value: number
  readonly unit: QualityUnit
  readonly threshold: number
}

export interface UnifiedQuality {
  /** 0-100; 50 is the mean of the pictures that it was fitted on, 15 and 85 lie one standard deviation away. */
  readonly score: number
  /** Expected false non-match rate against a picture as good as this one, at a false match rate of 1e-3. */
  readonly expectedFnmr: number
}

export interface FaceQuality {
  readonly components: Readonly<Record<QualityComponentName, QualityMeasure>>
  /** Null where the pack has no coefficients for it. */
  readonly unified: UnifiedQuality | null
  /** Null where the pack has no thresholds. */
  readonly findings: Readonly<Record<QualityFinding, QualityFindingJudgement>> | null
  /** What the unified score is computed from, by name; absent where no template was computed. For benchmarks. */
  readonly features?: Readonly<Record<string, number>>
}
