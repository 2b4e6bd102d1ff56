// Whether a living person made the movements that were asked for, by what was observed in the frames of a try. Pure: pixels,
// the store and the clock are not its business.
import { framesOf } from './capture-rules.ts'
import { eyeOpeningOf, mouthWidthOf, proportionOf } from './face-measures.ts'
import { planarResidual, rigidResidual } from './flatness.ts'
import { checkStream, clockOffsetMs, madeAtMs } from './frame-clock.ts'
import { findGesture, type Gesture, type Reading, UNSEEN_MS } from './gestures.ts'
import type { FrameObservation, MovementJudgement, ObservedFace, StepTimes } from './movement-types.ts'
import { checkPerson } from './one-person.ts'
import { round } from './rounding.ts'
import type { Calibration } from './score.ts'
import { type Challenge, HEAD_CHALLENGES, type SessionReason } from './session-types.ts'

export type { FrameObservation, StepTimes } from './movement-types.ts'

/** Nobody has seen a step, chosen a side and begun to move earlier. Milliseconds. */
const MIN_REACTION_MS = 200
/**
 * Eye distances by which a turned head's points miss the best flat explanation, at least (flatness.ts). Own measurement:
 * heads in two photographs of LFW that differ by more than 18° of yaw 0.08-0.36 (99 % from 0.09), by more than 12° of pitch
 * 0.04-0.31 (95 % from 0.06); photographs tilted by 45° at most 0.07 and 0.04, by 60° 0.18 and 0.07, printed ones moved by
 * hand at most 0.07.
 */
const MIN_RELIEF: Readonly<Partial<Record<Challenge, number>>> = { turn_left: 0.08, turn_right: 0.08, nod: 0.05 }
/**
 * A head's breadth by its height against the portrait's. Own measurement: 0.95-1.05 in one sitting before a webcam, 0.95-1.13
 * of heads rendered turned; photographs tilted by 45° across 0.79-0.95, down 1.17-1.38; bent to nearly half a tube 0.80-0.89
 * and 1.07-1.23. A movement that was made must keep within the first, one that was not tells of a picture beyond the second.
 */
const PROPORTION = { low: 0.92, high: 1.1 }
const TOLD_BY_PROPORTION = { low: 0.9, high: 1.1 }
/**
 * Degrees: a portrait that looks further aside counts as if it did not, so that coming back from there is no turn. A picture
 * bent to a tube that is turned from one side to the front would pass for a head else.
 */
const FACING = 10
/** Eye distances; a photograph shifted, turned and brought nearer stays below 0.025. */
const STILL = 0.03
/** Ratios to the portrait's that no still picture's eyes and mouth go beyond, 0.95 and 1.03. */
const STILL_EYES = 0.9
const STILL_MOUTH = 1.07

/**
 * `frames` of one try in any order, portraits included; `portrait` is the judged one. All templates must be of the pack of
 * `calibration`. Never throws: what is missing is a reason.
 */
export const judgeMovements = (
  frames: readonly FrameObservation[],
  steps: readonly StepTimes[],
  portrait: FrameObservation,
  calibration: Calibration,
): MovementJudgement => {
  const ordered = frames.toSorted((one, other) => one.sequence - other.sequence)
  const offsetMs = clockOffsetMs(ordered)
  const judged = steps.map(step => judgeStep(step, framesOf(ordered, step), portrait, offsetMs))
  const challenged = steps.flatMap(({ challenge }, index) => (challenge === 'portrait' ? [] : [judged[index]]))
  const isNothingMet = challenged.length > 0 && challenged.every(({ event }) => !event.met)
  return {
    reasons: [
      ...checkStream(ordered, steps),
      ...checkPerson(ordered, portrait, calibration),
      ...judged.flatMap(({ reasons }) => reasons),
      ...(isNothingMet && portrait.face ? checkStill(ordered, portrait.face) : []),
    ],
    events: judged.map(({ event }) => event),
  }
}

interface JudgedStep {
  readonly event: MovementJudgement['events'][number]
  readonly reasons: readonly SessionReason[]
}

const judgeStep = (
  { challenge, revealedAtMs }: StepTimes,
  frames: readonly FrameObservation[],
  portrait: FrameObservation,
  offsetMs: number,
): JudgedStep => {
  const last = frames.at(-1)?.atMs ?? revealedAtMs
  if (challenge === 'portrait')
    return { event: { challenge, met: portrait.face !== null, atMs: portrait.atMs }, reasons: [] }
  const seen = frames.flatMap(frame => (frame.face ? [{ frame, face: frame.face }] : []))
  const missed = { challenge, met: false, atMs: last }
  if (!portrait.face || seen.length === 0) return { event: missed, reasons: [notMet(challenge)] }
  const neutral = portrait.face
  const readings = seen.map(({ frame, face }) => read(face, neutral, madeAtMs(frame, offsetMs) - revealedAtMs))
  const gesture = findGesture(challenge, readings)
  const reasons = refuse(
    challenge,
    gesture,
    readings,
    seen.map(({ face }) => face),
    neutral,
  )
  if (gesture.done === null || reasons.length > 0) return { event: missed, reasons }
  return { event: { challenge, met: true, atMs: seen[gesture.done].frame.atMs }, reasons }
}

