// What a visitor of the capture page does, from the start to handing a try in, and the verdict that follows. Each call checks
// by clock and row what is allowed; the calls of one visitor take turns. The steps are in the files that it imports.

import { AppError } from '../errors.ts'
import { hasRoom, isUnreadable, lookAt } from './capture-engine.ts'
import { keepFrame, type SentFrame } from './capture-frames.ts'
import { createJudging } from './capture-judging.ts'
import { createObservations, toSeen, tryKeyOf, UNREADABLE } from './capture-observations.ts'
import { requireTry } from './capture-rules.ts'
import { endOverdue, endVisit, startTry, submitTry, tellStep, type Visit } from './capture-tries.ts'
import { findTarget, type JudgeMovements } from './capture-verdict.ts'
import { chooseChallenges } from './challenges.ts'
import { type Context, packName } from './context.ts'
import { createLocks } from './locks.ts'
import { judgeMovements } from './movements.ts'
import { deleteFrames } from './session-ends.ts'
import type { CaptureSession, SessionFrame, SessionStep } from './session-types.ts'
import { findVisited } from './sessions.ts'

export interface Capture {
  /** Whether somebody has the secret of a session at all, for before a frame's bytes are read. @throws AppError as `view` */
  admit(secret: string): Promise<void>
  /** As it is now. @throws AppError session_link_invalid, session_link_used; so do all that take a secret */
  view(secret: string): Promise<CaptureSession>
  /**
   * Takes the one-time address up and answers the key that opens the session from then on, or begins a new try with that
   * key. The frames of the tries before are deleted. A try that is left after a challenge was told counts as a failed one.
   * With a key of the page's own, `proposal`, the address can be taken up once more by whoever has that key.
   * @throws AppError session_ended, session_locked, session_unfinished, tenant_suspended, request_invalid
   */
  start(secret: string, proposal?: string | null): Promise<{ session: CaptureSession; visit: string | null }>
  /**
   * The step after that one, the same whenever it is asked for; null where there is none. None is told before the one before
   * it has frames. @throws AppError session_attempt_stale, request_invalid, session_*
   */
  nextStep(secret: string, asked: { nonce: string; after: string | null }): Promise<SessionStep | null>
  /** On disk when this resolves. @throws AppError as `keepFrame`, session_* */
  addFrame(secret: string, frame: SentFrame & { nonce: string }): Promise<{ pauseMs: number }>
  /** Hands the try in; once more is no error. @throws AppError request_invalid where something is missing, session_* */
  submit(secret: string, nonce: string): Promise<CaptureSession>
  /** The person is done: a session whose last try failed ends; any other stays as it is. */
  end(secret: string): Promise<CaptureSession>
  /** Puts what waits for its verdict in the line: after a start, and every now and then for what failed. */
  resume(): Promise<void>
  /** Resolves when nothing is judged or looked at. */
  idle(): Promise<void>
  /** Gives up what goes on; it is taken up again after the next start. */
  close(): Promise<void>
}

export interface CaptureDeps {
  readonly context: () => Context
  /** Told of what is in the way. */
  readonly onTrouble: (error: unknown) => void
  /** Tests bring their own. */
  readonly judgeMovements?: JudgeMovements
  readonly chooseChallenges?: () => ReturnType<typeof chooseChallenges>
  /** Before a try is judged again after a failure of the server, milliseconds. */
  readonly firstWaitMs?: number
  /** Told of each session whose try was judged. */
  readonly onVerdict?: (session: CaptureSession) => void
}

/** Sessions that are taken into the line at once. */
const RESUME_BATCH = 1000
/** What the page waits between two frames while the engine keeps up, milliseconds, and how many times that at most. */
const FRAME_PAUSE_MS = 200
const MOST_PAUSES = 2

