// The words of capture sessions: one person's visit to the hosted capture page. No behaviour, no SQL, no HTTP.
import type { Metadata, Protocol } from './types.ts'

/** What a passed session does with the face: stores it, compares it, looks for it, or nothing more. */
export const SESSION_PURPOSES = ['enrol', 'verify', 'search', 'liveness'] as const
export type SessionPurpose = (typeof SESSION_PURPOSES)[number]

/**
 * Made; begun by a person; handed in and being judged; judged well; judged badly (the person may begin again until the
 * session ends); run out before it was judged.
 */
export const SESSION_STATES = ['created', 'started', 'submitted', 'passed', 'failed', 'expired'] as const
export type SessionState = (typeof SESSION_STATES)[number]

/** One network's opinion of one frame, movements that the server chooses, or both. */
export const SESSION_LIVENESS = ['passive', 'active', 'both'] as const
export type SessionLiveness = (typeof SESSION_LIVENESS)[number]

/** Left and right are the person's own. */
export const CHALLENGES = ['turn_left', 'turn_right', 'blink', 'smile', 'nod'] as const
export type Challenge = (typeof CHALLENGES)[number]
/** Those that move the head, which a flat picture cannot follow. */
export const HEAD_CHALLENGES: readonly Challenge[] = ['turn_left', 'turn_right', 'nod']

export const SESSION_LANGUAGES = ['en', 'id', 'th', 'vi', 'fil', 'ms', 'es'] as const
export type SessionLanguage = (typeof SESSION_LANGUAGES)[number]

export const COLOUR_SCHEMES = ['auto', 'light', 'dark'] as const
export type ColourScheme = (typeof COLOUR_SCHEMES)[number]

/** Why a try did not pass, beside the names of findings (findings.ts). */
export const SESSION_REASONS = [
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
export type SessionReasonName = (typeof SESSION_REASONS)[number]

/** One reason, for the backend; the page gets its name alone, and a sentence of its own language. */
export interface SessionReason {
  /** One of `SESSION_REASONS`, or the name of a finding ("blur", "mask"). */
  readonly name: string
  readonly message: string
  readonly value?: number
  readonly threshold?: number
  readonly details?: Readonly<Record<string, unknown>>
}

/** What the person is asked for; the first of a try is always the portrait, whose best frame is judged. */
export interface SessionStep {
  /** Random; frames name it. */
  readonly id: string
  readonly challenge: 'portrait' | Challenge
  readonly revealedAt: Date
}

/** One try. What is to come is known to the server alone. */
export interface SessionAttempt {
  /** Counts from 1. */
  readonly number: number
  /** Random; every frame of the try names it. */
  readonly nonce: string
  readonly startedAt: Date
  /** All challenges of the try, in their order; the page is told one at a time. */
  readonly challenges: readonly Challenge[]
  /** Those that were told. */
  readonly steps: readonly SessionStep[]
}

/** How one step of the judged try went. */
export interface SessionEvent {
  readonly challenge: 'portrait' | Challenge
  readonly met: boolean
  /** When it was seen to be met, or when the try ended. */
  readonly at: Date
}

export interface SessionCandidate {
  readonly subjectId: string
  readonly faceId: string
  readonly similarity: number
}

/** What was judged, of the last try that was handed in. Sealed in the store. */
export interface SessionVerdict {
  readonly judgedAt: Date
  /** The frame that was judged, matched, enrolled and kept; null where none showed one face. */
  readonly frame: {
    readonly blobKey: string
    readonly mediaType: string
    readonly bytes: number
    /** SHA-256 of the encoded frame, lower-case hexadecimal. */
    readonly sha256: string
    readonly at: Date
  } | null
  /** Of the judged frame, unit vector of `pack`; null without a frame. */
  readonly template: Float32Array | null
  /** "id@version". */
  readonly pack: string | null
  /** 0-1 with the model's own threshold; null where it was not judged. */
  readonly liveness: {
    readonly score: number
    readonly threshold: number
    readonly live: boolean
    readonly model: string
  } | null
  readonly events: readonly SessionEvent[]
  /** Of a verification: 0-100; null where nothing was compared. */
  readonly similarity: number | null
  readonly threshold: number | null
  /** Of a search, best first. */
  readonly candidates: readonly SessionCandidate[]
  /** Of an enrolment, or what a protocol enrolled afterwards. */
  readonly faceId: string | null
  /** Of an enrolment where the caller gave none. */
  readonly subjectId: string | null
}

/** What the caller asked for. Never changed. */
export interface SessionRequest {
  readonly purpose: SessionPurpose
  readonly galleryId: string | null
  readonly subjectId: string | null
  /** Of a new subject. */
  readonly metadata: Metadata | null
  readonly liveness: SessionLiveness
  /** Whether a file may be sent in the place of the camera; never with active liveness. */
  readonly uploadAllowed: boolean
  /** Least similarity of verify and search; null: as those calls have it. */
  readonly threshold: number | null
  readonly returnUrl: string | null
  readonly failReturnUrl: string | null
  readonly callbackUrl: string | null
  /** Null: the browser's. */
  readonly language: SessionLanguage | null
  readonly colourScheme: ColourScheme
  /** Origins that may show the page in an iframe; "*" alone for any; none: it is no part of another page. */
  readonly iframeOrigins: readonly string[]
  /** What a protocol remembers of its call; small. */
  readonly details: Readonly<Record<string, unknown>> | null
}

export interface CaptureSession extends SessionRequest {
  readonly id: string
  readonly tenantId: string
  /** The credential that made it. */
  readonly credentialId: string
  readonly protocol: Protocol
  /** By which a protocol other than the native one names it. */
  readonly publicId: string | null
  readonly state: SessionState
  /** Whether nothing more can come: passed, expired, or failed and over. */
  readonly ended: boolean
  readonly reasons: readonly SessionReason[]
  readonly attempt: SessionAttempt | null
  /** When tries failed, oldest first; those that the lock looks at. */
  readonly failures: readonly Date[]
  readonly verdict: SessionVerdict | null
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly startedAt: Date | null
  readonly submittedAt: Date | null
  readonly endedAt: Date | null
  /** When its frames and what was learnt of the face were deleted; null while they are there. */
  readonly clearedAt: Date | null
  /** Grows with every change; a change names the one that it saw. */
  readonly revision: number
}

/** A frame that the page sent. Its bytes lie in the blob store, sealed. */
export interface SessionFrame {
  readonly sessionId: string
  readonly attempt: number
  readonly stepId: string
  /** Counts from 1 within a try. */
  readonly sequence: number
  readonly source: 'camera' | 'upload'
  /** By the page's clock, milliseconds from the start of the try. */
  readonly atMs: number
  readonly receivedAt: Date
  readonly blobKey: string
  readonly mediaType: string
  readonly bytes: number
  /** SHA-256 of the encoded frame, lower-case hexadecimal. */
  readonly sha256: string
}

/** A notice to the caller's own server that a session has ended, kept until it is taken or given up. */
export interface Delivery {
  readonly id: string
  readonly tenantId: string
  readonly sessionId: string
  /** The session's own callback, or the tenant's webhook (which is looked up when it is sent). */
  readonly kind: 'callback' | 'webhook'
  readonly url: string | null
  /** Who is told, as a digest that says nothing of where: those of one receiver go one after another. */
  readonly receiver: string
  readonly body: string
  /** Tries so far. */
  readonly tries: number
  readonly nextAt: Date
  readonly lastError: string | null
  readonly createdAt: Date
}
