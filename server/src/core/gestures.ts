// Finds in the frames of one step the movement that was asked for: when it began, its height, whether another one came
// first. Pure; times are the server's clock, angles and ratios relative to the portrait.
import type { Challenge } from './session-types.ts'

/** One frame's face against the portrait's. */
export interface Reading {
  /** When it was made at the latest, milliseconds from when the step was told. */
  readonly sinceMs: number
  /** Degrees from the portrait's, which counts as facing the camera, signs as in `Pose`. */
  readonly yaw: number
  readonly pitch: number
  /** Ratios to the portrait's. */
  readonly eyes: number
  readonly mouth: number
  readonly proportion: number
}

export interface Gesture {
  /** Indices of the frames where the movement was first there, where it was greatest, and where it had been made. */
  readonly onset: number | null
  readonly peak: number | null
  readonly done: number | null
  /** The most that was seen of it, and how much is needed. */
  readonly value: number
  readonly threshold: number
  /** What was seen first in its place. */
  readonly other: string | null
}

/**
 * Degrees. Own measurement: a live sitter before a webcam strays by 16° at most, 7° in 95 % of frames; a photograph tilted
 * by 45° is taken for 9°, bent to a third of a tube for 11°; heads rendered at 30° are taken for 22-42°.
 */
const TURN_DEGREES = 20
/** The same for a nod: 12° of a photograph tilted by 45° are 10°; heads rendered at 20° are taken for 15-27°. */
const NOD_DEGREES = 12
/** How near to the portrait a head has been, or comes back to, for a movement to begin there. */
const SETTLED = { yaw: 12, pitch: 7 }
/** Beyond it, in a step that asks for eyes or mouth, the head makes another movement. Wider than a nod: phones sink. */
const STRAYED_PITCH = 18
/**
 * The eyes' opening by that of the same eyes open. Own measurement: closed 0.63-0.80 before a webcam, 0.70-0.82 rendered;
 * open, with a trembling head and sensor noise, 0.94-1.03, once 0.88 under heavy make-up.
 */
const CLOSED_EYES = 0.85
const OPEN_EYES = 0.93
/** While they are closed, the head is where it was, and as broad for its height. */
const BLINK_DEGREES = 8
const BLINK_PROPORTION = 0.06
/**
 * The mouth's width by that of the neutral mouth. Own measurement: 0.96-1.02 at rest, 1.16-1.26 at a rendered smile; a
 * photograph that laughs has 1.4 times the median's.
 */
const SMILE_WIDTH = 1.1
/** A face that looks aside: its mouth and eyes are not judged. */
const ASIDE_DEGREES = 15
/** A frame that was made so long after the telling may be the first to come, and need not be a still one. */
export const UNSEEN_MS = 800

export const findGesture = (challenge: Challenge, readings: readonly Reading[]): Gesture => {
  switch (challenge) {
    case 'turn_left':
      return findTurn(readings, 1)
    case 'turn_right':
      return findTurn(readings, -1)
    case 'nod':
      return findNod(readings)
    case 'blink':
      return findBlink(readings)
    case 'smile':
      return findSmile(readings)
  }
}

const after = <T>(items: readonly T[], from: number, is: (item: T) => boolean): number =>
  items.findIndex((item, index) => index >= from && is(item))

/** Index, null where there is none. */
const found = (index: number): number | null => (index < 0 ? null : index)

/** The first frame of a movement counts from here: one of a settled head, or the first where none could be seen. */
const beginOf = (readings: readonly Reading[], isSettled: (reading: Reading) => boolean): number => {
  const first = readings.findIndex(isSettled)
  return first < 0 && readings[0]?.sinceMs >= UNSEEN_MS ? 0 : first
}

const findTurn = (readings: readonly Reading[], sign: 1 | -1): Gesture => {
  const values = readings.map(({ yaw }) => sign * yaw)
  // The head may still be turned the other way, by the movement before.
  const begin = beginOf(readings, ({ yaw }) => sign * yaw < SETTLED.yaw)
  const back = values.findIndex(value => Math.abs(value) < SETTLED.yaw)
  const onset = begin < 0 ? -1 : after(values, begin, value => value >= TURN_DEGREES)
  const wrong = back < 0 ? -1 : after(values, back, value => value <= -TURN_DEGREES)
  const isWrong = wrong >= 0 && (onset < 0 || wrong < onset)
  const most = Math.max(...values)
  return {
    // Where it was not made after a rest, it may have been there from the first.
    onset: found(onset < 0 ? after(values, 0, value => value >= TURN_DEGREES) : onset),
    peak: onset < 0 ? null : values.indexOf(Math.max(...values.slice(onset)), onset),
    done: isWrong ? null : found(onset),
    value: most,
    threshold: TURN_DEGREES,
    other: isWrong ? (sign > 0 ? 'turn_right' : 'turn_left') : null,
  }
}

