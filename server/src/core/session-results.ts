// The signed result of a passed capture session, and its one use for an enrolment. The signature tells others; what counts
// here is the session itself as the store has it.
import { AppError } from '../errors.ts'
import { changeSession } from './capture-change.ts'
import { digestOf } from './capture-frames.ts'
import { type Context, type Region, regionOf } from './context.ts'
import { readPicture } from './pictures.ts'
import { listReceiptKeys, openSigner, type Signature, verifySignature } from './receipts.ts'
import type { CaptureSession, SessionLiveness, SessionPurpose, SessionVerdict } from './session-types.ts'
import type { Principal } from './types.ts'

export interface SessionResult {
  /** The same each time it is signed. */
  readonly id: string
  /** The session's id. */
  readonly session: string
  readonly purpose: SessionPurpose
  readonly region: string
  readonly gallery: string | null
  readonly subject: string | null
  /** Of the judged frame as it was sent, lower-case hexadecimal. */
  readonly sha256: string
  readonly livenessMode: SessionLiveness
  /** "id@version"; null where no network judged the frame. */
  readonly livenessModel: string | null
  /** RFC 3339, UTC; so is the next. */
  readonly judgedAt: string
  /** Until when it is good for an enrolment. */
  readonly expiresAt: string
}

export interface SignedResult {
  readonly result: SessionResult
  readonly signature: Signature
}

interface Passed extends CaptureSession {
  readonly verdict: SessionVerdict & { readonly frame: NonNullable<SessionVerdict['frame']> }
}

const isPassed = (session: CaptureSession): session is Passed =>
  session.state === 'passed' && session.clearedAt === null && (session.verdict?.frame ?? null) !== null

/**
 * By the keys of receipts; `regionId` is where the session lies. @throws AppError session_unfinished where it did not pass or
 * was cleared
 */
export const signResult = async (
  context: Context,
  regionId: string,
  session: CaptureSession,
): Promise<SignedResult> => {
  if (!isPassed(session))
    throw new AppError('session_unfinished', `Session "${session.id}" has no result: it is ${session.state}.`)
  const { verdict, galleryId, subjectId } = session
  const result: SessionResult = {
    id: `${session.id}.${session.attempt?.number ?? 0}`,
    session: session.id,
    purpose: session.purpose,
    region: regionId,
    gallery: galleryId,
    subject: subjectId ?? (session.purpose === 'enrol' ? verdict.subjectId : null),
    sha256: verdict.frame.sha256,
    livenessMode: session.liveness,
    livenessModel: verdict.liveness?.model ?? null,
    judgedAt: verdict.judgedAt.toISOString(),
    expiresAt: new Date(verdict.judgedAt.getTime() + context.limits.sessionResultMs).toISOString(),
  }
  return { result, signature: (await openSigner(context))(result) }
}

/** What the result is to be used for. */
export interface ResultUse {
  readonly galleryId: string
  /** Null: the session's, or `newSubjectId`. */
  readonly subjectId: string | null
  readonly newSubjectId: string
  /** Null: the kept frame. */
  readonly image: Uint8Array | null
  /** Of the face that it is used for; the same again is the same use. */
  readonly faceId: string
}

export interface UsedResult {
  readonly image: Uint8Array
  readonly subjectId: string
}

/**
 * Does the work with the result, which is used up with it: at once for every other call, and on disk before the work begins.
 * Where the work fails and its face is not there, the result can be used again.
 * @throws AppError session_result_invalid; what the work throws
 */
export const spendResult = async <T>(
  context: Context,
  principal: Principal,
  signed: unknown,
  use: ResultUse,
  work: (used: UsedResult) => Promise<T>,
): Promise<T> => {
  const region = regionOf(context, principal)
  const { result } = await verifyResult(context, region, signed)
  return region.enrolments.run(`capture-result ${result.session}`, async () => {
    const found = await region.store.sessions.find(principal.tenantId, result.session)
    const session = requireUsable(found, result, use)
    const subjectId = use.subjectId ?? result.subject ?? session.verdict.subjectId ?? use.newSubjectId
    const image = use.image ?? (await readFrame(context, region, session))
    const claimed = await claim(context, region, session, result, use, subjectId)
    try {
      return await work({ image, subjectId })
    } catch (error) {
      await release(context, region, claimed, use).catch(() => {})
      throw error
    }
  })
}

