// What is asked of a transaction of the hosted pages when it is over: its result with the judged frame, and that it be forgotten.
import { readSessionPicture } from '../../../core/session-picture.ts'
import type { CaptureSession } from '../../../core/session-types.ts'
import { clearSession } from '../../../core/sessions.ts'
import { deleteFace } from '../../../core/subjects.ts'
import { AppError } from '../../../errors.ts'
import type { Caller } from './caller.ts'
import { Refusal } from './errors.ts'
import { rememberedOf, toResult, toVerdict } from './h5-map.ts'
import type { Result } from './h5-wire.ts'

export type ImageType = 'URL' | 'BASE64'

export const readResult = async (caller: Caller, session: CaptureSession, type: ImageType): Promise<Result> => {
  const isShown = session.verdict?.frame != null && session.clearedAt === null && toVerdict(session) !== 'INCOMPLETE'
  return toResult(session, isShown ? await showFrame(caller, session, type) : null)
}

/** Null where the frame was deleted since the session was read. */
const showFrame = async (
  { core, principal, linkToFrame }: Caller,
  session: CaptureSession,
  type: ImageType,
): Promise<string | null> => {
  if (type === 'URL') return linkToFrame(session)
  const read = readSessionPicture(core, principal, session.id)
  const found = await read.catch(refuseOthers('session_not_found', 'picture_not_kept'))
  return found && Buffer.from(found.bytes).toString('base64')
}

/**
 * Deletes what is known of the person: frames, template, scores, addresses, and the face that the transaction brought into the
 * H5 gallery. That there was a transaction, and how it ended, stays. @throws Refusal notFinished, inProcessing
 */
export const clearTransaction = async ({ core, principal }: Caller, session: CaptureSession): Promise<void> => {
  if (session.state === 'submitted') throw new Refusal('inProcessing')
  if (session.state === 'created' || session.state === 'started') throw new Refusal('notFinished')
  const forget = async ({ galleryId, verdict, details }: CaptureSession): Promise<void> => {
    const faceId = verdict?.faceId ?? null
    if (galleryId === null || faceId === null || rememberedOf({ details })?.product !== 'faceSearch') return
    await deleteFace(core, principal, galleryId, faceId).catch(refuseOthers('face_not_found', 'gallery_not_found'))
  }
  // The face first, as nothing else names it; and once more where it was enrolled meanwhile.
  await forget(session)
  const last = await clearSession(core, principal, session.id)
  if (last.verdict?.faceId !== session.verdict?.faceId) await forget(last)
}

/** What is gone already need not be deleted. */
const refuseOthers =
  (...codes: readonly AppError['code'][]) =>
  (error: unknown): null => {
    if (error instanceof AppError && codes.includes(error.code)) return null
    throw error
  }
