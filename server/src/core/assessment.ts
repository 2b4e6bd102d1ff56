// What was judged of a face, as callers get it: rounded, without what only benchmarks need. Judges nothing.
import type { FaceAttributes } from './face-attributes.ts'
import type { FaceLiveness } from './face-liveness.ts'
import type { FaceQuality, QualityComponentName, QualityFinding } from './face-quality.ts'
import { round } from './rounding.ts'
import type { Assessment, DetectedFace } from './types.ts'

export interface FaceAssessment {
  readonly quality?: Pick<FaceQuality, 'components' | 'unified'> & {
    readonly findings: Readonly<Record<QualityFinding, boolean>> | null
  }
  readonly attributes?: FaceAttributes
  readonly liveness?: FaceLiveness
}

/** Undefined where nothing was judged. */
export const assessmentOf = ({ quality, attributes, liveness }: DetectedFace): FaceAssessment | undefined =>
  quality || attributes || liveness
    ? {
        ...(quality && { quality: toQuality(quality) }),
        ...(attributes && {
          attributes: mapValues(attributes, each => ({ ...each, probability: round(each.probability, 4) })),
        }),
        ...(liveness && { liveness: { ...liveness, score: round(liveness.score, 4) } }),
      }
    : undefined

/** What only the gallery's rules needed is not the caller's. */
export const keepAsked = (face: DetectedFace, assess: readonly Assessment[]): DetectedFace => ({
  ...face,
  quality: assess.includes('quality') ? face.quality : undefined,
  attributes: assess.includes('attributes') ? face.attributes : undefined,
  liveness: assess.includes('liveness') ? face.liveness : undefined,
})

const toQuality = ({ components, unified, findings }: FaceQuality): FaceAssessment['quality'] => ({
  components: mapValues(components, ({ score, value, unit }) => ({
    score: score === null ? null : round(score, 1),
    value: value === null ? null : round(value, 4),
    unit,
  })) as Record<QualityComponentName, FaceQuality['components'][QualityComponentName]>,
  unified: unified && { score: round(unified.score, 1), expectedFnmr: round(unified.expectedFnmr, 5) },
  findings: findings && (mapValues(findings, ({ present }) => present) as Record<QualityFinding, boolean>),
})

const mapValues = <T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
