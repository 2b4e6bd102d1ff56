// The port of capture sessions, their frames, and the notices of their ends. Part of a region's store.
import type { CaptureSession, Delivery, SessionFrame, SessionState } from './session-types.ts'
import type { Page, PageRequest, Protocol } from './types.ts'

export interface NewSession extends CaptureSession {
  /** SHA-256 of the token of the one-time address. */
  readonly tokenHash: Uint8Array
}

export interface FoundSession extends CaptureSession {
  /** SHA-256 of the key that the visitor's page has since it took the address up; null before. */
  readonly visitHash: Uint8Array | null
}

export interface SessionFilter {
  readonly state?: SessionState
  readonly galleryId?: string
  /** Asked for, or enrolled. */
  readonly subjectId?: string
  readonly protocol?: Protocol
}

/** Which notices are listed; all, where nothing is said. */
export interface DeliveryFilter {
  /** Those of this one alone. */
  readonly receiver?: string
  readonly exceptIds?: readonly string[]
  readonly exceptReceivers?: readonly string[]
  readonly exceptTenants?: readonly string[]
}

/** What may change of a session. */
export type SessionChange = Partial<
  Pick<
    CaptureSession,
    | 'state'
    | 'ended'
    | 'reasons'
    | 'attempt'
    | 'failures'
    | 'verdict'
    | 'startedAt'
    | 'submittedAt'
    | 'endedAt'
    | 'clearedAt'
    | 'returnUrl'
    | 'failReturnUrl'
    | 'callbackUrl'
    | 'metadata'
    | 'details'
  >
> & { readonly visitHash?: Uint8Array }

/** Verdicts and what callers said of the person are sealed by the store. A method that answers null found nothing. */
export interface SessionStore {
  insert(session: NewSession): Promise<void>
  find(tenantId: string, id: string): Promise<CaptureSession | null>
  findByPublicId(tenantId: string, protocol: Protocol, publicId: string): Promise<CaptureSession | null>
  /** Of any tenant: whoever shows the token or the key is its visitor. */
  findByToken(tokenHash: Uint8Array): Promise<FoundSession | null>
  findByVisit(visitHash: Uint8Array): Promise<FoundSession | null>
  /** Newest first. */
  list(tenantId: string, filter: SessionFilter, page: PageRequest): Promise<Page<CaptureSession>>
  /**
   * The changed session; null, and nothing is changed, when its revision is no longer `revision`. `deliveries` are inserted in
   * the same transaction.
   */
  update(
    id: string,
    revision: number,
    change: SessionChange,
    deliveries?: readonly Delivery[],
  ): Promise<CaptureSession | null>
  /** Deletes the row with its frames' rows and its waiting deliveries; answers the keys of the frames' blobs. */
  delete(id: string): Promise<readonly string[]>

  /** Of the state "submitted", oldest first: what a stop or a crash left unjudged. */
  listSubmitted(limit: number): Promise<readonly CaptureSession[]>
  /** Not ended and past their expiry; those that wait to be judged only where they expired at `givenUpBefore` or earlier. */
  listOverdue(now: Date, givenUpBefore: Date, limit: number): Promise<readonly CaptureSession[]>
  /** Of one tenant: ended before `before`, not cleared yet. */
  listUncleared(tenantId: string, before: Date, limit: number): Promise<readonly CaptureSession[]>
  /** Of one tenant: ended before `before`, cleared or not. */
  listOlder(tenantId: string, before: Date, limit: number): Promise<readonly CaptureSession[]>
  /** The tenants that have sessions. */
  listTenants(): Promise<readonly string[]>

  /**
   * False, and nothing is stored, when the try has a frame of this sequence, or `most` frames, and when the session takes none:
   * it is gone, not in the state "started", or at another try.
   */
  insertFrame(frame: SessionFrame, most: number): Promise<boolean>
  /** Of one try, by sequence. */
  listFrames(sessionId: string, attempt: number): Promise<readonly SessionFrame[]>
  /** Deletes the rows of all frames of the session; answers the keys of their blobs. */
  deleteFrames(sessionId: string): Promise<readonly string[]>
  /**
   * Deletes the rows of up to `limit` frames that this tenant's sessions got before `before` and that have not ended; those
   * of sessions that wait to be judged stay. Answers the keys of their blobs.
   */
  deleteStaleFrames(tenantId: string, before: Date, limit: number): Promise<readonly string[]>
  /**
   * Sessions of this tenant that got a frame of one of these SHA-256 digests, also where it is gone: others, and this one
   * in another try.
   */
  findReplayed(
    tenantId: string,
    sessionId: string,
    attempt: number,
    digests: readonly string[],
  ): Promise<readonly string[]>

  /** Those whose time has come, oldest first. */
  listDeliveries(now: Date, limit: number, filter?: DeliveryFilter): Promise<readonly Delivery[]>
  /** When the next one's time comes; null when none waits. */
  nextDeliveryAt(): Promise<Date | null>
  updateDelivery(id: string, change: Pick<Delivery, 'tries' | 'nextAt' | 'lastError'>): Promise<void>
  deleteDelivery(id: string): Promise<void>
  /** Whether they are due or not; how many it were. */
  deleteAllDeliveries(): Promise<number>
}
