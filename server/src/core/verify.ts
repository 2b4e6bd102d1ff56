// Use case: is this the person? (1:1 against all faces of one subject)
import { AppError } from '../errors.ts'
import { type Context, findGallery, packOf, regionOf } from './context.ts'
import type { Finding } from './findings.ts'
import type { FaceTemplate } from './ports.ts'
import { type Accept, probeOf } from './probe.ts'
import {
  type Calibration,
  curveFor,
  dotOf,
  fuseTemplates,
  reaches,
  type Score,
  scoreOf,
  type Threshold,
  thresholdOfFmr,
  thresholdOfSimilarity,
} from './score.ts'
import type { Analysis, Assessment, DetectedFace, Principal } from './types.ts'

export interface VerifyInput {
  readonly galleryId: string
  readonly subjectId: string
  readonly image: Uint8Array
  /** Least similarity; not together with maxFmr. */
  readonly threshold?: number
  /** The share of other people that may pass, 0-1. */
  readonly maxFmr?: number
  /** What the caller wants to know of the probe. */
  readonly assess?: readonly Assessment[]
  /** Judges the probe in the place of the gallery's policy. */
  readonly accept?: Accept
  readonly signal?: AbortSignal
}

export interface Verification {
  readonly match: boolean
  /** The score that decides: fused when the person has several faces, else that of the one face. */
  readonly score: Score
  readonly threshold: Threshold
  readonly best: { readonly faceId: string; readonly score: Score }
  /** Null when the person has one face. */
  readonly fused: Score | null
  /** What may be wrong with the probe, by the gallery's policy. */
  readonly warnings: readonly Finding[]
  readonly analysis: Analysis
  readonly face: DetectedFace
}

export const DEFAULT_MAX_FMR = 1e-4

/**
 * @throws AppError gallery_not_found, subject_not_found, pack_mismatch, threshold_conflict, face_not_detected, face_refused,
 * assessment_unavailable, image_*, busy
 */
export const verify = async (context: Context, principal: Principal, input: VerifyInput): Promise<Verification> => {
  if (input.threshold !== undefined && input.maxFmr !== undefined)
    throw new AppError('threshold_conflict', 'Give "threshold" or "maxFmr", not both.')
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, input.galleryId)
  const pack = packOf(context, gallery)
  const refuse = (): AppError =>
    new AppError(
      'subject_not_found',
      `There is no subject "${input.subjectId}" with a face in gallery "${gallery.id}".`,
      {
        details: { gallery: gallery.id, subject: input.subjectId },
      },
    )
  if (!(await region.store.subjects.find(gallery.uid, input.subjectId))) throw refuse()
  const { analysis, face, template, warnings } = await probeOf(context.engine, {
    image: input.image,
    pack: pack.id,
    assess: input.assess,
    acceptances: [gallery.policy.probeAcceptance],
    accept: input.accept,
    signal: input.signal,
  })
  const faces = await region.store.faces.templatesOfSubject(gallery.uid, input.subjectId)
  if (faces.length === 0) throw refuse()
  const threshold =
    input.threshold !== undefined
      ? thresholdOfSimilarity(input.threshold)
      : thresholdOfFmr(input.maxFmr ?? DEFAULT_MAX_FMR)
  const scores = scorePerson(pack.calibration, faces, template)
  const score = scores.fused ?? scores.best.score
  return { match: reaches(score, threshold), score, threshold, ...scores, warnings, analysis, face }
}

/** The best single face and, for several faces, the fused template, each on its own calibration. */
export const scorePerson = (
  calibration: Calibration,
  faces: readonly FaceTemplate[],
  probe: Float32Array,
): Pick<Verification, 'best' | 'fused'> => {
  const cosines = faces.map(({ faceId, template }) => ({ faceId, cosine: dotOf(template, probe) }))
  const best = cosines.reduce((winner, next) => (next.cosine > winner.cosine ? next : winner))
  const count = faces.length
  const fusedTemplate = fuseTemplates(faces.map(face => face.template))
  return {
    best: { faceId: best.faceId, score: scoreOf(curveFor(calibration, 'best', count), best.cosine) },
    fused: count === 1 ? null : scoreOf(curveFor(calibration, 'fused', count), dotOf(fusedTemplate, probe)),
  }
}
