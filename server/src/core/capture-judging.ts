// The line of tries that were handed in: judged in the background, a few at a time, and their verdicts stored. Judges nothing
// itself.
import { AppError } from '../errors.ts'
import { changeSession } from './capture-change.ts'
import type { Observations } from './capture-observations.ts'
import { principalOf } from './capture-outcome.ts'
import { reasonOf } from './capture-reasons.ts'
import { addFailure } from './capture-rules.ts'
import { awaitsVerdict, type Judgement, judgeTry, type VerdictInput } from './capture-verdict.ts'
import type { Context, Region } from './context.ts'
import { pause } from './pause.ts'
import type { SessionChange } from './ports.ts'
import type { CaptureSession } from './session-types.ts'
import { deleteFace } from './subjects.ts'

export interface JudgingDeps {
  readonly context: () => Context
  readonly observations: Observations
  readonly judgeMovements: VerdictInput['judgeMovements']
  /** Told of what is in the way. */
  readonly onTrouble: (error: unknown) => void
  /** Before a try is judged again after a failure of the server, milliseconds; grows fourfold. */
  readonly firstWaitMs: number
  /** Told of each session whose try was judged. */
  readonly onVerdict?: (session: CaptureSession) => void
}

export interface Judging {
  /** Joins the line; a session that is in it already has its place. */
  add(region: Region, session: Pick<CaptureSession, 'id' | 'tenantId'>): void
  idle(): Promise<void>
  /** Gives up what goes on; those sessions stay submitted. */
  close(): Promise<void>
}

interface Waiting {
  readonly region: Region
  readonly tenantId: string
  readonly id: string
}

/** Then it stays submitted, and is judged when it is handed to the line anew. */
const MOST_TRIES = 4
/** One is judged while the frames of the other are at the engine; where more frames can be there, more are judged. */
const LEAST_AT_ONCE = 2

export const createJudging = ({ context, onTrouble, onVerdict, firstWaitMs, ...parts }: JudgingDeps): Judging => {
  /** By id: those in the line and those that are being judged. */
  const known = new Set<string>()
  const line: Waiting[] = []
  const running = new Set<Promise<void>>()
  const stopped = new AbortController()
  const { signal } = stopped

  const judgeNow = async ({ region, tenantId, id }: Waiting): Promise<void> => {
    const session = await region.store.sessions.find(tenantId, id)
    if (session?.state !== 'submitted' || !session.attempt || session.clearedAt) return
    const input = { ...parts, context: context(), region, session, signal }
    const judgement = await judgeTry(input)
    const judged = judgement && (await conclude(input, judgement))
    if (judged) onVerdict?.(judged)
    parts.observations.drop(id)
  }

  const judgePatiently = async (waiting: Waiting): Promise<void> => {
    for (let tries = 1, waitMs = firstWaitMs; !signal.aborted; tries++, waitMs *= 4)
      try {
        return await judgeNow(waiting)
      } catch (error) {
        if (signal.aborted) return
        onTrouble(error)
        if (tries >= MOST_TRIES) return
        await pause(waitMs, signal).catch(() => {})
      }
  }

  const next = (): void => {
    const atOnce = Math.max(LEAST_AT_ONCE, context().engine.stats().framePlaces)
    while (running.size < atOnce && !signal.aborted) {
      const waiting = line.shift()
      if (!waiting) return
      const work = judgePatiently(waiting).finally(() => {
        known.delete(waiting.id)
        running.delete(work)
        next()
      })
      running.add(work)
    }
  }

  return {
    add(region, { id, tenantId }) {
      if (signal.aborted || known.has(id)) return
      known.add(id)
      line.push({ region, tenantId, id })
      next()
    },
    async idle() {
      while (running.size > 0) await Promise.all(running)
    },
    async close() {
      stopped.abort(new AppError('stopping'))
      await Promise.all(running)
    },
  }
}

/** Stores the verdict, unless the session was cleared, deleted or begun anew meanwhile: then nothing of it stays. */
const conclude = async (input: VerdictInput, judgement: Judgement): Promise<CaptureSession | null> => {
  const { context, region, session } = input
  const stored = await changeSession(context, region, session, present =>
    awaitsVerdict(present, session) ? toChange(context, present, judgement) : null,
  )
  if (!stored) await undo(input, judgement)
  return stored
}

const toChange = ({ clock, limits }: Context, session: CaptureSession, judgement: Judgement): SessionChange => {
  const { reasons, verdict } = judgement
  if (reasons.length === 0) return { state: 'passed', ended: true, reasons, verdict }
  const now = clock.now()
  const { failures, isLocked } = addFailure(session, now, limits)
  const failed = { state: 'failed' as const, failures, verdict }
  if (isLocked) return { ...failed, ended: true, reasons: [...reasons, reasonOf('too_many_failures')] }
  return { ...failed, ended: now >= session.expiresAt, reasons }
}

/** Whoever cleared the session did not want the person's face here: what was enrolled in its name goes again. */
const undo = async ({ context, region, session }: VerdictInput, { verdict }: Judgement): Promise<void> => {
  if (verdict.faceId === null || session.galleryId === null) return
  await deleteFace(context, principalOf(region, session), session.galleryId, verdict.faceId).catch(error => {
    if (!(error instanceof AppError) || error.kind !== 'not-found') throw error
  })
}
