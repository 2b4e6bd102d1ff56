// The frames of a capture session's try: checked, kept sealed, and deleted with it. Looks at no face.
import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { framesOf, staleTry } from './capture-rules.ts'
import type { Context, Region } from './context.ts'
import { keepPicture } from './pictures.ts'
import type { CaptureSession, SessionAttempt, SessionFrame, SessionStep } from './session-types.ts'

/** A frame as the page sends it. */
export interface SentFrame {
  readonly stepId: string
  /** Counts from 1 within a try. */
  readonly sequence: number
  readonly source: 'camera' | 'upload'
  /** By the page's clock, milliseconds from the start of the try. */
  readonly atMs: number
  /** Encoded. */
  readonly bytes: Uint8Array
}

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/**
 * Keeps bytes and row; where the row is refused nothing is left. A frame that the try has already, byte for byte, is kept
 * once: its answer was lost, and the page has sent it again.
 * @throws AppError session_attempt_stale, session_frames_exceeded, request_invalid, image_empty, image_too_large,
 * image_format_unsupported
 */
export const keepFrame = async (
  context: Context,
  region: Region,
  session: CaptureSession,
  attempt: SessionAttempt,
  sent: SentFrame,
): Promise<{ readonly frame: SessionFrame; readonly isNew: boolean }> => {
  const { limits, clock, ids } = context
  const now = clock.now()
  const step = requireStep(attempt, sent.stepId, now, limits)
  const mediaType = checkFrame(session, step, sent, limits)
  const sha256 = digestOf(sent.bytes)
  const known = await region.store.sessions.listFrames(session.id, attempt.number)
  const same = known.find(({ sequence }) => sequence === sent.sequence)
  if (same && same.sha256 === sha256 && same.stepId === step.id) return { frame: same, isNew: false }
  if (same) throw usedSequence(sent)
  checkCounts(step, known, limits)
  const frame: SessionFrame = {
    sessionId: session.id,
    attempt: attempt.number,
    stepId: step.id,
    sequence: sent.sequence,
    source: sent.source,
    atMs: sent.atMs,
    receivedAt: now,
    blobKey: ids.next(),
    mediaType,
    bytes: sent.bytes.length,
    sha256,
  }
  await insertFrame(context, region, session.tenantId, frame, sent.bytes)
  return { frame, isNew: true }
}

/** The bytes before their row, so that no row ever lacks them; they go again where there is no row in the end. */
const insertFrame = async (
  context: Context,
  region: Region,
  tenantId: string,
  frame: SessionFrame,
  bytes: Uint8Array,
): Promise<void> => {
  const { blobKey } = frame
  let isKept = false
  try {
    isKept = await region.upkeep.hold(blobKey, async () => {
      await keepPicture(context, region, tenantId, blobKey, bytes)
      return region.store.sessions.insertFrame(frame, context.limits.maxFramesPerAttempt)
    })
  } finally {
    if (!isKept) await region.upkeep.clear([blobKey])
  }
  // All was looked at just before: something came in between, such as the end of the session.
  if (!isKept) throw staleTry({ attempt: frame.attempt, sequence: frame.sequence }, 'The try takes this frame no more.')
}

/** @throws AppError session_attempt_stale where it is not the step that was told last, or its time is over */
const requireStep = (
  { steps, number }: SessionAttempt,
  stepId: string,
  now: Date,
  { sessionStepMs }: Pick<Limits, 'sessionStepMs'>,
): SessionStep => {
  const step = steps.at(-1)
  if (!step || step.id !== stepId) throw staleTry({ attempt: number, step: stepId })
  // A person takes as long as it takes for a portrait. Frames of a movement may be on their way as long again as it lasts.
  const isLate = step.challenge !== 'portrait' && now.getTime() - step.revealedAt.getTime() > 2 * sessionStepMs
  if (isLate) throw staleTry({ attempt: number, step: stepId }, 'The time for this step of the try is over.')
  return step
}

const usedSequence = ({ sequence }: Pick<SentFrame, 'sequence'>): AppError =>
  staleTry({ sequence }, `The try has another frame of sequence ${sequence}.`)

/** The media type, by magic bytes. */
const checkFrame = (session: CaptureSession, step: SessionStep, sent: SentFrame, limits: Limits): string => {
  const { sequence, atMs, source, bytes } = sent
  if (!Number.isSafeInteger(sequence) || sequence < 1) throw refuse('sequence', 'a whole number from 1')
  if (!Number.isFinite(atMs) || atMs < 0) throw refuse('at', 'milliseconds from the start of the try')
  if (source === 'upload' && !session.uploadAllowed) throw refuse('source', '"camera": this session takes no files')
  if (bytes.length === 0) throw new AppError('image_empty', 'The frame has no bytes.')
  const maxBytes = step.challenge === 'portrait' ? limits.maxPortraitBytes : limits.maxFrameBytes
  if (bytes.length > maxBytes)
    throw new AppError('image_too_large', `The frame has ${bytes.length} bytes; at most ${maxBytes} are taken.`, {
      details: { bytes: bytes.length, maxBytes },
    })
  const mediaType = mediaTypeOf(bytes)
  if (!mediaType || (source === 'camera' && mediaType !== 'image/jpeg'))
    throw new AppError('image_format_unsupported', `A frame must be ${source === 'camera' ? 'JPEG' : FORMATS}.`)
  return mediaType
}

const FORMATS = 'JPEG, PNG or WebP'

const mediaTypeOf = (bytes: Uint8Array): string | null => {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 12)).toString('latin1')
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  return head.startsWith('RIFF') && head.endsWith('WEBP') ? 'image/webp' : null
}

const checkCounts = (step: SessionStep, known: readonly SessionFrame[], limits: Limits): void => {
  const { maxFramesPerAttempt, maxPortraitsPerAttempt } = limits
  if (known.length >= maxFramesPerAttempt) throw exceeded('frames', maxFramesPerAttempt)
  if (step.challenge === 'portrait' && framesOf(known, step).length >= maxPortraitsPerAttempt)
    throw exceeded('portraits', maxPortraitsPerAttempt)
}

const exceeded = (what: string, most: number): AppError =>
  new AppError('session_frames_exceeded', `The try has its ${most} ${what} already.`, { details: { [what]: most } })

const refuse = (field: string, expected: string): AppError =>
  new AppError('request_invalid', `"${field}" must be ${expected}.`, { details: { field } })
