// Changes of a capture session against whatever else changes it at the same time: the sweep, a deletion, another process.
import { AppError } from '../errors.ts'
import type { Context, Region } from './context.ts'
import { noticesOf } from './notices.ts'
import type { SessionChange } from './ports.ts'
import { endSession } from './session-ends.ts'
import type { CaptureSession, Delivery } from './session-types.ts'

const MOST_CONFLICTS = 20

/**
 * Decides by the session as it is, and again where it was changed in between. What ends the session or hands its try in
 * also makes the notice of that. Null, and nothing is changed, where the session is gone or the decision is not to change it.
 */
export const changeSession = async (
  context: Context,
  region: Region,
  session: CaptureSession,
  decide: (present: CaptureSession) => SessionChange | null,
): Promise<CaptureSession | null> => {
  let present: CaptureSession | null = session
  for (let conflicts = 0; present && conflicts < MOST_CONFLICTS; conflicts++) {
    const change = decide(present)
    if (!change) return null
    const changed = await makeChange(context, region, present, change)
    if (changed) return changed
    present = await region.store.sessions.find(session.tenantId, session.id)
  }
  if (!present) return null
  throw new AppError('internal', `Session "${session.id}" changes too fast.`)
}

const makeChange = async (
  context: Context,
  region: Region,
  present: CaptureSession,
  change: SessionChange,
): Promise<CaptureSession | null> => {
  if (change.ended) return endSession(context, region, present, change)
  const notices = change.state === 'submitted' ? await findNotices(context, { ...present, ...change }) : []
  return region.store.sessions.update(present.id, present.revision, change, notices)
}

const findNotices = async (context: Context, session: CaptureSession): Promise<readonly Delivery[]> => {
  const hasWebhook = session.callbackUrl === null && (await context.control.webhooks.find(session.tenantId)) !== null
  return noticesOf(context, session, 'submitted', hasWebhook)
}
