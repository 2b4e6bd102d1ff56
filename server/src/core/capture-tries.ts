// The tries of a visit: begun, told their steps, handed in, ended. To be called one at a time for a session; looks at no
// frame.
import { randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'
import { changeSession } from './capture-change.ts'
import { reasonOf } from './capture-reasons.ts'
import {
  addFailure,
  findMissing,
  framesOf,
  isGivenUp,
  isOverdue,
  leastFramesOf,
  makeNonce,
  requireOpen,
  requireTry,
  stepsOf,
} from './capture-rules.ts'
import type { Context, Region } from './context.ts'
import { hashOf } from './keys.ts'
import type { SessionChange } from './ports.ts'
import { endedStateOf } from './session-ends.ts'
import type { CaptureSession, Challenge, SessionAttempt, SessionFrame, SessionStep } from './session-types.ts'
import { requireOwnKey } from './sessions.ts'

/** Somebody at the page of a session. */
export interface Visit {
  readonly context: Context
  readonly region: Region
  readonly session: CaptureSession
  /** The one-time address, or the key that the page has since it took that up. */
  readonly by: 'token' | 'visit'
}

/** 256 bits, base64url. */
const VISIT_BYTES = 32

/** @throws AppError session_link_invalid where the session is gone meanwhile */
const change = async (
  { context, region, session }: Visit,
  decide: (present: CaptureSession) => SessionChange,
): Promise<CaptureSession> => {
  const changed = await changeSession(context, region, session, decide)
  if (!changed) throw new AppError('session_link_invalid')
  return changed
}

/** The session, ended where its time is over: the page need not wait for the sweep. What is being judged is judged first. */
export const endOverdue = async (visit: Visit): Promise<CaptureSession> => {
  const { context, region, session } = visit
  const isOver = (present: CaptureSession): boolean =>
    present.state !== 'submitted' && isOverdue(present, context.clock.now())
  if (!isOver(session)) return session
  const decide = (present: CaptureSession): SessionChange | null =>
    isOver(present) ? { state: endedStateOf(present), ended: true } : null
  return (await changeSession(context, region, session, decide)) ?? session
}

/** No session passes and goes on, so every try that was judged has failed. */
const wasJudged = ({ submittedAt }: CaptureSession): boolean => submittedAt !== null

/**
 * `proposal` is the key that the page would have. The token once more with the key that it was taken up with: the answer to
 * the first call was lost, and is given again. @throws AppError session_ended, session_locked, session_unfinished,
 * session_link_used, request_invalid
 */
export const startTry = async (
  visit: Visit,
  choose: () => readonly Challenge[],
  proposal: string | null,
): Promise<{ session: CaptureSession; visit: string | null }> => {
  const { context, by, session: found } = visit
  const now = context.clock.now()
  const key = by === 'token' ? (proposal ?? randomBytes(VISIT_BYTES).toString('base64url')) : null
  if (key !== null && found.startedAt !== null && found.state === 'started') return { session: found, visit: key }
  if (key !== null) await requireOwnKey(context, found, key)
  const session = await change(visit, present => {
    // Another process was quicker.
    if (key !== null && found.startedAt === null && present.startedAt !== null) throw new AppError('session_link_used')
    requireOpen(present)
    const { failures, isLocked } = isGivenUp(present)
      ? addFailure(present, now, context.limits)
      : { failures: present.failures, isLocked: false }
    const isUsedUp = (present.attempt?.number ?? 0) >= context.limits.maxSessionTries
    if (isLocked || isUsedUp)
      return { state: 'failed', ended: true, failures, reasons: [reasonOf('too_many_failures')] }
    return {
      ...(key !== null && { visitHash: hashOf(key) }),
      state: 'started',
      startedAt: present.startedAt ?? now,
      attempt: makeAttempt(present, now, choose),
      failures,
      reasons: [],
      verdict: null,
    }
  })
  requireOpen(session)
  return { session, visit: key }
}

const makeAttempt = (
  { attempt, liveness }: CaptureSession,
  startedAt: Date,
  choose: () => readonly Challenge[],
): SessionAttempt => ({
  number: (attempt?.number ?? 0) + 1,
  nonce: makeNonce(),
  startedAt,
  challenges: liveness === 'passive' ? [] : choose(),
  steps: [],
})

/** @throws AppError session_attempt_stale, request_invalid, session_ended, session_locked, session_unfinished */
export const tellStep = async (
  visit: Visit,
  { nonce, after }: { readonly nonce: string; readonly after: string | null },
): Promise<SessionStep | null> => {
  const { context, region, session } = visit
  const attempt = requireTry(session, nonce)
  const index = after === null ? 0 : attempt.steps.findIndex(({ id }) => id === after) + 1
  if (after !== null && index === 0)
    throw new AppError('request_invalid', '"after" must be the id of a step that was told.', {
      details: { field: 'after' },
    })
  const challenge = stepsOf(attempt)[index]
  if (index < attempt.steps.length || !challenge) return attempt.steps[index] ?? null
  if (index > 0)
    requireFrames(attempt.steps[index - 1], await region.store.sessions.listFrames(session.id, attempt.number))
  const step: SessionStep = { id: makeNonce(), challenge, revealedAt: context.clock.now() }
  await change(visit, present => {
    const { steps, ...rest } = requireTry(present, nonce)
    return { attempt: { ...rest, steps: [...steps.slice(0, index), step] } }
  })
  return step
}

const requireFrames = (step: SessionStep, frames: readonly SessionFrame[]): void => {
  const has = framesOf(frames, step).length
  const needs = leastFramesOf(step.challenge)
  if (has < needs)
    throw new AppError('request_invalid', `The step before has ${has} of at least ${needs} frames.`, {
      details: { field: 'after', frames: has, leastFrames: needs },
    })
}

/** What was handed in already stays as it is. @throws AppError request_invalid, session_attempt_stale, session_* */
export const submitTry = async (visit: Visit, nonce: string): Promise<CaptureSession> => {
  const { context, region, session } = visit
  if (session.attempt?.nonce === nonce && session.state !== 'started') return session
  const attempt = requireTry(session, nonce)
  const missing = findMissing(attempt, await region.store.sessions.listFrames(session.id, attempt.number))
  if (missing.length > 0)
    throw new AppError('request_invalid', `The try is not complete: ${missing.join('; ')}.`, { details: { missing } })
  return change(visit, present => {
    requireTry(present, nonce)
    return { state: 'submitted', submittedAt: context.clock.now() }
  })
}

/** A person who gives up after a failed try is done; one who was never judged may come back until the session expires. */
export const endVisit = async (visit: Visit): Promise<CaptureSession> => {
  const { context, region, session } = visit
  const decide = (present: CaptureSession): SessionChange | null => {
    if (present.ended || !wasJudged(present)) return null
    if (present.state === 'failed') return { state: 'failed', ended: true }
    return present.state === 'started' ? { state: 'failed', ended: true, reasons: [reasonOf('gave_up')] } : null
  }
  return (await changeSession(context, region, session, decide)) ?? session
}
