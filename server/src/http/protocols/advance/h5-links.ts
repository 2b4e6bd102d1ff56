// The hosted pages on the core: the links that lead to them, and the transactions behind the links. A link is a capture session;
// its signatureId is the session's public id.
import { randomBytes } from 'node:crypto'
import { ensureGallery } from '../../../core/galleries.ts'
import type { CaptureSession } from '../../../core/session-types.ts'
import { createSession, findSessionByPublicId, type SessionInput } from '../../../core/sessions.ts'
import type { EnrolmentPolicy, Gallery } from '../../../core/types.ts'
import type { Caller } from './caller.ts'
import { ensureUsers } from './face-authentication.ts'
import { type Product, toRequest } from './h5-map.ts'
import type { Link } from './h5-wire.ts'

/** What the face searches of a tenant and region search, and what their users are enrolled in. */
export const H5_GALLERY = 'advance-h5'

/** As in Face Authentication, a user has up to five pictures; users that look alike are what is searched for. */
export const H5_POLICY: Partial<EnrolmentPolicy> = {
  existingSubject: 'append',
  maxFacesPerSubject: 5,
  whenFull: 'replace_oldest',
  severalFaces: 'largest',
  duplicates: 'allow',
}

/** The vendor's own bound of Face Authentication. */
const LEAST_SIMILARITY = 70
const SIGNATURE_BYTES = 8
const LIFE_SECONDS = 30 * 60

const ensureH5 = ({ core, principal }: Caller): Promise<Gallery> =>
  ensureGallery(core, principal, { id: H5_GALLERY, name: 'ADVANCE H5', policy: H5_POLICY })

/** `usersId` is the gallery of Face Authentication. */
const aimOf = async (
  caller: Caller,
  product: Product,
  { userId, region }: Link,
  usersId: string,
): Promise<SessionInput> => {
  if (product === 'liveness') return { purpose: 'liveness' }
  if (product === 'faceSearch') {
    const { id: galleryId } = await ensureH5(caller)
    return { purpose: 'enrol', galleryId, subjectId: userId, metadata: { region } }
  }
  const { id: galleryId } = await ensureUsers(caller, usersId)
  return {
    purpose: 'verify',
    galleryId,
    subjectId: userId,
    threshold: LEAST_SIMILARITY,
    // The vendor's page says nothing of a user who is not enrolled: the link is given, and fails.
    isSubjectUnchecked: true,
  }
}

export interface MadeLink {
  readonly session: CaptureSession
  readonly signatureId: string
  /** Of the one-time address. */
  readonly token: string
}

/** @throws AppError request_invalid: an address that nobody may be led to, or told of */
export const makeLink = async (caller: Caller, product: Product, link: Link, usersId: string): Promise<MadeLink> => {
  const { core, principal, note } = caller
  const signatureId = randomBytes(SIGNATURE_BYTES).toString('hex')
  const { session, token } = await createSession(core, principal, {
    ...toRequest(link, product, core.engine.assessments),
    ...(await aimOf(caller, product, link, usersId)),
    expiresInSeconds: LIFE_SECONDS,
    protocol: 'advance',
    publicId: signatureId,
  })
  if (session.galleryId !== null) note(session.galleryId, link.userId)
  return { session, signatureId, token }
}

/** Of the caller's tenant and region; null for what is none. */
export const findTransaction = async (
  { core, principal, note }: Caller,
  signatureId: string,
): Promise<CaptureSession | null> => {
  if (!/^[0-9a-f]{16}$/.test(signatureId)) return null
  const session = await findSessionByPublicId(core, principal, 'advance', signatureId)
  if (session?.galleryId) note(session.galleryId, session.subjectId ?? undefined)
  return session
}
