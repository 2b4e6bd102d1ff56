// Use cases: create, find, read and list capture sessions. What a visitor does in one is in capture.ts, how one ends in
// session-ends.ts, what time does to them in session-retention.ts.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors.ts'
import { type Context, type Region, regionOf } from './context.ts'
import { hashOf } from './keys.ts'
import type { FoundSession, SessionFilter } from './ports.ts'
import { aboutOf, clearSession, sessionNotFound } from './session-ends.ts'
import { lifeMsOf, requireAim, type SessionInput, toSessionRequest } from './session-requests.ts'
import type { CaptureSession } from './session-types.ts'
import type { Page, PageRequest, Principal, Protocol } from './types.ts'

export type { SessionInput }
export { clearSession }

/** 256 bits: guessing is out of the question, so a fast hash is enough. */
const TOKEN_BYTES = 32
/** Of tokens and of the keys of visits: base64url of 32 bytes. */
const SECRET_FORM = /^[A-Za-z0-9_-]{43}$/

/**
 * The new session and, this once, the token of its one-time address.
 * @throws AppError request_invalid, gallery_not_found, pack_mismatch, subject_not_found, assessment_unavailable
 */
export const createSession = async (
  context: Context,
  principal: Principal,
  input: SessionInput,
): Promise<{ readonly session: CaptureSession; readonly token: string }> => {
  const { clock, ids, limits } = context
  const request = toSessionRequest(context, input)
  const lifeMs = lifeMsOf(input, limits)
  const region = regionOf(context, principal)
  await requireAim(context, principal, region, request, input.isSubjectUnchecked ?? false)
  const createdAt = clock.now()
  const session: CaptureSession = {
    ...request,
    id: ids.next(),
    tenantId: principal.tenantId,
    credentialId: principal.credentialId,
    protocol: input.protocol ?? 'native',
    publicId: input.publicId ?? null,
    state: 'created',
    ended: false,
    reasons: [],
    attempt: null,
    failures: [],
    verdict: null,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + lifeMs),
    startedAt: null,
    submittedAt: null,
    endedAt: null,
    clearedAt: null,
    revision: 0,
  }
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  await region.store.sessions.insert({ ...session, tokenHash: hashOf(token) })
  await context.audit.record(principal, { action: 'session.create', ...aboutOf(session) })
  return { session, token }
}

/** Candidates that were erased since are left out. @throws AppError session_not_found */
export const readSession = async (context: Context, principal: Principal, id: string): Promise<CaptureSession> => {
  const region = regionOf(context, principal)
  const session = await region.store.sessions.find(principal.tenantId, id)
  if (!session) throw sessionNotFound(id)
  return withoutErased(region, session)
}

/** Null where there is none. Candidates that were erased since are left out. */
export const findSessionByPublicId = async (
  context: Context,
  principal: Principal,
  protocol: Protocol,
  publicId: string,
): Promise<CaptureSession | null> => {
  const region = regionOf(context, principal)
  const session = await region.store.sessions.findByPublicId(principal.tenantId, protocol, publicId)
  return session && withoutErased(region, session)
}

/** Newest first; those of other protocols too. @throws AppError request_invalid: a foreign cursor */
export const listSessions = (
  context: Context,
  principal: Principal,
  filter: SessionFilter,
  page: PageRequest,
): Promise<Page<CaptureSession>> => regionOf(context, principal).store.sessions.list(principal.tenantId, filter, page)

const withoutErased = async ({ store }: Region, session: CaptureSession): Promise<CaptureSession> => {
  const { verdict, galleryId, tenantId } = session
  if (!verdict || verdict.candidates.length === 0 || galleryId === null) return session
  const gallery = await store.galleries.find(tenantId, galleryId)
  const ids = [...new Set(verdict.candidates.map(({ subjectId }) => subjectId))]
  const found = gallery ? await Promise.all(ids.map(id => store.subjects.find(gallery.uid, id))) : []
  const known = new Set(found.flatMap(subject => (subject ? [subject.id] : [])))
  const candidates = verdict.candidates.filter(({ subjectId }) => known.has(subjectId))
  return { ...session, verdict: { ...verdict, candidates } }
}

export interface VisitedSession {
  readonly session: FoundSession
  readonly region: Region
  /** The token of the one-time address, or the key that the page has since it took that up. */
  readonly by: 'token' | 'visit'
}

/**
 * Of whoever shows a token or a visitor's key. A token that was taken up opens the session only together with the key that
 * it was taken up with, `proposal`. @throws AppError session_link_invalid, session_link_used
 */
export const findVisited = async (
  context: Pick<Context, 'regions'>,
  secret: string,
  proposal: string | null = null,
): Promise<VisitedSession> => {
  const hash = hashOf(secret)
  for (const region of SECRET_FORM.test(secret) ? context.regions.values() : []) {
    const { sessions } = region.store
    const visited = await sessions.findByVisit(hash)
    if (visited) return { session: visited, region, by: 'visit' }
    const session = await sessions.findByToken(hash)
    if (session?.visitHash && !isKey(session.visitHash, proposal)) throw new AppError('session_link_used')
    if (session) return { session, region, by: 'token' }
  }
  throw new AppError('session_link_invalid')
}

const isKey = (visitHash: Uint8Array, proposal: string | null): boolean =>
  proposal !== null && timingSafeEqual(visitHash, hashOf(proposal))

/**
 * A key that the page has made for its visit: random, and so no other's. @throws AppError request_invalid, also where it is
 * a session's token or another's key, which would then lead whoever has that to this session
 */
export const requireOwnKey = async (
  { regions }: Pick<Context, 'regions'>,
  { id }: Pick<CaptureSession, 'id'>,
  proposal: string,
): Promise<void> => {
  const hash = hashOf(proposal)
  let isOwn = SECRET_FORM.test(proposal)
  for (const { store } of isOwn ? regions.values() : []) {
    const visited = await store.sessions.findByVisit(hash)
    isOwn &&= (visited === null || visited.id === id) && (await store.sessions.findByToken(hash)) === null
  }
  if (!isOwn)
    throw new AppError('request_invalid', '"visit" must be 32 random bytes, base64url.', {
      details: { field: 'visit' },
    })
}