const verifyResult = async (context: Context, region: Region, signed: unknown): Promise<SignedResult> => {
  if (!isSigned(signed)) throw invalid('malformed', 'The result does not have the form of one')
  const { result, signature } = signed
  if (verifySignature(result, signature, await listReceiptKeys(context)) !== 'valid')
    throw invalid('signature', 'The result was altered, or signed by another server')
  if (result.region !== region.id) throw invalid('region', `The result is of region "${result.region}"`)
  if (context.clock.now().getTime() >= Date.parse(result.expiresAt))
    throw invalid('expired', `The result was good until ${result.expiresAt}`)
  return signed
}

const isSigned = (value: unknown): value is SignedResult => {
  const { result, signature } = (value ?? {}) as Partial<SignedResult>
  return (
    typeof result === 'object' &&
    result !== null &&
    typeof result.session === 'string' &&
    typeof result.expiresAt === 'string' &&
    signature?.algorithm === 'Ed25519' &&
    typeof signature.keyId === 'string' &&
    typeof signature.value === 'string'
  )
}

/** Looked at once more when it is claimed. */
const requireUsable = (session: CaptureSession | null, result: SessionResult, use: ResultUse): Passed => {
  if (!session || !isPassed(session) || session.verdict.frame.sha256 !== result.sha256)
    throw invalid('session', 'The session of the result is not there any more, or was cleared')
  if (result.gallery !== null && result.gallery !== use.galleryId)
    throw invalid('gallery', `The session was about gallery "${result.gallery}"`)
  if (result.subject !== null && use.subjectId !== null && result.subject !== use.subjectId)
    throw invalid('subject', 'The session was about another subject')
  if (use.image && digestOf(use.image) !== result.sha256)
    throw invalid('picture', 'The picture is not the frame that was judged')
  const { faceId } = session.verdict
  if (faceId !== null && faceId !== use.faceId) throw invalid('used', 'The result was used for an enrolment before')
  return session
}

const readFrame = async (context: Context, region: Region, { verdict }: Passed): Promise<Uint8Array> => {
  const bytes = await readPicture(context, region, verdict.frame.blobKey)
  if (!bytes) throw invalid('picture', 'The judged frame was deleted: send it as the picture')
  return bytes
}

const claim = async (
  context: Context,
  region: Region,
  session: Passed,
  result: SessionResult,
  use: ResultUse,
  subjectId: string,
): Promise<CaptureSession> => {
  if (session.verdict.faceId === use.faceId) return session
  const claimed = await changeSession(context, region, session, present => {
    const { verdict } = requireUsable(present, result, use)
    // So that the erasure of the subject finds the session.
    return { verdict: { ...verdict, faceId: use.faceId, subjectId: session.subjectId === null ? subjectId : null } }
  })
  if (!claimed) throw invalid('session', 'The session of the result is not there any more')
  return claimed
}

/** Nobody can tell whether a face is there that the store does not answer for: then the result stays used. */
const release = async (context: Context, region: Region, session: CaptureSession, use: ResultUse): Promise<void> => {
  const gallery = await region.store.galleries.find(session.tenantId, use.galleryId)
  if (gallery && (await region.store.faces.find(gallery.uid, use.faceId))) return
  await changeSession(context, region, session, ({ verdict }) =>
    verdict?.faceId === use.faceId ? { verdict: { ...verdict, faceId: null, subjectId: null } } : null,
  )
}

const invalid = (reason: string, sentence: string): AppError =>
  new AppError('session_result_invalid', `${sentence}.`, { details: { field: 'captureResult', reason } })
