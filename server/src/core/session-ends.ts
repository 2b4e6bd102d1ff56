// How capture sessions end, and what is deleted of one on demand. Frames' rows go before their bytes: what a crash leaves in
// between is a blob without a row, which upkeep finds.
import { AppError } from '../errors.ts'
import { type Context, type Region, regionOf } from './context.ts'
import { noticesOf } from './notices.ts'
import type { Clock, SessionChange } from './ports.ts'
import type { CaptureSession, SessionReason } from './session-types.ts'
import type { Principal } from './types.ts'

const MOST_CONFLICTS = 20

/**
 * Makes the change that ends the session, with the one notice of it, or does nothing: null where it was changed since
 * `session` was read, which is the caller's to repeat.
 */
export const endSession = async (
  context: Pick<Context, 'control' | 'clock' | 'ids'>,
  { store }: Pick<Region, 'store'>,
  session: CaptureSession,
  change: SessionChange,
): Promise<CaptureSession | null> => {
  const end = { ...change, ended: true, endedAt: context.clock.now() }
  // A change that takes the address away is one that it is still told of.
  const { callbackUrl, tenantId } = session
  const hasWebhook = callbackUrl === null && (await context.control.webhooks.find(tenantId)) !== null
  const notices = noticesOf(context, { ...session, ...end, callbackUrl }, 'ended', hasWebhook)
  return store.sessions.update(session.id, session.revision, end, notices)
}

/**
 * Ends the session where it has not ended, and deletes what it holds of the person: frames, template, scores, candidates,
 * metadata, addresses. Its row stays with state and the names of reasons. The frames are gone from the disk when the promise
 * resolves, with the session as it was right before. @throws AppError session_not_found, erasure_unfinished
 */
export const clearSession = async (context: Context, principal: Principal, id: string): Promise<CaptureSession> => {
  const region = regionOf(context, principal)
  const { tenantId } = principal
  const session = await changeUntil(region, tenantId, id, present => endPresent(context, region, present))
  const isGone = await deleteFrames(region, () => region.store.sessions.deleteFrames(id))
  let last = session
  await changeUntil(region, tenantId, id, present => {
    last = present
    return wipe(region, context.clock, present)
  })
  await context.audit.record(principal, { action: 'session.clear', ...aboutOf(session) })
  if (!isGone)
    throw new AppError(
      'erasure_unfinished',
      'The session is cleared and no call finds its frames, but not all of them are deleted from the disk yet; the server goes on with that by itself.',
    )
  return last
}

/** The session as it is after the change, however often others change it in between. @throws AppError session_not_found */
const changeUntil = async (
  { store }: Region,
  tenantId: string,
  id: string,
  change: (present: CaptureSession) => Promise<CaptureSession | null>,
): Promise<CaptureSession> => {
  for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts++) {
    const present = await store.sessions.find(tenantId, id)
    if (!present) throw sessionNotFound(id)
    const changed = await change(present)
    if (changed) return changed
  }
  throw new AppError('internal', `Session "${id}" changes too fast.`)
}

/** One that was judged has failed, as a passed one has ended; any other has run out. */
export const endedStateOf = ({ submittedAt, state }: CaptureSession): 'failed' | 'expired' =>
  submittedAt === null || state === 'submitted' ? 'expired' : 'failed'

/** As it is where it has ended; null where it was changed in between. */
export const endPresent = async (
  context: Context,
  region: Region,
  present: CaptureSession,
): Promise<CaptureSession | null> =>
  present.ended ? present : endSession(context, region, present, { state: endedStateOf(present) })

/** Leaves the state and the names of reasons. Null where it was changed in between. */
export const wipe = (
  { store }: Pick<Region, 'store'>,
  clock: Clock,
  { id, revision, reasons, clearedAt }: CaptureSession,
  change: SessionChange = {},
): Promise<CaptureSession | null> =>
  store.sessions.update(id, revision, {
    ...change,
    reasons: reasons.map(toName),
    verdict: null,
    metadata: null,
    details: null,
    returnUrl: null,
    failReturnUrl: null,
    callbackUrl: null,
    clearedAt: clearedAt ?? clock.now(),
  })

const toName = ({ name }: SessionReason): SessionReason => ({ name, message: 'The particulars were deleted.' })

/** Whether the bytes are gone too; where they are not, upkeep goes on with it. */
export const deleteFrames = async (
  { upkeep }: Pick<Region, 'upkeep'>,
  deleteRows: () => Promise<readonly string[]>,
): Promise<boolean> => {
  const keys = await deleteRows().catch(error => {
    // The rows may be gone, and their keys with them.
    upkeep.request()
    throw error
  })
  return keys.length === 0 || upkeep.clear(keys)
}

/** For the audit trail. */
export const aboutOf = ({ id, galleryId, subjectId }: CaptureSession) => ({
  target: id,
  galleryId: galleryId ?? undefined,
  subjectId: subjectId ?? undefined,
})

export const sessionNotFound = (id: string): AppError =>
  new AppError('session_not_found', `There is no session "${id}".`, { details: { session: id } })
