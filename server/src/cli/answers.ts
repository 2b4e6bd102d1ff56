// What the commands read of the server's answers; the whole of each is in the API reference.
import type { EnrolmentPolicy } from '../core/types.ts'

export interface ScoreAnswer {
  readonly similarity: number
  readonly falseMatchRate: number
  readonly extrapolated: boolean
}

export interface Candidate extends ScoreAnswer {
  readonly galleryId: string
  readonly subjectId: string
  readonly faceId: string
  readonly metadata: Readonly<Record<string, string | number | boolean | null>>
}

export interface SearchAnswer {
  readonly candidates: readonly Candidate[]
  readonly threshold: number
  readonly gallerySize: number
}

export interface MatchAnswer extends ScoreAnswer {
  readonly match: boolean
  readonly threshold: number
}

export interface DetectAnswer {
  readonly image: { readonly width: number; readonly height: number }
  readonly faces: readonly {
    readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
    readonly confidence: number
    readonly pose: { readonly yaw: number; readonly pitch: number; readonly roll: number }
  }[]
}

/** A face like the one that was enrolled, of another person. */
export interface DuplicateAnswer {
  readonly subjectId: string
  readonly faceId: string
  readonly similarity: number
}

export interface EnrolAnswer {
  readonly duplicates: readonly DuplicateAnswer[]
}

export type PolicyAnswer = EnrolmentPolicy

export interface GalleryAnswer {
  readonly id: string
  readonly code: string
  readonly name: string | null
  readonly description: string | null
  readonly pack: string
  readonly policy: PolicyAnswer
  readonly revision: number
  readonly subjectCount: number
  readonly faceCount: number
  readonly createdAt: string
  readonly updatedAt: string
}

export interface PageAnswer<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

/** RFC 9457, as far as the command line shows it. */
export interface ProblemAnswer {
  readonly code: string
  readonly detail: string
}

export interface SessionSummaryAnswer {
  readonly id: string
  readonly purpose: string
  readonly state: string
  readonly ended: boolean
  readonly gallery: string | null
  readonly subject: string | null
  readonly attempts: number
  readonly createdAt: string
  readonly endedAt: string | null
  readonly expiresAt: string
  readonly clearedAt: string | null
  readonly reasons: readonly string[]
}

export interface CreatedSessionAnswer extends Omit<SessionSummaryAnswer, 'reasons'> {
  readonly url: string
}

export interface SessionAnswer extends Omit<SessionSummaryAnswer, 'reasons'> {
  readonly reasons: readonly { readonly name: string; readonly message: string }[]
  readonly liveness: { readonly score: number; readonly threshold: number } | null
  readonly match: { readonly similarity: number; readonly threshold: number } | null
  readonly candidates: readonly { readonly subjectId: string; readonly similarity: number }[] | null
  readonly faceId: string | null
}

export interface WebhookAnswer {
  readonly url: string
  readonly algorithm: string
  readonly createdAt: string
}

export interface NewWebhookAnswer extends WebhookAnswer {
  readonly secret: string
}
