// What a caller's own server is told of a capture session, and when. Pure; what is sent is deliveries.ts, and the rows are made
// with the change that they tell of.
import { createHash } from 'node:crypto'
import type { Clock, IdSource } from './ports.ts'
import type { CaptureSession, Delivery } from './session-types.ts'

/** A try was handed in; nothing more can come. */
export type NoticeEvent = 'submitted' | 'ended'

/** The session as it is after the change. */
type Told = Pick<
  CaptureSession,
  'id' | 'tenantId' | 'protocol' | 'publicId' | 'purpose' | 'state' | 'endedAt' | 'callbackUrl'
>

/**
 * The notice of this event, to be stored in the transaction of the change; none where there is nobody to tell, or where the
 * session's protocol has no such notice. A session's own address goes before the tenant's webhook, which is looked up when it
 * is sent: `hasWebhook` says whether it has one now.
 */
export const noticesOf = (
  { ids, clock }: { readonly ids: IdSource; readonly clock: Clock },
  session: Told,
  event: NoticeEvent,
  hasWebhook: boolean,
): readonly Delivery[] => {
  const body = bodyOf(session, event)
  const { tenantId, id: sessionId, callbackUrl: url } = session
  if (body === null || (url === null && !hasWebhook)) return []
  const now = clock.now()
  const kind = url === null ? 'webhook' : 'callback'
  const told = { tenantId, sessionId, kind, url, receiver: receiverOf(tenantId, url), body } as const
  return [{ id: ids.next(), ...told, tries: 0, nextAt: now, lastError: null, createdAt: now }]
}

/** The tenant's webhook, or each host of its callbacks: what one of them does slowly is nobody else's matter. */
const receiverOf = (tenantId: string, url: string | null): string =>
  createHash('sha256')
    .update(JSON.stringify([tenantId, url && (URL.parse(url)?.origin ?? url)]))
    .digest('base64url')

const bodyOf = (session: Told, event: NoticeEvent): string | null => {
  const body = session.protocol === 'advance' ? advanceBodyOf(session, event) : nativeBodyOf(session, event)
  return body && JSON.stringify(body)
}

/** Neither a score nor a name: those are asked for with the credential. */
const nativeBodyOf = ({ id, purpose, state, endedAt }: Told, event: NoticeEvent): object | null =>
  event === 'ended' ? { session: id, purpose, state, endedAt: endedAt?.toISOString() ?? null } : null

/** The vendor's page says nothing of a verification that was given up or ran out: here, of one that was never judged. */
const advanceBodyOf = ({ publicId, state }: Told, event: NoticeEvent): object | null => {
  if (event === 'submitted') return { signatureId: publicId, type: 'SUBMIT_COMPLETED' }
  return state === 'expired' ? null : { signatureId: publicId, type: 'COMPLETED' }
}
