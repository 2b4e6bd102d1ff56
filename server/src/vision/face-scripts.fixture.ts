// What is done before the camera, as scripts: a portrait and then the movements asked for, and the attacks that a capture
// session must refuse. For tests and camera files.
import type { Challenge } from '../core/session-types.ts'
import { type FrameState, NEUTRAL, type Script } from './face-sequences.fixture.ts'
import { smoothStep } from './face-surface.fixture.ts'

/** A portrait of this long, then each movement in a step of its own. */
export const PORTRAIT_MS = 600
export const STEP_MS = 2400
/** Within a step: when the movement begins, how long it takes to come and to go, and how long it stays. */
const REACTION_MS = 600
const MOVE_MS = 450
const HOLD_MS = 450
const BLINK_MOVE_MS = 120

/** What a movement is at its height. */
const PEAKS: Readonly<Record<Challenge, Partial<FrameState>>> = {
  // Yaw is the viewer's right, which is the person's left.
  turn_left: { yaw: 30 },
  turn_right: { yaw: -30 },
  nod: { pitch: -20 },
  blink: { closed: 1 },
  smile: { smile: 1 },
}

/** A person who does what is asked: still for the portrait, then one movement a step. */
export const movementsOf = (challenges: readonly Challenge[], base: Partial<FrameState> = {}): Script =>
  scriptOf(challenges, (challenge, height) => ({ ...NEUTRAL, ...base, ...scaled(PEAKS[challenge], height) }))

/** How a photograph is held: degrees, as in `FrameState`. */
export interface Sheet {
  /** At rest, against the movement's direction, and at its height. */
  readonly from?: number
  readonly to: number
  /** At rest, and at the movement's height. */
  readonly bent?: number
  readonly bends?: number
}

/** Head movements tried with a photograph, which is tilted and bent. */
export const sheetMovementsOf = (
  challenges: readonly Challenge[],
  { from = 0, to, bent = 0, bends = bent }: Sheet,
): Script =>
  scriptOf(challenges, (challenge, height) => {
    const { yaw = 0, pitch = 0 } = PEAKS[challenge]
    const tilt = height * (to + from) - from
    return {
      ...NEUTRAL,
      isSheet: true,
      yaw: Math.sign(yaw) * tilt,
      pitch: Math.sign(pitch) * tilt,
      bend: bent + height * (bends - bent),
    }
  })

/** A photograph that is shifted, turned and brought nearer before the camera. */
export const shiftsOf = (challenges: readonly Challenge[]): Script =>
  scriptOf(challenges, (_, height) => ({
    ...NEUTRAL,
    isSheet: true,
    shiftX: 60 * height,
    shiftY: -15 * height,
    roll: 8 * height,
    scale: 1 + 0.1 * height,
  }))

/** A photograph that is held still. */
export const stillnessOf = (challenges: readonly Challenge[]): Script =>
  scriptOf(challenges, () => ({ ...NEUTRAL, isSheet: true }))

/** The script until then, and from then on the same with another picture. */
export const changedAt = (script: Script, atMs: number, picture = 1): Script => ({
  durationMs: script.durationMs,
  at: time => ({ ...script.at(time), picture: time < atMs ? 0 : picture }),
})

/** `draw` gets how far the step's movement has come, from 0 to 1 and back. */
const scriptOf = (
  challenges: readonly Challenge[],
  draw: (challenge: Challenge, height: number) => FrameState,
): Script => ({
  durationMs: PORTRAIT_MS + challenges.length * STEP_MS,
  at: time => {
    const step = Math.floor((time - PORTRAIT_MS) / STEP_MS)
    if (step < 0) return draw(challenges[0], 0)
    const challenge = challenges[Math.min(step, challenges.length - 1)]
    return draw(challenge, heightAt(time - PORTRAIT_MS - step * STEP_MS, challenge))
  },
})

const heightAt = (time: number, challenge: Challenge): number => {
  const moveMs = challenge === 'blink' ? BLINK_MOVE_MS : MOVE_MS
  const since = time - REACTION_MS
  const coming = smoothStep(since / moveMs)
  const going = smoothStep((since - moveMs - HOLD_MS) / moveMs)
  return coming - going
}

const scaled = (peak: Partial<FrameState>, height: number): Partial<FrameState> =>
  Object.fromEntries(Object.entries(peak).map(([name, value]) => [name, (value as number) * height]))
