// Use case: as enrol.ts, where the caller may show the result of a capture session. The frame that was judged is the one that
// is enrolled.
import { AppError } from '../errors.ts'
import type { Context } from './context.ts'
import { type EnrolInput, type Enrolment, enrol } from './enrol.ts'
import { spendResult } from './session-results.ts'
import type { Principal } from './types.ts'

export interface CapturedInput extends Omit<EnrolInput, 'image' | 'isCaptured'> {
  /** May be left out where there is a result, whose frame is then taken. */
  readonly image?: Uint8Array
  /** The signed result of a passed session, see session-results.ts; used up with the enrolment. */
  readonly captureResult?: unknown
}

/** @throws AppError session_result_invalid, image_missing, and what `enrol` throws */
export const enrolCaptured = async (
  context: Context,
  principal: Principal,
  { image, captureResult, ...input }: CapturedInput,
): Promise<Enrolment> => {
  if (captureResult === undefined) return enrol(context, principal, { ...input, image: requireImage(image) })
  const { galleryId, subjectId = null, faceId = context.ids.next() } = input
  const use = { galleryId, subjectId, newSubjectId: context.ids.next(), image: image ?? null, faceId }
  return spendResult(context, principal, captureResult, use, used =>
    enrol(context, principal, { ...input, ...used, faceId, isCaptured: true }),
  )
}

const requireImage = (image: Uint8Array | undefined): Uint8Array => {
  if (!image) throw new AppError('image_missing', '"image" is missing.', { details: { image: 'image' } })
  return image
}
