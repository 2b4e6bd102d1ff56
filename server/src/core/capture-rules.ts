// What a visitor of a capture session may do next, and how a try and its failures count. Pure: stores nothing, judges nothing.
import { randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { CaptureSession, Challenge, SessionAttempt, SessionFrame } from './session-types.ts'

/** Frames that a step has to have before the next one is told, and before the try is handed in: a movement comes and goes. */
const LEAST_FRAMES: Readonly<Record<'portrait' | 'movement', number>> = { portrait: 1, movement: 3 }

export const leastFramesOf = (challenge: 'portrait' | Challenge): number =>
  challenge === 'portrait' ? LEAST_FRAMES.portrait : LEAST_FRAMES.movement

const NONCE_BYTES = 16

/** 128 random bits, base64url. */
export const makeNonce = (): string => randomBytes(NONCE_BYTES).toString('base64url')

export const isOverdue = ({ ended, expiresAt }: CaptureSession, now: Date): boolean => !ended && now >= expiresAt

/** @throws AppError session_ended, session_locked where nothing more can come; session_unfinished while it is judged */
export const requireOpen = (session: CaptureSession): void => {
  const details = { state: session.state }
  if (isLocked(session))
    throw new AppError('session_locked', 'The session is locked: too many tries failed.', { details })
  if (session.ended) throw new AppError('session_ended', `The session has ended: it is ${session.state}.`, { details })
  if (session.state === 'submitted')
    throw new AppError('session_unfinished', 'The try that was handed in is still being judged.', { details })
}

const isLocked = ({ ended, reasons }: CaptureSession): boolean =>
  ended && reasons.some(({ name }) => name === 'too_many_failures')

/** The try that goes on. @throws AppError as `requireOpen`, session_attempt_stale where the nonce is another try's */
export const requireTry = (session: CaptureSession, nonce: string): SessionAttempt => {
  requireOpen(session)
  const { attempt, state } = session
  if (state !== 'started' || attempt?.nonce !== nonce) throw staleTry({ attempt: attempt?.number ?? null })
  return attempt
}

export const staleTry = (details: Record<string, unknown>, sentence?: string): AppError =>
  new AppError('session_attempt_stale', sentence ?? 'What was sent belongs to no try that goes on.', { details })

/** A try that was given up after a challenge was told: else one could draw until the challenges suit a recording. */
export const isGivenUp = ({ state, attempt }: CaptureSession): boolean =>
  state === 'started' && attempt !== null && attempt.steps.length > 1

/** Those that the lock still looks at. */
export const recentFailures = (
  failures: readonly Date[],
  now: Date,
  { sessionFailureWindowMs }: Pick<Limits, 'sessionFailureWindowMs'>,
): readonly Date[] => failures.filter(at => now.getTime() - at.getTime() < sessionFailureWindowMs)

/** With one failure more, and whether that locks the session. */
export const addFailure = (
  { failures }: CaptureSession,
  now: Date,
  limits: Pick<Limits, 'maxSessionFailures' | 'sessionFailureWindowMs'>,
): { readonly failures: readonly Date[]; readonly isLocked: boolean } => {
  const recent = [...recentFailures(failures, now, limits), now]
  return { failures: recent, isLocked: recent.length >= limits.maxSessionFailures }
}

/** All steps of a try in their order; those that were not told yet have no id. */
export const stepsOf = ({ challenges }: SessionAttempt): readonly ('portrait' | Challenge)[] => [
  'portrait',
  ...challenges,
]

export const framesOf = <Frame extends { readonly stepId: string }>(
  frames: readonly Frame[],
  { id }: { readonly id: string },
): readonly Frame[] => frames.filter(({ stepId }) => stepId === id)

/** What a try lacks to be handed in, for the page; empty where it lacks nothing. */
export const findMissing = (attempt: SessionAttempt, frames: readonly SessionFrame[]): readonly string[] =>
  stepsOf(attempt).flatMap((challenge, index) => {
    const step = attempt.steps[index]
    if (!step) return [`step ${index + 1} was not asked for`]
    const has = framesOf(frames, step).length
    const needs = leastFramesOf(challenge)
    return has < needs ? [`step ${index + 1} (${challenge}) has ${has} of at least ${needs} frames`] : []
  })
