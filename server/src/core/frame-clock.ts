// Whether the frames of a try are a stream of their own, made when they say: their order, their times on both clocks, none
// twice, none missing. Pure; knows nothing of what they show but that a frozen face is one frame sent again.
import { framesOf, leastFramesOf } from './capture-rules.ts'
import { frameDistance } from './flatness.ts'
import type { FrameObservation, StepTimes } from './movement-types.ts'
import type { SessionReason } from './session-types.ts'

/** The clocks of page and server drift, and events wait for their turn in a browser. */
const CLOCK_ERROR_MS = 500
/** A frame may be on its way for so long, beyond what the quickest of the try took. */
const MAX_DELAY_MS = 30_000
/** Between two frames of a step: in a longer gap anything may be exchanged. Slow networks stay below it. */
const MAX_GAP_MS = 6000
/** Between the frames of a step on average: pages take one each 200 ms, and catch up by one where they are late. */
const MIN_INTERVAL_MS = 60
/**
 * Eye distances that the mesh of a frozen picture moves at most, re-encoded or not. Measured: the same pixels 0.00000, the
 * least of a picture with a sensor's noise of one grey level 0.0012, of a hardly trembling head 0.0021.
 */
const FROZEN = 0.0005
/** Neighbouring frames that are one and the same: what a camera that falters in the dark may deliver. */
const MAX_FALTERS = 3

/**
 * How far the page's clock is behind the server's at most: its zero is when the answer to "start" came. By the frame that
 * came quickest, so that what it took is counted in.
 */
export const clockOffsetMs = (frames: readonly FrameObservation[]): number =>
  Math.min(...frames.map(({ atMs, receivedAtMs }) => receivedAtMs - atMs))

/** When a frame was made at the latest, by the server's clock. */
export const madeAtMs = (frame: FrameObservation, offsetMs: number): number =>
  Math.min(frame.receivedAtMs, frame.atMs + offsetMs)

/** `frames` in the order of their sequence. */
export const checkStream = (frames: readonly FrameObservation[], steps: readonly StepTimes[]): SessionReason[] => [
  ...checkTimes(frames, steps),
  ...checkRepeats(frames),
  ...steps.flatMap(step => checkStep(step, framesOf(frames, step))),
]

const replayed = (message: string, value?: number, threshold?: number): SessionReason => ({
  name: 'frames_replayed',
  message,
  ...(value === undefined ? {} : { value: Math.round(value), threshold }),
})

const checkTimes = (frames: readonly FrameObservation[], steps: readonly StepTimes[]): SessionReason[] => {
  if (frames.length === 0) return []
  const offset = clockOffsetMs(frames)
  const places = frames.map(({ stepId }) => steps.findIndex(({ id }) => id === stepId))
  const isDisordered = frames.some(
    ({ atMs }, index) =>
      places[index] < 0 || (index > 0 && (atMs < frames[index - 1].atMs || places[index] < places[index - 1])),
  )
  if (isDisordered) return [replayed('The frames are not in the order of their times and steps.')]
  if (offset < -CLOCK_ERROR_MS)
    return [replayed('A frame says that it was made after it arrived.', offset, -CLOCK_ERROR_MS)]
  const delay = Math.max(...frames.map(({ atMs, receivedAtMs }) => receivedAtMs - atMs - offset))
  if (delay > MAX_DELAY_MS)
    return [replayed('A frame arrived long after it says it was made, in milliseconds.', delay, MAX_DELAY_MS)]
  const early = Math.max(
    ...frames.map((frame, index) => steps[places[index]].revealedAtMs - madeAtMs(frame, Math.max(0, offset))),
  )
  if (early <= CLOCK_ERROR_MS) return []
  const message = 'A frame says that it was made before its step was told, by so many milliseconds.'
  return [{ name: 'challenge_too_fast', message, value: Math.round(early), threshold: CLOCK_ERROR_MS }]
}

const checkRepeats = (frames: readonly FrameObservation[]): SessionReason[] => {
  const again = frames.flatMap((frame, index) => {
    const first = frames.findIndex((earlier, at) => at < index && isSame(earlier, frame))
    return first < 0 ? [] : [{ index, first }]
  })
  // A run of one frame repeats its first and its neighbour alike.
  const isFalter = ({ index, first }: { index: number; first: number }): boolean =>
    frames.slice(first + 1, index).every(between => isSame(frames[first], between))
  if (again.length <= MAX_FALTERS && again.every(isFalter)) return []
  const message = `${again.length} of ${frames.length} frames are earlier ones again.`
  return [{ name: 'frames_repeated', message, value: again.length, threshold: again.every(isFalter) ? MAX_FALTERS : 0 }]
}

const isSame = (one: FrameObservation, other: FrameObservation): boolean =>
  one.sha256 === other.sha256 ||
  (one.face !== null && other.face !== null && frameDistance(one.face.points, other.face.points) < FROZEN)

const checkStep = ({ challenge }: StepTimes, frames: readonly FrameObservation[]): SessionReason[] => {
  const least = leastFramesOf(challenge)
  const details = { challenge }
  if (frames.length < least) {
    const message = `The step "${challenge}" has ${frames.length} of at least ${least} frames.`
    return [{ name: 'frames_missing', message, value: frames.length, threshold: least, details }]
  }
  if (challenge === 'portrait') return []
  const interval = (frames[frames.length - 1].atMs - frames[0].atMs) / (frames.length - 1)
  if (interval < MIN_INTERVAL_MS) {
    const message = `The frames of the step "${challenge}" say that they were made so many milliseconds after each other.`
    return [{ name: 'challenge_too_fast', message, value: Math.round(interval), threshold: MIN_INTERVAL_MS, details }]
  }
  const gap = Math.max(...frames.slice(1).map(({ atMs }, index) => atMs - frames[index].atMs))
  if (gap <= MAX_GAP_MS) return []
  const message = `The step "${challenge}" has no frame for so many milliseconds.`
  return [{ name: 'frames_missing', message, value: Math.round(gap), threshold: MAX_GAP_MS, details }]
}
