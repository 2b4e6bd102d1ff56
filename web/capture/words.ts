// What the server and the page say to each other, as the page needs it. The lists repeat the server's on purpose (the page
// imports none of its code); words.test.ts compares them. No behaviour.

export const LANGUAGES = ['en', 'id', 'th', 'vi', 'fil', 'ms', 'es'] as const
export type Language = (typeof LANGUAGES)[number]

export const CHALLENGES = ['turn_left', 'turn_right', 'blink', 'smile', 'nod'] as const
/** Left and right are the person's own. */
export type Challenge = (typeof CHALLENGES)[number]

/** How many movements a try with active liveness asks for; only the progress bar relies on it. */
export const CHALLENGES_PER_TRY = 2

export const PURPOSES = ['enrol', 'verify', 'search', 'liveness'] as const
export type Purpose = (typeof PURPOSES)[number]

/** Why a try did not pass. */
export const REASONS = [
  'no_face',
  'several_faces',
  'not_live',
  'challenge_not_met',
  'challenge_too_fast',
  'still_picture',
  'flat_picture',
  'frames_repeated',
  'frames_replayed',
  'frames_missing',
  'different_person',
  'not_matched',
  'not_enrolled',
  'picture_unusable',
  'too_many_failures',
  'gave_up',
] as const
export type Reason = (typeof REASONS)[number]

/** What may be wrong with the picture itself. */
export const FINDINGS = [
  'blur',
  'dark',
  'grayscale',
  'sharpness',
  'luminance',
  'overExposure',
  'underExposure',
  'dynamicRange',
  'naturalColour',
  'illuminationUniformity',
  'interEyeDistance',
  'headSize',
  'marginLeft',
  'marginRight',
  'marginAbove',
  'marginBelow',
  'poseYaw',
  'posePitch',
  'poseRoll',
  'eyesOpen',
  'mouthClosed',
  'expressionNeutral',
  'faceOcclusion',
  'compression',
  'singleFace',
  'backgroundUniformity',
  'unifiedQuality',
  'mask',
  'sunglasses',
  'eyeglasses',
  'hat',
  'veil',
  'faceBlocker',
  'notLive',
  'severalFaces',
] as const
export type Finding = (typeof FINDINGS)[number]

export type SessionState = 'created' | 'started' | 'submitted' | 'passed' | 'failed' | 'expired'

/** What the server tells of the session; never a score. */
export interface SessionView {
  readonly state: SessionState
  readonly ended: boolean
  readonly purpose: Purpose
  readonly liveness: 'passive' | 'active' | 'both'
  readonly language: string | null
  readonly colourScheme: 'auto' | 'light' | 'dark'
  readonly uploadAllowed: boolean
  /** RFC 3339. */
  readonly expiresAt: string
  readonly attempt: number | null
  readonly reasons: readonly { readonly name: string }[]
  readonly canRetry: boolean
  /** Where to go once it has ended. */
  readonly returnUrl: string | null
  /** What the page around this one is told at the end; null: the page says it in its own words. */
  readonly endCode: string | null
  readonly isEmbedded: boolean
  readonly iframeOrigins: readonly string[]
}

export interface StartedTry {
  /** The key that takes the place of the one-time token; null where it is known already. */
  readonly visit: string | null
  readonly attempt: number
  readonly nonce: string
  /** How many portraits may be sent. */
  readonly portraits: number
  readonly stepMs: number
  readonly frameIntervalMs: number
}

export interface Step {
  readonly id: string
  readonly challenge: 'portrait' | Challenge
}

export interface Frame {
  readonly nonce: string
  readonly step: string
  /** Counts from 1 within a try. */
  readonly sequence: number
  /** Milliseconds from the start of the try. */
  readonly atMs: number
  readonly source: 'camera' | 'upload'
  readonly picture: Blob
}