export const createCapture = (deps: CaptureDeps): Capture => {
  const { context, onTrouble, firstWaitMs = 200 } = deps
  const choose = deps.chooseChallenges ?? (() => chooseChallenges())
  const observations = createObservations(() => context().limits.maxRememberedFrames)
  const judging = createJudging({
    context,
    onTrouble,
    firstWaitMs,
    onVerdict: deps.onVerdict,
    observations,
    judgeMovements: deps.judgeMovements ?? judgeMovements,
  })
  const locks = createLocks()
  const stopped = new AbortController()

  const find = async (secret: string, proposal: string | null): Promise<Visit> => ({
    context: context(),
    ...(await findVisited(context(), secret, proposal)),
  })

  /**
   * One at a time for each visitor, and each sees the session as the one before has left it. Whoever else changes it is seen
   * by its revision.
   */
  const visit = async <T>(
    secret: string,
    work: (visit: Visit) => Promise<T>,
    proposal: string | null = null,
  ): Promise<T> =>
    locks.run(secret, async () => {
      const found = await find(secret, proposal)
      return work({ ...found, session: await endOverdue(found) })
    })

  /** While the person goes on moving, so that the verdict comes sooner. */
  const lookAhead = ({ context: core, region, session }: Visit, frame: SessionFrame, bytes: Uint8Array): void => {
    if (stopped.signal.aborted || !hasRoom(core.engine, core.limits)) return
    observations.begin(frame.blobKey, async () => {
      const { pack } = await findTarget(core, region, session)
      const look = lookAt(core.engine, bytes, { pack: pack.id }, stopped.signal)
      const seen = await look.then(toSeen, error => {
        if (isUnreadable(error)) return UNREADABLE
        throw error
      })
      return { tryKey: tryKeyOf(session.id, frame.attempt, packName(pack)), seen }
    })
  }

  /** Of the tries before. What cannot be deleted now is deleted by upkeep, or with the session. */
  const forgetFrames = ({ region, session: { id } }: Visit): Promise<boolean> =>
    deleteFrames(region, () => region.store.sessions.deleteFrames(id))

  return {
    admit: async secret => void (await find(secret, null)),
    view: secret => visit(secret, async ({ session }) => session),
    start: (secret, proposal = null) =>
      visit(
        secret,
        async found => {
          await requireActive(found)
          const started = await startTry(found, choose, proposal)
          if (started.session.attempt?.number === found.session.attempt?.number) return started
          observations.drop(found.session.id)
          if (found.session.attempt) await forgetFrames(found).catch(onTrouble)
          return started
        },
        proposal,
      ),
    nextStep: (secret, asked) => visit(secret, found => tellStep(found, asked)),
    addFrame: (secret, { nonce, ...sent }) =>
      visit(secret, async found => {
        const { context: core, region, session } = found
        const attempt = requireTry(session, nonce)
        const { frame, isNew } = await keepFrame(core, region, session, attempt, sent)
        // Portraits are judged more closely, in the end.
        if (isNew && frame.stepId !== attempt.steps[0].id) lookAhead(found, frame, sent.bytes)
        return { pauseMs: pauseFor(core) }
      }),
    submit: (secret, nonce) =>
      visit(secret, async found => {
        const session = await submitTry(found, nonce)
        if (session.state === 'submitted') judging.add(found.region, session)
        return session
      }),
    end: secret =>
      visit(secret, async found => {
        const session = await endVisit(found)
        if (session.ended) observations.drop(session.id)
        return session
      }),
    async resume() {
      for (const region of context().regions.values())
        for (const session of await region.store.sessions.listSubmitted(RESUME_BATCH)) judging.add(region, session)
    },
    async idle() {
      await observations.idle()
      await judging.idle()
    },
    async close() {
      stopped.abort(new AppError('stopping'))
      await judging.close()
      await observations.idle()
    },
  }
}

/** A tenant that is suspended judges nobody any more. @throws AppError tenant_suspended */
const requireActive = async ({ context: { control }, session: { tenantId } }: Visit): Promise<void> => {
  const tenant = await control.findTenant(tenantId)
  if (tenant?.status === 'suspended')
    throw new AppError('tenant_suspended', `The tenant "${tenantId}" of this session is suspended.`)
}

/** Longer while frames wait for the engine: they are kept in any case, and looked at in the end. */
const pauseFor = ({ engine, limits }: Context): number => {
  const share = Math.min(1, engine.stats().framesWaiting / limits.maxQueuedFrames)
  return Math.round(FRAME_PAUSE_MS * (1 + (MOST_PAUSES - 1) * share))
}
