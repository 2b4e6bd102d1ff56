// One try from the empty oval to the judge: guides, takes the portraits, follows the movements one by one, hands in. No DOM;
// the camera, the detector, the clock and the screen are passed in.
import type { SessionClient } from '../api/session-client.ts'
import type { Challenge, SessionView, StartedTry, Step } from '../words.ts'
import { followChallenge } from './challenge-progress.ts'
import type { FaceMeasures } from './face-measures.ts'
import { createGuide, type Hint, type Sighting } from './guidance.ts'
import type { Oval } from './oval.ts'
import { createUploadQueue } from './upload-queue.ts'

/** What the screen shows of a try. */
export type TryScene =
  | { readonly phase: 'position'; readonly hint: Hint | null }
  | { readonly phase: 'movement'; readonly challenge: Challenge; readonly amount: number; readonly hint: Hint | null }
  | { readonly phase: 'moved' }
  | { readonly phase: 'sending'; readonly sent: number; readonly of: number }

export interface TryEye {
  /** Draws what the camera sees now, and what is seen in it; null while or where there is no detector. */
  readonly look: () => Promise<Sighting | null>
  readonly oval: () => Oval
  /** The picture last drawn, small, as it is sent during movements. */
  readonly frame: () => Promise<Blob>
  /** What the camera sees now, large. */
  readonly portrait: () => Promise<Blob>
}

export interface TryPorts {
  readonly client: Pick<SessionClient, 'start' | 'nextStep' | 'sendFrame' | 'submit'>
  readonly eye: TryEye
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** `step` counts the portrait as 0 and the movements from 1. */
  readonly show: (scene: TryScene, step: number) => void
  /** Whether the person has asked for the picture by the button; asking once is enough. */
  readonly isTakeAsked: () => boolean
  readonly signal: AbortSignal
}

/** Leaves the browser time to draw between two looks. */
const LOOK_EVERY_MS = 20
const PORTRAIT_EVERY_MS = 250
/** With a line that needs longer than this for one portrait, one has to do. */
const SLOW_PORTRAIT_MS = 2500
/** A movement that is not seen is given up after so long: the server may see it. */
const LONGEST_MOVEMENT_MS = 9000
/** Time for a movement that no detector follows. */
const BLIND_MOVEMENT_MS = 6000
/** What is sent after the movement is over, so that the server sees the face at rest. */
const REST_MS = 500
/** As many frames as the server wants of a movement at least, and so many that two movements fit into a try. */
const LEAST_FRAMES = 3
const MOST_FRAMES = 45
/** A try whose portrait takes longer than this part of the step's time is begun anew. */
const STALE_PART = 0.7
const UNSEEN_MS = 1200

/** @throws Problem; whatever `signal` was aborted with */
export const runTry = async (ports: TryPorts): Promise<SessionView> => {
  const { client, show } = ports
  const { started, startedMs, step: first, rest } = await findPlace(ports)
  let sequence = 0
  const send = (step: Step) => (picture: Blob, atMs: number) => {
    sequence += 1
    const source = 'camera' as const
    return client.sendFrame({ nonce: started.nonce, step: step.id, sequence, atMs: atMs - startedMs, source, picture })
  }
  await sendPortraits(ports, started.portraits, send(first))
  let number = 0
  let step = await client.nextStep(started.nonce, first.id)
  while (step !== null && step.challenge !== 'portrait') {
    ports.signal.throwIfAborted()
    number += 1
    await runMovement(ports, { challenge: step.challenge, number, rest, started, send: send(step) })
    step = await client.nextStep(started.nonce, step.id)
  }
  show({ phase: 'sending', sent: sequence, of: sequence }, number + 1)
  ports.signal.throwIfAborted()
  return client.submit(started.nonce)
}

interface Begun {
  readonly started: StartedTry
  readonly startedMs: number
  readonly step: Step
}

