// Face Authentication on the core: the pictures that a user is enrolled with. The gallery is one per tenant and region.
import type { FastifyRequest } from 'fastify'
import { regionOf } from '../../../core/context.ts'
import { enrol } from '../../../core/enrol.ts'
import type { Acceptance } from '../../../core/finding-profiles.ts'
import { ensureGallery } from '../../../core/galleries.ts'
import { DEFAULT_POLICY } from '../../../core/policy.ts'
import type { FaceEngine } from '../../../core/ports.ts'
import { deleteSubject, readSubject } from '../../../core/subjects.ts'
import type { EnrolmentPolicy, Face, Gallery } from '../../../core/types.ts'
import { AppError } from '../../../errors.ts'
import type { Caller } from './caller.ts'
import { Refusal } from './errors.ts'

/** The vendor's get-enroll answers up to as many. */
const MOST_PICTURES = 5

const POLICY: Partial<EnrolmentPolicy> = {
  existingSubject: 'append',
  maxFacesPerSubject: MOST_PICTURES,
  whenFull: 'replace_oldest',
  severalFaces: 'refuse',
  duplicates: 'allow',
}

/**
 * What "quality is too low" means: a face that is blurred or dark, too small, or turned too far away to be compared later. The
 * gallery has it from its making; whoever minds more or less changes the gallery's policy.
 */
const ACCEPTANCE: Acceptance = {
  profile: 'none',
  rules: {
    blur: { action: 'refuse' },
    dark: { action: 'refuse' },
    interEyeDistance: { action: 'refuse' },
    poseYaw: { action: 'refuse' },
    posePitch: { action: 'refuse' },
  },
}

/** A server that judges no quality minds none. */
const acceptanceOf = ({ assessments }: Pick<FaceEngine, 'assessments'>): Acceptance =>
  assessments.includes('quality') ? ACCEPTANCE : DEFAULT_POLICY.acceptance

export const galleryOf = ({ credential }: FastifyRequest): string =>
  credential.galleryId ?? 'advance-face-authentication'

/** The gallery of the users, made where there is none. */
export const ensureUsers = ({ core, principal }: Pick<Caller, 'core' | 'principal'>, id: string): Promise<Gallery> => {
  const policy = { ...POLICY, acceptance: acceptanceOf(core.engine) }
  return ensureGallery(core, principal, { id, name: 'ADVANCE Face Authentication', policy })
}

export interface Enrollment {
  readonly userId: string
  /** Alpha-3. */
  readonly region: string
  readonly picture: Uint8Array
}

/** What fails while the face is being stored is not what the vendor calls a server error. @throws Refusal enrollFailed */
export const enrollUser = async (
  { core, principal, signal }: Caller,
  galleryId: string,
  { userId, region, picture }: Enrollment,
): Promise<Face> => {
  const { uid } = await ensureUsers({ core, principal }, galleryId)
  const known = await regionOf(core, principal).store.subjects.find(uid, userId)
  const metadata = { ...known?.metadata, region }
  const input = { galleryId, subjectId: userId, image: picture, metadata, policy: POLICY, signal }
  const { face } = await enrol(core, principal, input).catch(refuseFailure)
  return face
}

const refuseFailure = (error: unknown): never => {
  const isFailure = !(error instanceof AppError) || error.kind === 'internal' || error.kind === 'conflict'
  throw isFailure ? new Refusal('enrollFailed', error) : error
}

/** Oldest first. @throws AppError subject_not_found */
export const linkPictures = async (caller: Caller, galleryId: string, userId: string): Promise<readonly string[]> => {
  const { faces } = await readSubject(caller.core, caller.principal, galleryId, userId).catch(refuseUnknown)
  const links = await Promise.all(faces.map(caller.linkTo))
  return links.filter(link => link !== null)
}

export const deleteUser = async ({ core, principal }: Caller, galleryId: string, userId: string): Promise<void> => {
  await deleteSubject(core, principal, galleryId, userId).catch(refuseUnknown)
}

/** Before the first enrolment there is no gallery, and nobody in it. */
const refuseUnknown = (error: unknown): never => {
  throw error instanceof AppError && error.code === 'gallery_not_found' ? new Refusal('userId', error) : error
}
