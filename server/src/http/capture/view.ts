// What the capture page learns of its session: never a score, a candidate or whom it is about. Pure.
import { z } from 'zod'
import {
  type CaptureSession,
  COLOUR_SCHEMES,
  SESSION_LANGUAGES,
  SESSION_LIVENESS,
  SESSION_PURPOSES,
  SESSION_STATES,
} from '../../core/session-types.ts'

export const CaptureView = z.strictObject({
  state: z.enum(SESSION_STATES),
  ended: z.boolean(),
  purpose: z.enum(SESSION_PURPOSES),
  liveness: z.enum(SESSION_LIVENESS),
  language: z.enum(SESSION_LANGUAGES).nullable(),
  colourScheme: z.enum(COLOUR_SCHEMES),
  uploadAllowed: z.boolean(),
  expiresAt: z.string(),
  /** Counts from 1; null before the first. */
  attempt: z.int().nullable(),
  reasons: z.array(z.strictObject({ name: z.string() })),
  canRetry: z.boolean(),
  /** Where the person goes once the session has ended. */
  returnUrl: z.string().nullable(),
  /** What a page around this one is told at the end in the words of the protocol that asked; null: the page's own words. */
  endCode: z.string().nullable(),
  isEmbedded: z.boolean(),
  iframeOrigins: z.array(z.string()),
})
export type CaptureView = z.infer<typeof CaptureView>

/** The word of a session's own protocol for how it ended; null where that has none. */
export type EndCodeOf = (session: CaptureSession) => string | null

export const toView = (session: CaptureSession, endCodeOf: EndCodeOf): CaptureView => {
  const { state, ended, purpose, liveness, language, colourScheme, uploadAllowed, attempt, reasons, iframeOrigins } =
    session
  return {
    ...{ state, ended, purpose, liveness, language, colourScheme, uploadAllowed },
    expiresAt: session.expiresAt.toISOString(),
    attempt: attempt?.number ?? null,
    reasons: reasons.map(({ name }) => ({ name })),
    canRetry: state === 'failed' && !ended,
    returnUrl: returnUrlOf(session),
    endCode: ended ? endCodeOf(session) : null,
    isEmbedded: iframeOrigins.length > 0,
    iframeOrigins: [...iframeOrigins],
  }
}

const returnUrlOf = ({ ended, state, returnUrl, failReturnUrl }: CaptureSession): string | null =>
  ended ? (state === 'passed' ? returnUrl : failReturnUrl) : null
