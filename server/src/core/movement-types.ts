// What is known of the frames of a try when its movements are judged. No behaviour.

import type { Challenge, SessionEvent, SessionReason } from './session-types.ts'
import type { Box, Pose } from './types.ts'

/** [x, y, z] of the mesh in pixels; z grows away from the camera. */
export type FacePoints = readonly (readonly [number, number, number])[]

export interface ObservedFace {
  readonly box: Box
  readonly pose: Pose
  /** 468. */
  readonly points: FacePoints
  /** Unit vector of the pack whose calibration the judgement is given. */
  readonly template: Float32Array
}

export interface FrameObservation {
  /** Counts from 1 within a try. */
  readonly sequence: number
  readonly stepId: string
  readonly challenge: 'portrait' | Challenge
  /** By the page's clock, milliseconds from the start of the try. */
  readonly atMs: number
  /** By the server's clock, milliseconds from the start of the try. */
  readonly receivedAtMs: number
  /** Of the encoded frame, lower-case hexadecimal. */
  readonly sha256: string
  readonly width: number
  readonly height: number
  /** People in the frame. */
  readonly people: number
  /** The largest; null where there is none. */
  readonly face: ObservedFace | null
}

export interface StepTimes {
  readonly id: string
  readonly challenge: 'portrait' | Challenge
  /** By the server's clock, milliseconds from the start of the try. */
  readonly revealedAtMs: number
}

export interface MovementJudgement {
  /** None: a living person did what was asked. */
  readonly reasons: readonly SessionReason[]
  /** One a step, in their order. `atMs` is by the page's clock. */
  readonly events: readonly (Omit<SessionEvent, 'at'> & { readonly atMs: number })[]
}
