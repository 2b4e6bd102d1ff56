// Capture sessions as rows and back. What was learnt of the person, what the caller said of them, and addresses, which may
// hold what opens the caller's server, are sealed as "session:ID"; the rest is JSON beside the columns that are queried.
import type { Selectable } from 'kysely'
import type { FoundSession, NewSession, Vault } from '../core/ports.ts'
import type { CaptureSession, SessionAttempt, SessionVerdict } from '../core/session-types.ts'
import { bytesToTemplate, templateToBytes, toDate, toNumber } from './codec.ts'
import type { SessionsTable } from './session-schema.ts'

export type SessionRow = Selectable<SessionsTable>

const contextOf = (id: string): string => `session:${id}`

/** What never changes and says nothing of a person. */
type Request = Pick<
  CaptureSession,
  | 'credentialId'
  | 'purpose'
  | 'liveness'
  | 'uploadAllowed'
  | 'threshold'
  | 'language'
  | 'colourScheme'
  | 'iframeOrigins'
>
type Sealed = Pick<
  CaptureSession,
  'metadata' | 'details' | 'returnUrl' | 'failReturnUrl' | 'callbackUrl' | 'reasons'
> & { readonly verdict: Json<SessionVerdict> | null }
interface Progress {
  readonly attempt: Json<SessionAttempt> | null
  readonly failures: readonly string[]
  readonly startedAt: string | null
}

/** What is left of a value in JSON: instants are texts, and a template base64 of its float32 bytes, little-endian. */
type Json<T> = T extends Date | Float32Array
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Json<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Json<T[Key]> }
      : T

/** The tenant's key must be there: see `Vault.ensureTenant`. */
export function toSessionRow(vault: Vault, session: CaptureSession) {
  const sealed = Buffer.from(JSON.stringify(toSealed(session)), 'utf8')
  return {
    id: session.id,
    tenant_id: session.tenantId,
    protocol: session.protocol,
    public_id: session.publicId,
    state: session.state,
    ended: session.ended ? 1 : 0,
    attempt: session.attempt?.number ?? null,
    gallery_id: session.galleryId,
    subject_id: session.subjectId,
    enrolled_subject_id: session.verdict?.subjectId ?? null,
    created_at: session.createdAt.getTime(),
    expires_at: session.expiresAt.getTime(),
    submitted_at: session.submittedAt?.getTime() ?? null,
    ended_at: session.endedAt?.getTime() ?? null,
    cleared_at: session.clearedAt?.getTime() ?? null,
    revision: session.revision,
    request: JSON.stringify(toRequest(session)),
    progress: JSON.stringify(toProgress(session)),
    sealed: Buffer.from(vault.seal(session.tenantId, sealed, contextOf(session.id))),
  }
}

/** Hashes of the secrets of a new session, for its row. */
export const hashesOf = ({ tokenHash }: NewSession) => ({ token_hash: Buffer.from(tokenHash), visit_hash: null })

function toRequest(session: CaptureSession): Request {
  const { credentialId, purpose, liveness, uploadAllowed, threshold, language, colourScheme, iframeOrigins } = session
  return { credentialId, purpose, liveness, uploadAllowed, threshold, language, colourScheme, iframeOrigins }
}

/** Dates write themselves as texts. */
function toProgress({ attempt, failures, startedAt }: CaptureSession) {
  return { attempt, failures, startedAt }
}

function toSealed(session: CaptureSession) {
  const { metadata, details, returnUrl, failReturnUrl, callbackUrl, reasons, verdict } = session
  const template = verdict?.template && Buffer.from(templateToBytes(verdict.template)).toString('base64')
  const written = verdict && { ...verdict, template }
  return { metadata, details, returnUrl, failReturnUrl, callbackUrl, reasons, verdict: written }
}

/** The keys that sealed it must be loaded: see `openSessions`. */
function openSession(vault: Vault, row: SessionRow): FoundSession {
  const request: Request = JSON.parse(row.request)
  const progress: Progress = JSON.parse(row.progress)
  const opened = Buffer.from(vault.open(row.sealed, contextOf(row.id))).toString('utf8')
  const { verdict, ...told }: Sealed = JSON.parse(opened)
  return {
    ...request,
    ...told,
    id: row.id,
    tenantId: row.tenant_id,
    protocol: row.protocol,
    publicId: row.public_id,
    state: row.state,
    ended: toNumber(row.ended) === 1,
    galleryId: row.gallery_id,
    subjectId: row.subject_id,
    attempt: progress.attempt && toAttempt(progress.attempt),
    failures: progress.failures.map(toInstant),
    verdict: verdict && toVerdict(verdict),
    createdAt: toDate(row.created_at),
    expiresAt: toDate(row.expires_at),
    startedAt: progress.startedAt === null ? null : toInstant(progress.startedAt),
    submittedAt: toDateOrNull(row.submitted_at),
    endedAt: toDateOrNull(row.ended_at),
    clearedAt: toDateOrNull(row.cleared_at),
    revision: toNumber(row.revision),
    visitHash: row.visit_hash && Uint8Array.from(row.visit_hash),
  }
}

/** Throws sealed_data_corrupt, which names the session, when one of them was altered. */
export async function openSessions(vault: Vault, rows: readonly SessionRow[]): Promise<readonly FoundSession[]> {
  await vault.ensureKeysOf(rows.map(row => row.sealed))
  return rows.map(row => openSession(vault, row))
}

export function withoutVisit({ visitHash: _, ...session }: FoundSession): CaptureSession {
  return session
}

const toInstant = (text: string): Date => new Date(text)
const toDateOrNull = (value: number | string | bigint | null): Date | null => (value === null ? null : toDate(value))

function toAttempt(attempt: Json<SessionAttempt>): SessionAttempt {
  return {
    ...attempt,
    startedAt: toInstant(attempt.startedAt),
    steps: attempt.steps.map(step => ({ ...step, revealedAt: toInstant(step.revealedAt) })),
  }
}

function toVerdict(verdict: Json<SessionVerdict>): SessionVerdict {
  const { judgedAt, frame, template, events } = verdict
  return {
    ...verdict,
    judgedAt: toInstant(judgedAt),
    frame: frame && { ...frame, at: toInstant(frame.at) },
    template: template === null ? null : bytesToTemplate(Uint8Array.from(Buffer.from(template, 'base64'))),
    events: events.map(event => ({ ...event, at: toInstant(event.at) })),
  }
}
