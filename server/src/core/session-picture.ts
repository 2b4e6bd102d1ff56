// Use case: the frame of a capture session that was judged, for the caller's backend.
import { AppError } from '../errors.ts'
import { type Context, regionOf } from './context.ts'
import { readPicture } from './pictures.ts'
import { aboutOf } from './session-ends.ts'
import type { SessionVerdict } from './session-types.ts'
import { readSession } from './sessions.ts'
import type { Principal } from './types.ts'

/**
 * Encoded, as the page sent it. In the audit trail before it is given: it shows a person's face.
 * @throws AppError session_not_found, picture_not_kept
 */
export const readSessionPicture = async (
  context: Context,
  principal: Principal,
  id: string,
): Promise<{ facts: NonNullable<SessionVerdict['frame']>; bytes: Uint8Array }> => {
  const session = await readSession(context, principal, id)
  const facts = session.verdict?.frame ?? null
  const bytes = facts && (await readPicture(context, regionOf(context, principal), facts.blobKey))
  if (!facts || !bytes)
    throw new AppError('picture_not_kept', `Session "${id}" has no judged frame, or it was deleted.`, {
      details: { session: id },
    })
  await context.audit.record(principal, { action: 'session.picture', ...aboutOf(session) })
  return { facts, bytes }
}
