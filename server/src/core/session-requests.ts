// What a caller asks of a capture session, checked: which fields go with which purpose, and their rules. Makes no session.
import { AppError } from '../errors.ts'
import type { Context, Region } from './context.ts'
import { findGallery, packOf } from './context.ts'
import { checkGalleryId, checkMetadata, checkSubjectId } from './names.ts'
import { checkNoticeUrl, checkOrigins, checkReturnUrl } from './return-urls.ts'
import type { SessionLiveness, SessionPurpose, SessionRequest } from './session-types.ts'
import type { Principal, Protocol } from './types.ts'

export interface SessionInput extends Partial<SessionRequest> {
  readonly purpose: SessionPurpose
  /** Default: half an hour. */
  readonly expiresInSeconds?: number
  /** Default: native. */
  readonly protocol?: Protocol
  /** By which a protocol other than the native one names it; unlike all others of the tenant and protocol. */
  readonly publicId?: string
  /** A verify session's missing subject is found out when it is judged. */
  readonly isSubjectUnchecked?: boolean
}

export const DEFAULT_SESSION_SECONDS = 1800

/** Which of these a purpose needs, may have, or has no use for. */
const FIELDS = {
  enrol: { galleryId: 'needed', subjectId: 'allowed', metadata: 'allowed', threshold: 'refused' },
  verify: { galleryId: 'needed', subjectId: 'needed', metadata: 'refused', threshold: 'allowed' },
  search: { galleryId: 'needed', subjectId: 'refused', metadata: 'refused', threshold: 'allowed' },
  liveness: { galleryId: 'refused', subjectId: 'refused', metadata: 'refused', threshold: 'refused' },
} as const satisfies Record<SessionPurpose, object>

/** As callers of the native API write them. */
const NAMES = { galleryId: 'gallery', subjectId: 'subject', metadata: 'metadata', threshold: 'threshold' } as const

/** With every default. @throws AppError request_invalid, which names the field; assessment_unavailable */
export const toSessionRequest = (
  { engine, limits }: Pick<Context, 'engine' | 'limits'>,
  input: SessionInput,
): SessionRequest => {
  const { purpose, galleryId, subjectId, metadata, threshold, uploadAllowed = false, iframeOrigins = [] } = input
  checkFields(input)
  if (galleryId != null) checkGalleryId(galleryId, limits, 'gallery')
  if (subjectId != null) checkSubjectId(subjectId, limits, 'subject')
  if (metadata) checkMetadata(metadata, limits)
  if (threshold != null && !(threshold >= 0 && threshold <= 100))
    throw refuse('threshold', `must be a number from 0 to 100; found ${threshold}`)
  for (const field of ['returnUrl', 'failReturnUrl'] as const)
    if (input[field] != null) checkReturnUrl(input[field], field, limits)
  if (input.callbackUrl != null) checkNoticeUrl(input.callbackUrl, 'callbackUrl', limits)
  checkOrigins(iframeOrigins, 'iframeOrigins', limits)
  const canJudge = engine.assessments.includes('liveness')
  const liveness = input.liveness ?? (canJudge ? 'both' : 'active')
  checkLiveness(liveness, canJudge, uploadAllowed)
  return {
    purpose,
    galleryId: galleryId ?? null,
    subjectId: subjectId ?? null,
    metadata: metadata ?? null,
    liveness,
    uploadAllowed,
    threshold: threshold ?? null,
    returnUrl: input.returnUrl ?? null,
    failReturnUrl: input.failReturnUrl ?? null,
    callbackUrl: input.callbackUrl ?? null,
    language: input.language ?? null,
    colourScheme: input.colourScheme ?? 'auto',
    iframeOrigins,
    details: input.details ?? null,
  }
}

const checkFields = (input: SessionInput): void => {
  for (const [field, rule] of Object.entries(FIELDS[input.purpose]) as [keyof typeof NAMES, string][]) {
    const isThere = input[field] !== undefined && input[field] !== null
    if (isThere && rule === 'refused') throw refuse(NAMES[field], `is of no use for the purpose "${input.purpose}"`)
    if (!isThere && rule === 'needed') throw refuse(NAMES[field], `is needed for the purpose "${input.purpose}"`)
  }
}

/** Movements cannot be seen in a file, and what nobody judges cannot be demanded. */
const checkLiveness = (liveness: SessionLiveness, canJudge: boolean, uploadAllowed: boolean): void => {
  if (!canJudge && liveness !== 'active')
    throw new AppError(
      'assessment_unavailable',
      `Liveness "${liveness}" needs a network that this server does not have; "active" does not.`,
      { details: { assessment: 'liveness' } },
    )
  if (uploadAllowed && liveness !== 'passive')
    throw refuse('uploadAllowed', `goes with liveness "passive" only; this session demands "${liveness}"`)
}

/** Milliseconds. @throws AppError request_invalid */
export const lifeMsOf = (
  { expiresInSeconds = DEFAULT_SESSION_SECONDS }: SessionInput,
  { minSessionSeconds: least, maxSessionSeconds: most }: Context['limits'],
): number => {
  if (Number.isInteger(expiresInSeconds) && expiresInSeconds >= least && expiresInSeconds <= most)
    return expiresInSeconds * 1000
  throw refuse('expiresInSeconds', `must be a whole number from ${least} to ${most}; found ${expiresInSeconds}`)
}

/** That what it is about is there. @throws AppError gallery_not_found, pack_mismatch, subject_not_found */
export const requireAim = async (
  context: Context,
  principal: Principal,
  region: Region,
  { purpose, galleryId, subjectId }: SessionRequest,
  isSubjectUnchecked: boolean,
): Promise<void> => {
  if (galleryId === null) return
  const gallery = await findGallery(region, principal, galleryId)
  packOf(context, gallery)
  if (purpose !== 'verify' || subjectId === null || isSubjectUnchecked) return
  if (await region.store.subjects.find(gallery.uid, subjectId)) return
  throw new AppError('subject_not_found', `There is no subject "${subjectId}" in gallery "${galleryId}".`, {
    details: { gallery: galleryId, subject: subjectId },
  })
}

const refuse = (field: string, sentence: string): AppError =>
  new AppError('request_invalid', `"${field}" ${sentence}.`, { details: { field } })
