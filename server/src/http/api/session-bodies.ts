// Wire schemas of capture sessions, and the maps from core values to them. Pure.
import { z } from 'zod'
import type { SignedResult as CoreResult } from '../../core/session-results.ts'
import {
  type CaptureSession,
  CHALLENGES,
  COLOUR_SCHEMES,
  SESSION_LANGUAGES,
  SESSION_LIVENESS,
  SESSION_PURPOSES,
  SESSION_STATES,
} from '../../core/session-types.ts'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { Id, Instant, Metadata, Similarity } from './schemas.ts'

const { minSessionSeconds, maxSessionSeconds, maxReturnUrlCharacters, maxIframeOrigins } = DEFAULT_LIMITS
const MAX_ORIGIN_CHARACTERS = 300
const Address = z.string().min(1).max(maxReturnUrlCharacters)

export const NewSession = z
  .strictObject({
    purpose: z.enum(SESSION_PURPOSES).meta({
      description:
        'What a passed session does with the face: enrol stores it in the gallery, verify compares it with the subject, search looks for it in the gallery, liveness does nothing more.',
    }),
    gallery: Id.optional().meta({ description: 'Needed for enrol, verify and search; refused for liveness.' }),
    subject: Id.optional().meta({
      description: 'Needed for verify; for enrol made when absent; refused for search and liveness.',
    }),
    metadata: Metadata.optional().meta({ description: 'Of the new subject, for enrol: flat, at most 16 KB of JSON.' }),
    liveness: z.enum(SESSION_LIVENESS).optional().meta({
      description:
        'passive: a network judges the frame; active: two movements that the server chooses; both (default). Where the server judges no liveness the default is active, and the others are refused.',
    }),
    uploadAllowed: z.boolean().optional().meta({
      description:
        'Whether the person may send a file in the place of the camera; only with passive liveness. Default false.',
    }),
    threshold: Similarity.optional().meta({
      description: 'Least similarity for verify and search; as those calls have it when absent.',
    }),
    returnUrl: Address.optional().meta({
      description:
        'Where the page goes after a pass: https, http or a scheme of an app, with a host (https://shop.example/done, myapp://done).',
    }),
    failReturnUrl: Address.optional().meta({ description: 'Where the page goes after any other end.' }),
    callbackUrl: Address.optional().meta({
      description: "Told of the session's end by a POST, in the place of the tenant's webhook; http or https.",
    }),
    language: z.enum(SESSION_LANGUAGES).optional().meta({ description: "The browser's when absent." }),
    colourScheme: z
      .enum(COLOUR_SCHEMES)
      .optional()
      .meta({ description: 'auto, the default, is as the device has it.' }),
    iframeOrigins: z.array(z.string().min(1).max(MAX_ORIGIN_CHARACTERS)).max(maxIframeOrigins).optional().meta({
      description:
        'Origins that may show the page in an iframe (https://shop.example), or "*" alone for any. None when absent.',
    }),
    expiresInSeconds: z.int().min(minSessionSeconds).max(maxSessionSeconds).optional().meta({
      description: `Seconds until it ends by itself; 1800 when absent.`,
    }),
  })
  .meta({ id: 'NewSession' })

const facts = {
  id: Id,
  purpose: z.enum(SESSION_PURPOSES),
  state: z.enum(SESSION_STATES).meta({
    description:
      'created; started: a person has begun; submitted: handed in and being judged; passed; failed: the person may begin again until "ended"; expired: never judged in time.',
  }),
  ended: z.boolean().meta({ description: 'Whether nothing more can come.' }),
  gallery: z.string().nullable(),
  subject: z.string().nullable().meta({ description: 'As asked for; of a passed enrolment, the subject enrolled.' }),
  livenessMode: z.enum(SESSION_LIVENESS),
  attempts: z.int().meta({ description: 'Tries that were begun.' }),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  submittedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  expiresAt: Instant,
  clearedAt: Instant.nullable().meta({
    description: 'When frames and everything learnt of the face were deleted; null while they are kept.',
  }),
}

export const SessionSummary = z
  .object({ ...facts, reasons: z.array(z.string()).meta({ description: 'Names of the reasons of the last try.' }) })
  .meta({ id: 'SessionSummary' })

export const CreatedSession = z
  .object({
    ...facts,
    url: z.string().meta({
      description:
        'One-time address of the capture page, shown this once: the first browser that begins has it to itself. Whoever has it can be captured in the place of the person.',
    }),
  })
  .meta({ id: 'CreatedSession' })

const Reason = z
  .object({
    name: z.string().meta({ description: 'Stable: a reason of sessions or the name of a finding.' }),
    message: z.string().meta({ description: 'For people, in English.' }),
    value: z.number().optional(),
    threshold: z.number().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'SessionReason' })

