// What a gallery minds of a face: rules, and what a judged face is found to have under them. Judges no picture itself.
import { AppError } from '../errors.ts'
import { ATTRIBUTES, type AttributeName } from './face-attributes.ts'
import {
  QUALITY_COMPONENTS,
  QUALITY_FINDINGS,
  type QualityComponentName,
  type QualityFinding,
  type QualityUnit,
} from './face-quality.ts'
import { sentenceOf } from './finding-sentences.ts'
import type { FaceEngine } from './ports.ts'
import { round } from './rounding.ts'
import type { Assessment, DetectedFace } from './types.ts'

/** The yes-or-no answers, the components, the unified score, what is worn, and whether it is a person at all. */
export const FINDINGS = [
  ...QUALITY_FINDINGS,
  ...QUALITY_COMPONENTS,
  'unifiedQuality',
  ...ATTRIBUTES,
  'notLive',
] as const
export type FindingName = (typeof FINDINGS)[number]

export const FINDING_ACTIONS = ['refuse', 'warn', 'ignore'] as const
export type FindingAction = (typeof FINDING_ACTIONS)[number]

export interface FindingRule {
  readonly action: FindingAction
  /**
   * Components and the unified score: least score, 0-100. Attributes: the probability that is too much, 0-1. notLive: least
   * liveness score, 0-1. blur, dark and grayscale take the pack's and no other. Absent: the pack's or the usual one.
   */
  readonly threshold?: number
}
export type FindingRules = Readonly<Partial<Record<FindingName, FindingRule>>>

/** What is wrong with a face, or may be, and what the person can do. */
export interface Finding {
  /** severalFaces comes from the policy of that name and has no rule. */
  readonly name: FindingName | 'severalFaces'
  readonly action: 'refuse' | 'warn'
  /** What was measured: a component, "probability", "score", "faces". */
  readonly component: string
  readonly value: number
  readonly unit: QualityUnit | 'score' | 'probability' | 'faces'
  readonly threshold: number
  /** How the value should lie to the threshold. */
  readonly wanted: 'at_least' | 'below' | 'at_most'
  /** For the person in front of the camera. */
  readonly message: string
}

type Measured = Pick<Finding, 'component' | 'value' | 'unit' | 'threshold' | 'wanted'> & { readonly holds: boolean }

/**
 * Of a rule on a component that names no threshold: about the score that one in a hundred pictures of LFW falls below, which
 * are press photographs; of poses 35 degrees.
 */
export const USUAL_THRESHOLDS: Readonly<Record<QualityComponentName | 'unifiedQuality', number>> = Object.freeze({
  sharpness: 10,
  luminance: 75,
  overExposure: 30,
  underExposure: 50,
  dynamicRange: 70,
  naturalColour: 8,
  illuminationUniformity: 25,
  interEyeDistance: 12,
  headSize: 2,
  marginLeft: 90,
  marginRight: 90,
  marginAbove: 8,
  marginBelow: 2,
  poseYaw: 67,
  posePitch: 67,
  poseRoll: 67,
  eyesOpen: 25,
  mouthClosed: 35,
  expressionNeutral: 20,
  faceOcclusion: 10,
  compression: 35,
  singleFace: 10,
  backgroundUniformity: 40,
  unifiedQuality: 15,
})

const assessmentFor = (name: FindingName): Assessment => {
  if (name === 'notLive') return 'liveness'
  return isAttribute(name) ? 'attributes' : 'quality'
}

/**
 * What has to be judged for a caller who asks for `assess` and minds what the rules name; an ignored finding needs nothing.
 * @throws AppError assessment_unavailable where the caller asks for what the engine does not judge
 */
export const wantedOf = (
  { assessments }: Pick<FaceEngine, 'assessments'>,
  assess: readonly Assessment[],
  rules: readonly FindingRules[],
): readonly Assessment[] => {
  for (const each of assess) if (!assessments.includes(each)) throw unavailable(each)
  const minded = rules.flatMap(activeRules).map(([name]) => assessmentFor(name))
  return assessments.filter(each => assess.includes(each) || minded.includes(each))
}

