// What a session was for, once its try has passed every check: the face is enrolled, compared with the subject's, or looked
// for. Decides nothing about the frames.
import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'
import { countFaces, findAmong } from './candidates.ts'
import { reasonOf } from './capture-reasons.ts'
import type { Context, Region } from './context.ts'
import { enrol } from './enrol.ts'
import type { EnginePack } from './ports.ts'
import type { Probe } from './probe.ts'
import { reaches, type Threshold, thresholdOfFmr, thresholdOfFpir, thresholdOfSimilarity } from './score.ts'
import { DEFAULT_MAX_FPIR } from './search.ts'
import type { CaptureSession, SessionReason, SessionVerdict } from './session-types.ts'
import type { Gallery, Principal } from './types.ts'
import { DEFAULT_MAX_FMR, scorePerson } from './verify.ts'

export interface Outcome
  extends Pick<SessionVerdict, 'similarity' | 'threshold' | 'candidates' | 'faceId' | 'subjectId'> {
  readonly reasons: readonly SessionReason[]
}

export const NO_OUTCOME: Outcome = Object.freeze({
  reasons: [],
  similarity: null,
  threshold: null,
  candidates: [],
  faceId: null,
  subjectId: null,
})

export interface OutcomeInput {
  readonly context: Context
  readonly region: Region
  readonly session: CaptureSession
  /** Null of a session that is about liveness alone. */
  readonly gallery: Gallery | null
  readonly pack: EnginePack
  /** The judged face, and the frame that it is in, encoded. */
  readonly probe: Probe
  readonly bytes: Uint8Array
  readonly signal: AbortSignal
}

/** @throws AppError busy, internal …: what is not the person's doing */
export const carryOut = (input: OutcomeInput): Promise<Outcome> => {
  const { purpose } = input.session
  if (purpose === 'enrol') return enrolFace(input)
  if (purpose === 'verify') return compareFace(input)
  return purpose === 'search' ? findFace(input) : Promise.resolve(NO_OUTCOME)
}

/** Who acts for the session: the credential that made it. Its calls are known by the session's id. */
export const principalOf = (region: Pick<Region, 'id'>, session: CaptureSession): Principal => ({
  credentialId: session.credentialId,
  tenantId: session.tenantId,
  regionId: region.id,
  scopes: ['enrol'],
  imageUrls: null,
  transactionId: session.id,
})

/** A refusal by the gallery's policy or limits is the try's, whatever else goes wrong is not. */
const enrolFace = async ({ context, region, session, probe, bytes, signal }: OutcomeInput): Promise<Outcome> => {
  try {
    const { face, subject } = await enrol(context, principalOf(region, session), {
      galleryId: session.galleryId ?? '',
      image: bytes,
      subjectId: session.subjectId ?? undefined,
      metadata: session.metadata ?? undefined,
      probe,
      faceId: faceIdOf(session),
      isCaptured: true,
      signal,
    })
    return { ...NO_OUTCOME, faceId: face.id, subjectId: subject.id }
  } catch (error) {
    if (!isRefusal(error)) throw error
    return { ...NO_OUTCOME, reasons: [reasonOf('not_enrolled', { details: { code: error.code } })] }
  }
}

/** Of what was asked for, and will be refused again. */
export const isRefusal = (error: unknown): error is AppError =>
  error instanceof AppError && ['input', 'conflict', 'not-found'].includes(error.kind)

/**
 * A UUIDv7 of the time when the try was handed in, the same however often it is judged: a face that was stored before a
 * crash is found again, and not stored twice.
 */
const faceIdOf = ({ id, attempt, submittedAt }: CaptureSession): string => {
  const time = (submittedAt ?? new Date(0)).getTime().toString(16).padStart(12, '0')
  const digest = createHash('sha256')
    .update(JSON.stringify([id, attempt?.nonce]))
    .digest('hex')
  const variant = '89ab'.charAt(Number.parseInt(digest.charAt(3), 16) % 4)
  const random = `7${digest.slice(0, 3)}-${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}`
  return `${time.slice(0, 8)}-${time.slice(8)}-${random}`
}

/** A subject that is not there, or has no face any more, is not the person either. */
const compareFace = async ({ region, session, gallery, pack, probe }: OutcomeInput): Promise<Outcome> => {
  const threshold = thresholdOf(session, () => thresholdOfFmr(DEFAULT_MAX_FMR))
  const known =
    gallery && session.subjectId !== null
      ? await region.store.faces.templatesOfSubject(gallery.uid, session.subjectId)
      : []
  const outcome = { ...NO_OUTCOME, threshold: threshold.similarity }
  if (known.length === 0)
    return { ...outcome, reasons: [reasonOf('not_matched', { details: { code: 'subject_not_found' } })] }
  const { best, fused } = scorePerson(pack.calibration, known, probe.template)
  const score = fused ?? best.score
  const { similarity } = score
  if (reaches(score, threshold)) return { ...outcome, similarity }
  const reason = reasonOf('not_matched', { value: similarity, threshold: threshold.similarity })
  return { ...outcome, similarity, reasons: [reason] }
}

/** Passes whoever is found, and also where nobody is. */
const findFace = async ({ context, region, session, gallery, probe, signal }: OutcomeInput): Promise<Outcome> => {
  const galleries = gallery ? [gallery] : []
  const threshold = thresholdOf(session, () => thresholdOfFpir(DEFAULT_MAX_FPIR, countFaces(region, galleries)))
  const query = { probe: probe.template, threshold, limit: context.limits.maxCandidates, signal }
  const found = await findAmong(context, region, galleries, query)
  const candidates = found.map(({ subjectId, faceId, score }) => ({ subjectId, faceId, similarity: score.similarity }))
  return { ...NO_OUTCOME, threshold: threshold.similarity, candidates }
}

const thresholdOf = ({ threshold }: CaptureSession, usual: () => Threshold): Threshold =>
  threshold === null ? usual() : thresholdOfSimilarity(threshold)
