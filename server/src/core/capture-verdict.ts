// The verdict on a try that was handed in: what its frames show, whether they are what was asked for, and what follows. The
// frame that is judged here is the one that is matched, enrolled and kept. Stores no verdict, counts no failure.
import { isUnreadable, lookPatiently } from './capture-engine.ts'
import {
  type Observations,
  type SeenFrame,
  toObservation,
  toSeen,
  tryKeyOf,
  UNREADABLE,
} from './capture-observations.ts'
import { carryOut, isRefusal, NO_OUTCOME, type Outcome } from './capture-outcome.ts'
import {
  choosePortrait,
  isJudged,
  type JudgedPortrait,
  judgePortrait,
  lookAtPortraits,
  type Portrait,
  toProbe,
} from './capture-portraits.ts'
import { reasonOf } from './capture-reasons.ts'
import { framesOf, stepsOf } from './capture-rules.ts'
import { type Context, findGallery, packName, packOf, type Region } from './context.ts'
import type { FaceLiveness } from './face-liveness.ts'
import { mapSome } from './map-some.ts'
import type { FrameObservation, MovementJudgement, StepTimes } from './movement-types.ts'
import { readPicture } from './pictures.ts'
import type { EnginePack } from './ports.ts'
import type { Calibration } from './score.ts'
import type {
  CaptureSession,
  SessionAttempt,
  SessionEvent,
  SessionFrame,
  SessionReason,
  SessionVerdict,
} from './session-types.ts'
import type { Gallery } from './types.ts'

/** See movements.ts. */
export type JudgeMovements = (
  frames: readonly FrameObservation[],
  steps: readonly StepTimes[],
  /** The judged one; one of the frames. */
  portrait: FrameObservation,
  calibration: Calibration,
) => MovementJudgement

export interface VerdictInput {
  readonly context: Context
  readonly region: Region
  /** Submitted. */
  readonly session: CaptureSession
  readonly observations: Observations
  readonly judgeMovements: JudgeMovements
  readonly signal: AbortSignal
}

export interface Judgement {
  /** Why the try did not pass; none where it did. */
  readonly reasons: readonly SessionReason[]
  readonly verdict: SessionVerdict
}

interface Target {
  readonly gallery: Gallery | null
  readonly pack: EnginePack
}

/** Sessions that are named in a reason. */
const MOST_NAMED = 10
/** Frames of one try that are on their way to the engine at once. */
const FRAMES_AT_ONCE = 4

/** Whose templates the frames of the session are compared by. @throws AppError gallery_not_found, pack_mismatch */
export const findTarget = async (context: Context, region: Region, session: CaptureSession): Promise<Target> => {
  if (session.galleryId === null) return { gallery: null, pack: context.engine.pack }
  const gallery = await findGallery(region, session, session.galleryId)
  return { gallery, pack: packOf(context, gallery) }
}

/**
 * Null where nobody waits for the verdict any more: the session was cleared or deleted, or has another try. That is looked
 * at right before something is enrolled; what happens to the session after that, see capture-judging.ts.
 * @throws AppError busy, internal … and the signal's reason: what is neither the person's doing nor the gallery's
 */
export const judgeTry = async (input: VerdictInput): Promise<Judgement | null> => {
  const { session } = input
  try {
    return await judge(input, session.attempt!)
  } catch (error) {
    if (!isRefusal(error)) throw error
    // The gallery is gone or of a pack that is not here any more, or the server does not judge what is demanded.
    const verdict = toVerdict(input, null, null, [], NO_OUTCOME)
    return { reasons: [toRefusedReason(session, error.code)], verdict }
  }
}

const toRefusedReason = ({ purpose }: CaptureSession, code: string): SessionReason => {
  if (code === 'assessment_unavailable') return reasonOf('not_live', { details: { code } })
  return reasonOf(purpose === 'enrol' ? 'not_enrolled' : 'not_matched', { details: { code } })
}

const judge = async (input: VerdictInput, attempt: SessionAttempt): Promise<Judgement | null> => {
  const { context, region, session } = input
  const { gallery, pack } = await findTarget(context, region, session)
  const frames = await region.store.sessions.listFrames(session.id, attempt.number)
  const portraits = await lookAtPortraits({ ...input, gallery, pack }, framesOf(frames, attempt.steps[0]))
  const chosen = choosePortrait(portraits)
  const portrait = isJudged(chosen) ? chosen : null
  const movements = await judgeSteps(input, attempt, pack, frames, portraits, portrait)
  const reasons = [
    ...(await findReplays(input, frames)),
    ...(isJudged(chosen) ? judgePortrait(session, gallery, chosen) : [chosen]),
    ...movements.reasons,
  ]
  if (reasons.length > 0 || !portrait)
    return { reasons, verdict: toVerdict(input, portrait, pack, movements.events, NO_OUTCOME) }
  if (!awaitsVerdict(await region.store.sessions.find(session.tenantId, session.id), session)) return null
  const { bytes } = portrait
  const outcome = await carryOut({ ...input, gallery, pack, probe: toProbe(portrait), bytes })
  return { reasons: outcome.reasons, verdict: toVerdict(input, portrait, pack, movements.events, outcome) }
}

