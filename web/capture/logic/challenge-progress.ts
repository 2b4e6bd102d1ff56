// Follows one movement: at rest, out, and back. Pure. The server judges for itself; this only tells when to go on.
import type { Challenge } from '../words.ts'
import type { FaceMeasures } from './face-measures.ts'

export interface Progress {
  readonly phase: 'waiting' | 'moved' | 'done'
  /** How far the movement has come, 0-1. */
  readonly amount: number
}

export interface ChallengeProgress {
  update(face: FaceMeasures | null): Progress
}

interface Movement {
  /** How far the face is from rest: 1 is enough. */
  readonly amountOf: (face: FaceMeasures, rest: FaceMeasures) => number
}

// What is enough, somewhat more than the server asks for (20 and 12 degrees, an eighth, a tenth): degrees of turning and
// nodding, and how much of the rest's openness or width is lost or won. On rendered sequences of server/src/vision a turn of
// 30 degrees measures 28, a nod of 20 measures 17, closed eyes lose 0.24, a wide smile wins 0.17; at rest these tremble by 2
// degrees and 0.05.
const TURN = 24
const NOD = 14
const BLINK = 0.15
const SMILE = 0.13
/** Degrees: a portrait that looks further aside counts as if it did not, as for the server. */
const FACING = 10
/** Back at rest, as a part of the whole movement. */
const BACK = 0.4

const facing = (yaw: number): number => Math.min(FACING, Math.max(-FACING, yaw))

const MOVEMENTS: Readonly<Record<Challenge, Movement>> = {
  turn_left: { amountOf: (face, rest) => (face.yaw - facing(rest.yaw)) / TURN },
  turn_right: { amountOf: (face, rest) => (facing(rest.yaw) - face.yaw) / TURN },
  nod: { amountOf: (face, rest) => Math.abs(face.pitch - rest.pitch) / NOD },
  blink: { amountOf: (face, rest) => (rest.eyeOpenness - face.eyeOpenness) / rest.eyeOpenness / BLINK },
  smile: { amountOf: (face, rest) => (face.mouthWidth - rest.mouthWidth) / rest.mouthWidth / SMILE },
}

/** @param rest the face as it was before, looking straight */
export const followChallenge = (challenge: Challenge, rest: FaceMeasures): ChallengeProgress => {
  let phase: Progress['phase'] = 'waiting'
  return {
    update: face => {
      // A face that is turned far away may not be seen for a moment: nothing is gained or lost by that.
      if (face === null) return { phase, amount: phase === 'waiting' ? 0 : 1 }
      const amount = Math.min(1, Math.max(0, MOVEMENTS[challenge].amountOf(face, rest)))
      if (phase === 'waiting' && amount >= 1) phase = 'moved'
      else if (phase === 'moved' && amount <= BACK) phase = 'done'
      return { phase, amount }
    },
  }
}