/**
 * What the face has of what the rules name, in the order of FINDINGS. A measure that a picture does not let be taken is no
 * finding.
 * @throws AppError assessment_unavailable where a rule refuses what this server does not judge
 */
export const findFindings = (face: DetectedFace, rules: FindingRules): readonly Finding[] =>
  activeRules(rules).flatMap(([name, { action, threshold }]) => {
    const measured = measure(face, name, threshold)
    if (measured === 'unavailable') {
      if (action === 'refuse') throw unavailable(name)
      return []
    }
    if (!measured?.holds) return []
    const { holds: _, ...facts } = measured
    return [{ name, action, ...facts, value: round(facts.value, 4), message: sentenceOf(name) }]
  })

const activeRules = (rules: FindingRules): [FindingName, FindingRule & { action: 'refuse' | 'warn' }][] =>
  FINDINGS.flatMap(name => {
    const rule = rules[name]
    return rule && rule.action !== 'ignore' ? [[name, { ...rule, action: rule.action }]] : []
  })

const measure = (face: DetectedFace, name: FindingName, threshold: number | undefined) => {
  if (name === 'notLive') return measureLiveness(face, threshold)
  if (name === 'unifiedQuality') return measureUnified(face, threshold)
  if (isAttribute(name)) return measureAttribute(face, name, threshold)
  return isQualityFinding(name) ? measureFinding(face, name) : measureComponent(face, name, threshold)
}

const measureComponent = (
  { quality }: DetectedFace,
  name: QualityComponentName,
  threshold = USUAL_THRESHOLDS[name],
): Measured | null | 'unavailable' => {
  if (!quality) return 'unavailable'
  const { score } = quality.components[name]
  return score === null ? null : atLeast(name, score, 'score', threshold)
}

const measureFinding = ({ quality }: DetectedFace, name: QualityFinding): Measured | 'unavailable' => {
  const found = quality?.findings?.[name]
  if (!found) return 'unavailable'
  const { present, component, value, unit, threshold } = found
  return { component, value, unit, threshold, wanted: 'at_least', holds: present }
}

const measureUnified = (
  { quality }: DetectedFace,
  threshold = USUAL_THRESHOLDS.unifiedQuality,
): Measured | 'unavailable' =>
  quality?.unified ? atLeast('unifiedQuality', quality.unified.score, 'score', threshold) : 'unavailable'

const measureAttribute = (
  { attributes }: DetectedFace,
  name: AttributeName,
  threshold = attributes?.[name]?.threshold,
): Measured | 'unavailable' => {
  const found = attributes?.[name]
  if (!found || threshold === undefined) return 'unavailable'
  const value = found.probability
  return { component: name, value, unit: 'probability', threshold, wanted: 'below', holds: value >= threshold }
}

const measureLiveness = ({ liveness }: DetectedFace, threshold = liveness?.threshold): Measured | 'unavailable' =>
  liveness && threshold !== undefined ? atLeast('liveness', liveness.score, 'score', threshold) : 'unavailable'

const atLeast = (component: string, value: number, unit: 'score', threshold: number): Measured => ({
  component,
  value,
  unit,
  threshold,
  wanted: 'at_least',
  holds: value < threshold,
})

/** What the policy on several people in one picture says of it, in the same words. */
export const severalFacesFinding = (faces: number): Finding => ({
  name: 'severalFaces',
  action: 'refuse',
  component: 'faces',
  value: faces,
  unit: 'faces',
  threshold: 1,
  wanted: 'at_most',
  message: sentenceOf('severalFaces'),
})

const unavailable = (what: FindingName | Assessment): AppError =>
  new AppError('assessment_unavailable', `"${what}" is not judged by this server as it is set up.`, {
    details: { assessment: what },
  })

/** Whether a threshold for the finding can be set, and up to where; null where it has none of its own. */
export const thresholdRange = (name: FindingName): number | null => {
  if (isQualityFinding(name)) return null
  return name === 'notLive' || isAttribute(name) ? 1 : 100
}

const isAttribute = (name: string): name is AttributeName => (ATTRIBUTES as readonly string[]).includes(name)
const isQualityFinding = (name: string): name is QualityFinding =>
  (QUALITY_FINDINGS as readonly string[]).includes(name)