/** Whether the session as the store has it now still waits for the verdict on this try. */
export const awaitsVerdict = (present: CaptureSession | null, { attempt }: CaptureSession): present is CaptureSession =>
  present?.state === 'submitted' && present.attempt?.nonce === attempt?.nonce && present.clearedAt === null

/** Encoded frames are never the same twice, but where they are sent twice. */
const findReplays = async (
  { region, session }: VerdictInput,
  frames: readonly SessionFrame[],
): Promise<readonly SessionReason[]> => {
  const digests = [...new Set(frames.map(({ sha256 }) => sha256))]
  const attempt = session.attempt?.number ?? 0
  const sessions = await region.store.sessions.findReplayed(session.tenantId, session.id, attempt, digests)
  if (sessions.length === 0) return []
  return [reasonOf('frames_replayed', { details: { sessions: sessions.slice(0, MOST_NAMED) } })]
}

interface Steps {
  readonly reasons: readonly SessionReason[]
  readonly events: readonly SessionEvent[]
}

const judgeSteps = async (
  input: VerdictInput,
  attempt: SessionAttempt,
  pack: EnginePack,
  frames: readonly SessionFrame[],
  portraits: readonly Portrait[],
  portrait: JudgedPortrait | null,
): Promise<Steps> => {
  const { session, context } = input
  const at = session.submittedAt ?? context.clock.now()
  if (!portrait) return { reasons: [], events: stepsOf(attempt).map(challenge => ({ challenge, met: false, at })) }
  if (session.liveness === 'passive')
    return { reasons: [], events: [{ challenge: 'portrait', met: true, at: portrait.frame.receivedAt }] }
  const observations = await observeAll(input, attempt, pack, frames, portraits)
  const judged = observations.find(({ sequence }) => sequence === portrait.frame.sequence)!
  const startedMs = attempt.startedAt.getTime()
  const steps = attempt.steps.map(({ id, challenge, revealedAt }) => ({
    id,
    challenge,
    revealedAtMs: revealedAt.getTime() - startedMs,
  }))
  const { reasons, events } = input.judgeMovements(observations, steps, judged, pack.calibration)
  return {
    reasons,
    events: events.map(({ atMs, ...event }) => ({ ...event, at: new Date(startedMs + Math.round(atMs)) })),
  }
}

/** Of all frames, by sequence; those that were not looked at while they came are looked at now. */
const observeAll = async (
  input: VerdictInput,
  attempt: SessionAttempt,
  pack: EnginePack,
  frames: readonly SessionFrame[],
  portraits: readonly Portrait[],
): Promise<readonly FrameObservation[]> => {
  const tryKey = tryKeyOf(input.session.id, attempt.number, packName(pack))
  const ofPortraits = new Map(portraits.map(({ frame, analysis }) => [frame.blobKey, analysis && toSeen(analysis)]))
  const seen = await mapSome(frames, FRAMES_AT_ONCE, async ({ blobKey }) =>
    ofPortraits.has(blobKey)
      ? (ofPortraits.get(blobKey) ?? UNREADABLE)
      : ((await input.observations.find(tryKey, blobKey)) ?? (await observe(input, pack, blobKey))),
  )
  const steps = new Map(attempt.steps.map(step => [step.id, step]))
  return frames.flatMap((frame, index) => {
    const step = steps.get(frame.stepId)
    return step ? [toObservation(seen[index], frame, step, attempt)] : []
  })
}

const observe = async (
  { context, region, signal }: VerdictInput,
  pack: EnginePack,
  blobKey: string,
): Promise<SeenFrame> => {
  const bytes = await readPicture(context, region, blobKey)
  if (!bytes) return UNREADABLE
  try {
    return toSeen(await lookPatiently(context.engine, bytes, { pack: pack.id }, signal))
  } catch (error) {
    if (isUnreadable(error)) return UNREADABLE
    throw error
  }
}

const toVerdict = (
  { context }: VerdictInput,
  portrait: JudgedPortrait | null,
  pack: EnginePack | null,
  events: readonly SessionEvent[],
  { reasons: _, ...outcome }: Outcome,
): SessionVerdict => {
  const liveness = portrait?.face.liveness
  return {
    judgedAt: context.clock.now(),
    frame: portrait && toFacts(portrait.frame),
    template: portrait?.template ?? null,
    pack: portrait && pack && packName(pack),
    liveness: liveness ? toLiveness(liveness) : null,
    events,
    ...outcome,
  }
}

const toFacts = ({ blobKey, mediaType, bytes, sha256, receivedAt }: SessionFrame): SessionVerdict['frame'] => ({
  blobKey,
  mediaType,
  bytes,
  sha256,
  at: receivedAt,
})

const toLiveness = ({ score, threshold, live, model }: FaceLiveness): SessionVerdict['liveness'] => ({
  score,
  threshold,
  live,
  model,
})
