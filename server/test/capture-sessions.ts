// Capture sessions for tests of use cases: begun, with frames on their way to a verdict, without a page and an engine.
import { createHash, randomBytes } from 'node:crypto'
import type { Context, Region } from '../src/core/context.ts'
import { keepPicture } from '../src/core/pictures.ts'
import type { SessionChange } from '../src/core/ports.ts'
import type { CaptureSession, SessionFrame, SessionVerdict } from '../src/core/session-types.ts'
import { templateOf } from './fake-core.ts'

/** A clock that stands until it is told. */
export const createTestClock = (start = new Date('2031-02-03T04:05:06.789Z')) => {
  let now = start
  return {
    now: () => now,
    /** Forwards, milliseconds. */
    go(ms: number) {
      now = new Date(now.getTime() + ms)
    },
  }
}

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

const changed = (session: CaptureSession | null): CaptureSession => {
  if (!session) throw new Error('Somebody else has changed the session.')
  return session
}

export const change = async (region: Region, { id, revision }: CaptureSession, how: SessionChange) =>
  changed(await region.store.sessions.update(id, revision, how))

/** The next try. */
export const begin = ({ clock }: Pick<Context, 'clock'>, region: Region, session: CaptureSession) =>
  change(region, session, {
    state: 'started',
    startedAt: session.startedAt ?? clock.now(),
    attempt: {
      number: (session.attempt?.number ?? 0) + 1,
      nonce: randomBytes(16).toString('base64url'),
      startedAt: clock.now(),
      challenges: [],
      steps: [],
    },
  })

/** Bytes and row, as the page's frames are kept. */
export const addFrame = async (
  context: Context,
  region: Region,
  session: CaptureSession,
  sequence: number,
): Promise<SessionFrame> => {
  const bytes = randomBytes(100)
  const frame: SessionFrame = {
    sessionId: session.id,
    attempt: session.attempt?.number ?? 0,
    stepId: 'portrait',
    sequence,
    source: 'camera',
    atMs: sequence * 200,
    receivedAt: context.clock.now(),
    blobKey: context.ids.next(),
    mediaType: 'image/jpeg',
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }
  await keepPicture(context, region, session.tenantId, frame.blobKey, bytes)
  if (!(await region.store.sessions.insertFrame(frame, 100))) throw new Error('The session takes no such frame.')
  return frame
}

export const verdictOn = (
  { clock }: Pick<Context, 'clock'>,
  { blobKey, mediaType, bytes, sha256 }: SessionFrame,
  more: Partial<SessionVerdict> = {},
): SessionVerdict => ({
  judgedAt: clock.now(),
  frame: { blobKey, mediaType, bytes, sha256, at: clock.now() },
  template: templateOf('ann'),
  pack: 'fake@1',
  liveness: null,
  events: [],
  similarity: null,
  threshold: null,
  candidates: [],
  faceId: null,
  subjectId: null,
  ...more,
})