const findNod = (readings: readonly Reading[]): Gesture => {
  const values = readings.map(({ pitch }) => Math.abs(pitch))
  const isSettled = ({ yaw, pitch }: Reading): boolean => Math.abs(pitch) < SETTLED.pitch && Math.abs(yaw) < SETTLED.yaw
  const isLeaning = ({ yaw, pitch }: Reading): boolean => Math.abs(pitch) >= NOD_DEGREES && Math.abs(yaw) < SETTLED.yaw
  const begin = beginOf(readings, isSettled)
  const onset = begin < 0 ? -1 : after(values, begin, value => value >= NOD_DEGREES)
  const back = onset < 0 ? -1 : after(values, onset, value => value < SETTLED.pitch)
  const wrong = begin < 0 ? -1 : after(readings, begin, ({ yaw }) => Math.abs(yaw) >= TURN_DEGREES)
  // A turned head seems to lean: no nod is seen while it turns.
  const isWrong = wrong >= 0 && (back < 0 || wrong < back)
  return {
    // A head that is still turned, by the movement before, seems to lean: that is no nod that was there from the first.
    onset: found(onset < 0 ? after(readings, 0, isLeaning) : onset),
    peak: back < 0 ? null : values.indexOf(Math.max(...values.slice(onset, back)), onset),
    done: isWrong ? null : found(back),
    value: Math.max(...values),
    threshold: NOD_DEGREES,
    other: isWrong ? nameOfTurn(readings[wrong]) : null,
  }
}

const nameOfTurn = ({ yaw }: Reading): string => (yaw > 0 ? 'turn_left' : 'turn_right')

const isAhead = ({ yaw, pitch }: Reading): boolean => Math.abs(yaw) < ASIDE_DEGREES && Math.abs(pitch) < ASIDE_DEGREES

/** A movement of the head, begun in this step, in the place of one of eyes or mouth; -1 where there is none. */
const findStray = (readings: readonly Reading[]): number => {
  const begin = readings.findIndex(({ yaw, pitch }) => Math.abs(yaw) < SETTLED.yaw && Math.abs(pitch) < SETTLED.yaw)
  if (begin < 0) return -1
  return after(readings, begin, ({ yaw, pitch }) => Math.abs(yaw) >= TURN_DEGREES || Math.abs(pitch) >= STRAYED_PITCH)
}

const nameOfStray = (reading: Reading): string => (Math.abs(reading.yaw) >= TURN_DEGREES ? nameOfTurn(reading) : 'nod')

/** A head that nods, or a picture that is tilted, has narrow eyes too. */
const isUnmoved = (reading: Reading, before: Reading): boolean =>
  Math.abs(reading.pitch - before.pitch) < BLINK_DEGREES &&
  Math.abs(reading.yaw - before.yaw) < BLINK_DEGREES &&
  Math.abs(reading.proportion / before.proportion - 1) < BLINK_PROPORTION

const findBlink = (readings: readonly Reading[]): Gesture => {
  const values = readings.map(reading => (isAhead(reading) ? reading.eyes : Number.NaN))
  const seen = values.filter(value => !Number.isNaN(value)).sort((one, other) => one - other)
  // Eyes are open most of the time: the upper quartile is these eyes open.
  const open = seen[Math.floor(0.75 * seen.length)] ?? Number.NaN
  const isOpen = (value: number): boolean => value >= OPEN_EYES * open
  const first = values.findIndex(isOpen)
  const isClosed = (value: number, index: number): boolean =>
    first >= 0 && index > first && value <= CLOSED_EYES * open && isUnmoved(readings[index], readings[first])
  const onset = values.findIndex(isClosed)
  const again = onset < 0 ? -1 : after(values, onset, isOpen)
  const stray = findStray(readings)
  const isWrong = stray >= 0 && (again < 0 || stray < again)
  const least = seen.length === 0 ? 1 : seen[0] / open
  return {
    onset: found(onset),
    peak: found(onset),
    done: isWrong ? null : found(again),
    value: least,
    threshold: CLOSED_EYES,
    other: isWrong ? nameOfStray(readings[stray]) : null,
  }
}

const findSmile = (readings: readonly Reading[]): Gesture => {
  const values = readings.map(reading => (isAhead(reading) ? reading.mouth : Number.NaN))
  const seen = values.filter(value => !Number.isNaN(value)).sort((one, other) => one - other)
  // Who smiled for the portrait already has a mouth at rest in the step's frames; its second narrowest, as the mesh errs.
  const neutral = Math.min(1, seen[1] ?? 1)
  const isWide = (value: number): boolean => value >= SMILE_WIDTH * neutral
  const begin = beginOf(readings, ({ mouth }) => mouth < SMILE_WIDTH * neutral)
  const onset =
    begin < 0 ? -1 : values.findIndex((value, index) => index >= begin && isWide(value) && isWide(values[index + 1]))
  const stray = findStray(readings)
  const isWrong = stray >= 0 && (onset < 0 || stray < onset)
  return {
    onset: found(onset < 0 && begin !== 0 ? after(values, 0, isWide) : onset),
    peak: found(onset),
    done: isWrong || onset < 0 ? null : onset + 1,
    value: (seen.at(-1) ?? 0) / neutral,
    threshold: SMILE_WIDTH,
    other: isWrong ? nameOfStray(readings[stray]) : null,
  }
}