const read = (face: ObservedFace, neutral: ObservedFace, sinceMs: number): Reading => ({
  sinceMs,
  yaw: face.pose.yaw - Math.min(FACING, Math.max(-FACING, neutral.pose.yaw)),
  pitch: face.pose.pitch - neutral.pose.pitch,
  eyes: eyeOpeningOf(face.points) / eyeOpeningOf(neutral.points),
  mouth: mouthWidthOf(face.points) / mouthWidthOf(neutral.points),
  proportion: proportionOf(face.points) / proportionOf(neutral.points),
})

/** What speaks against the step; empty where the movement was made, by a head, in its time. */
const refuse = (
  challenge: Challenge,
  gesture: Gesture,
  readings: readonly Reading[],
  faces: readonly ObservedFace[],
  neutral: ObservedFace,
): SessionReason[] => {
  const isHead = HEAD_CHALLENGES.includes(challenge)
  const fast = checkReaction(challenge, gesture, readings)
  if (gesture.done === null)
    return [fast ?? notMet(challenge, gesture), ...(isHead ? checkShapes(challenge, readings) : [])]
  const flatness =
    isHead && gesture.peak !== null
      ? checkRelief(challenge, readings[gesture.peak], faces[gesture.peak], neutral)
      : null
  return [fast, flatness].filter(reason => reason !== null)
}

const notMet = (challenge: Challenge, gesture?: Gesture): SessionReason => {
  const name = 'challenge_not_met'
  if (!gesture) return { name, message: `No face was seen in the step "${challenge}".`, details: { challenge } }
  const { value, threshold, other } = gesture
  const message = other
    ? `The movement "${other}" was made before "${challenge}", which was asked for.`
    : `The movement "${challenge}" was not seen, or not to its end.`
  return { name, message, value: round(value, 3), threshold, details: { challenge, ...(other ? { seen: other } : {}) } }
}

const checkReaction = (
  challenge: Challenge,
  { onset }: Gesture,
  readings: readonly Reading[],
): SessionReason | null => {
  if (onset === null) return null
  const value = Math.round(readings[onset].sinceMs)
  // Within this time the first frame of a step must still show the face at rest.
  // A blink's is never the first: open eyes come before it.
  const wasThere = onset === 0
  if (value >= MIN_REACTION_MS && !(wasThere && value < UNSEEN_MS)) return null
  const message = `The movement "${challenge}" was there so many milliseconds after it was asked for.`
  const threshold = value < MIN_REACTION_MS ? MIN_REACTION_MS : UNSEEN_MS
  return { name: 'challenge_too_fast', message, value, threshold, details: { challenge } }
}

const flat = (challenge: Challenge, measure: string, value: number, threshold: number): SessionReason => ({
  name: 'flat_picture',
  message:
    measure === 'relief'
      ? 'The turned face is explained by a flat picture: its points stray too little from one, in eye distances.'
      : "The face's breadth by its height changed with the movement, as a tilted or bent picture's does.",
  value: round(value, 3),
  threshold,
  details: { challenge, measure },
})

/** The frame where the movement was greatest: a head shows its depth and keeps its shape. */
const checkRelief = (
  challenge: Challenge,
  { proportion }: Reading,
  face: ObservedFace,
  neutral: ObservedFace,
): SessionReason | null => {
  const least = MIN_RELIEF[challenge] ?? 0
  const relief = planarResidual(neutral.points, face.points)
  if (!(relief >= least)) return flat(challenge, 'relief', relief, least)
  if (challenge === 'nod')
    return proportion > PROPORTION.high ? flat(challenge, 'proportion', proportion, PROPORTION.high) : null
  return proportion < PROPORTION.low ? flat(challenge, 'proportion', proportion, PROPORTION.low) : null
}

/** Of a movement that was not made: whether a picture was tilted or bent instead. */
const checkShapes = (challenge: Challenge, readings: readonly Reading[]): SessionReason[] => {
  const proportions = readings.map(({ proportion }) => proportion)
  const [low, high] = [Math.min(...proportions), Math.max(...proportions)]
  if (low < TOLD_BY_PROPORTION.low) return [flat(challenge, 'proportion', low, TOLD_BY_PROPORTION.low)]
  if (high > TOLD_BY_PROPORTION.high) return [flat(challenge, 'proportion', high, TOLD_BY_PROPORTION.high)]
  return []
}

/** Nothing moved but the picture as a whole. */
const checkStill = (frames: readonly FrameObservation[], neutral: ObservedFace): SessionReason[] => {
  const faces = frames.flatMap(({ face }) => (face ? [face] : []))
  const most = Math.max(0, ...faces.map(({ points }) => rigidResidual(neutral.points, points)))
  if (faces.length === 0 || most >= STILL || faces.some(face => hasMoved(read(face, neutral, 0)))) return []
  const message =
    'Nothing in the frames moved but the picture as a whole: the most that its points did, in eye distances.'
  return [{ name: 'still_picture', message, value: round(most, 3), threshold: STILL }]
}

const hasMoved = ({ eyes, mouth }: Reading): boolean => eyes < STILL_EYES || mouth > STILL_MOUTH