/** Until the face is in its place and the server has begun the try; the server is asked when the face first is. */
const findPlace = async (ports: TryPorts): Promise<Begun & { rest: FaceMeasures | null }> => {
  const { eye, now, sleep, show, isTakeAsked, signal } = ports
  const guide = createGuide()
  let beginning: Promise<void> | null = null
  let begun: Begun | null = null
  let failure: { error: unknown } | null = null
  for (;;) {
    signal.throwIfAborted()
    const sighting = await eye.look()
    const guided = sighting && guide.update(sighting, eye.oval(), now())
    show({ phase: 'position', hint: guided?.hint ?? null }, 0)
    if (failure) throw (failure as { error: unknown }).error
    const isReady = guided?.isReady === true || isTakeAsked()
    if (begun && isReady) return { ...(begun as Begun), rest: sighting?.face ?? null }
    if (begun && now() - (begun as Begun).startedMs > (begun as Begun).started.stepMs * STALE_PART) {
      begun = null
      beginning = null
    }
    if (isReady && beginning === null) {
      beginning = begin(ports).then(
        found => {
          begun = found
        },
        (error: unknown) => {
          failure = { error }
        },
      )
    }
    await sleep(LOOK_EVERY_MS)
  }
}

const begin = async ({ client, now }: TryPorts): Promise<Begun> => {
  const started = await client.start()
  const startedMs = now()
  const step = await client.nextStep(started.nonce, null)
  if (step === null) throw new Error('the server asks for no portrait')
  return { started, startedMs, step }
}

type SendPicture = (picture: Blob, atMs: number) => Promise<number>

/** All are taken at once; how many are sent depends on the line. */
const sendPortraits = async (
  { eye, now, sleep, show, signal }: TryPorts,
  count: number,
  send: SendPicture,
): Promise<void> => {
  const taken: { picture: Blob; atMs: number }[] = []
  for (let index = 0; index < count; index++) {
    if (index > 0) await sleep(PORTRAIT_EVERY_MS)
    const atMs = now()
    taken.push({ picture: await eye.portrait(), atMs })
  }
  for (const [index, { picture, atMs }] of taken.entries()) {
    signal.throwIfAborted()
    show({ phase: 'sending', sent: index, of: taken.length }, 0)
    const beforeMs = now()
    await send(picture, atMs)
    if (now() - beforeMs > SLOW_PORTRAIT_MS) return
  }
}

interface MovementRun {
  readonly challenge: Challenge
  readonly number: number
  readonly rest: FaceMeasures | null
  readonly started: StartedTry
  readonly send: SendPicture
}

const runMovement = async (ports: TryPorts, { challenge, number, rest, started, send }: MovementRun): Promise<void> => {
  const { eye, now, sleep, show, signal } = ports
  let isSending = false
  const queue = createUploadQueue<{ picture: Blob; atMs: number }>({
    send: ({ picture, atMs }) => send(picture, atMs),
    now,
    onProgress: () => {
      const { sent, offered } = queue.counts()
      if (isSending) show({ phase: 'sending', sent, of: offered }, number)
    },
  })
  const follow = rest && followChallenge(challenge, rest)
  const beganMs = now()
  const longestMs = Math.min(follow ? LONGEST_MOVEMENT_MS : BLIND_MOVEMENT_MS, started.stepMs)
  let nextFrameMs = beganMs
  let doneMs: number | null = null
  let seenMs = beganMs
  for (;;) {
    signal.throwIfAborted()
    const atMs = now()
    const sighting = await eye.look()
    if (atMs >= nextFrameMs && queue.isOpen() && queue.counts().offered < MOST_FRAMES) {
      // Kept to the beat as well as the pictures come, without making up for those that were missed.
      nextFrameMs = Math.max(nextFrameMs + started.frameIntervalMs, atMs)
      queue.offer({ picture: await eye.frame(), atMs })
    }
    if (sighting?.face) seenMs = atMs
    const progress = sighting && follow?.update(sighting.face)
    const elapsedMs = now() - beganMs
    const amount = follow ? (progress?.amount ?? 0) : Math.min(1, elapsedMs / longestMs)
    show({ phase: 'movement', challenge, amount, hint: hintOf(sighting, atMs - seenMs) }, number)
    if (progress?.phase === 'done') doneMs ??= now()
    const isDone = doneMs !== null && now() - doneMs >= REST_MS
    const isEnough = queue.counts().offered >= LEAST_FRAMES
    if (isEnough && (isDone || elapsedMs >= longestMs)) break
    if (elapsedMs >= started.stepMs) break
    await sleep(LOOK_EVERY_MS)
  }
  show({ phase: 'moved' }, number)
  isSending = true
  await queue.drained()
}

const hintOf = (sighting: Sighting | null, unseenMs: number): Hint | null => {
  if (sighting === null) return null
  if (sighting.faces > 1) return 'several_faces'
  return unseenMs > UNSEEN_MS ? 'no_face' : null
}