const SessionLivenessBody = z
  .object({
    score: z.number().meta({ description: "0-1, higher is more live, on the model's own scale." }),
    threshold: z.number().meta({ description: 'Least score that is live, on the same scale.' }),
    live: z.boolean(),
    model: z.string(),
  })
  .meta({ id: 'SessionLiveness' })

/** As `Instant`, and checked: it is also taken. */
const Moment = z.iso.datetime().meta({ description: 'RFC 3339, UTC' })

export const SignedResult = z
  .strictObject({
    result: z.strictObject({
      id: z.string(),
      session: Id,
      purpose: z.enum(SESSION_PURPOSES),
      region: z.string(),
      gallery: z.string().nullable(),
      subject: z.string().nullable(),
      sha256: z.string().meta({ description: 'Of the judged frame as it was sent, lower-case hexadecimal.' }),
      livenessMode: z.enum(SESSION_LIVENESS),
      livenessModel: z.string().nullable(),
      judgedAt: Moment,
      expiresAt: Moment.meta({ description: 'Until when it is good for an enrolment.' }),
    }),
    signature: z.strictObject({ algorithm: z.literal('Ed25519'), keyId: z.string(), value: z.string() }),
  })
  .meta({
    id: 'SignedSessionResult',
    description:
      'Ed25519 over the canonical JSON (RFC 8785) of "result", by a key of GET /v1/receipts/keys. An enrolment takes it as "captureResult".',
  })

export const SessionBody = z
  .object({
    ...facts,
    reasons: z.array(Reason),
    liveness: SessionLivenessBody.nullable().meta({
      description: 'Of the judged frame; null where it was not judged.',
    }),
    match: z.object({ similarity: Similarity, threshold: Similarity }).nullable().meta({ description: 'Of verify.' }),
    candidates: z
      .array(z.object({ subjectId: Id, faceId: Id, similarity: Similarity }))
      .nullable()
      .meta({ description: 'Of a passed search, best first; empty where nobody resembles the face.' }),
    faceId: z.string().nullable().meta({ description: 'Of the face that was enrolled.' }),
    picture: z
      .object({ mediaType: z.string(), bytes: z.int(), sha256: z.string() })
      .nullable()
      .meta({ description: 'The judged frame, as GET …/picture answers it.' }),
    events: z
      .array(z.object({ challenge: z.enum(['portrait', ...CHALLENGES]), met: z.boolean(), at: Instant }))
      .meta({ description: 'How the steps of the judged try went.' }),
    result: SignedResult.nullable().meta({ description: 'Of a passed session until it is cleared.' }),
  })
  .meta({ id: 'Session' })

const toFacts = (session: CaptureSession) => {
  const { id, purpose, state, ended, galleryId, subjectId, liveness, attempt, verdict } = session
  return {
    ...{ id, purpose, state, ended },
    gallery: galleryId,
    subject: subjectId ?? (state === 'passed' ? (verdict?.subjectId ?? null) : null),
    livenessMode: liveness,
    attempts: attempt?.number ?? 0,
    createdAt: session.createdAt.toISOString(),
    startedAt: session.startedAt?.toISOString() ?? null,
    submittedAt: session.submittedAt?.toISOString() ?? null,
    endedAt: session.endedAt?.toISOString() ?? null,
    expiresAt: session.expiresAt.toISOString(),
    clearedAt: session.clearedAt?.toISOString() ?? null,
  }
}

export const toSessionSummary = (session: CaptureSession): z.infer<typeof SessionSummary> => ({
  ...toFacts(session),
  reasons: session.reasons.map(({ name }) => name),
})

export const toCreatedSession = (session: CaptureSession, url: string): z.infer<typeof CreatedSession> => ({
  ...toFacts(session),
  url,
})

export const toSessionBody = (session: CaptureSession, result: CoreResult | null): z.infer<typeof SessionBody> => {
  const { purpose, state, verdict, reasons } = session
  const { liveness = null, similarity = null, threshold = null, frame = null } = verdict ?? {}
  return {
    ...toFacts(session),
    reasons: reasons.map(reason => ({ ...reason, details: reason.details && { ...reason.details } })),
    liveness,
    match: similarity === null || threshold === null ? null : { similarity, threshold },
    candidates: purpose === 'search' && state === 'passed' && verdict ? verdict.candidates.map(toCandidate) : null,
    faceId: verdict?.faceId ?? null,
    // The facts outlive the frame itself.
    picture:
      frame && !session.clearedAt ? { mediaType: frame.mediaType, bytes: frame.bytes, sha256: frame.sha256 } : null,
    events: (verdict?.events ?? []).map(({ challenge, met, at }) => ({ challenge, met, at: at.toISOString() })),
    result,
  }
}

type CandidateBody = { subjectId: string; faceId: string; similarity: number }
const toCandidate = ({ subjectId, faceId, similarity }: CandidateBody): CandidateBody => ({
  subjectId,
  faceId,
  similarity,
})
