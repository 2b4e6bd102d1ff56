// Capture sessions, frames and notices for the contract suite: valid, different from each other, and short to write. Tests only.
import { randomBytes } from 'node:crypto'
import type { NewSession, Store } from '../core/ports.ts'
import type { CaptureSession, Delivery, SessionAttempt, SessionFrame, SessionVerdict } from '../core/session-types.ts'
import { AT, LATER, makeId, makeTemplate } from './samples.suite.ts'

/** Made and not begun, unless the change says otherwise. */
export function makeSession(change: Partial<NewSession> = {}): NewSession {
  return {
    id: makeId(),
    tenantId: makeId(),
    credentialId: makeId(),
    protocol: 'native',
    publicId: null,
    purpose: 'enrol',
    galleryId: 'staff',
    subjectId: 'ann',
    metadata: { name: 'Ann', floor: 3 },
    liveness: 'both',
    uploadAllowed: false,
    threshold: null,
    returnUrl: 'https://shop.example/done?order=1',
    failReturnUrl: null,
    callbackUrl: 'https://shop.example/hook?key=secret',
    language: 'id',
    colourScheme: 'dark',
    iframeOrigins: ['https://shop.example'],
    details: { product: 'faceSearch' },
    state: 'created',
    ended: false,
    reasons: [],
    attempt: null,
    failures: [],
    verdict: null,
    createdAt: AT,
    expiresAt: LATER,
    startedAt: null,
    submittedAt: null,
    endedAt: null,
    clearedAt: null,
    revision: 0,
    tokenHash: randomBytes(32),
    ...change,
  }
}

export async function addSession(store: Store, change: Partial<NewSession> = {}): Promise<CaptureSession> {
  const { tokenHash, ...session } = makeSession(change)
  await store.sessions.insert({ ...session, tokenHash })
  return session
}

export function makeAttempt(number = 1): SessionAttempt {
  const steps = [{ id: makeId(), challenge: 'portrait' as const, revealedAt: AT }]
  return { number, nonce: makeId(), startedAt: AT, challenges: ['nod', 'smile'], steps }
}

/** Begun, so that it takes frames. */
export function addStarted(store: Store, change: Partial<NewSession> = {}): Promise<CaptureSession> {
  return addSession(store, { state: 'started', startedAt: AT, attempt: makeAttempt(), ...change })
}

export function makeVerdict(change: Partial<SessionVerdict> = {}): SessionVerdict {
  return {
    judgedAt: LATER,
    frame: { blobKey: makeId(), mediaType: 'image/jpeg', bytes: 54_321, sha256: 'ab'.repeat(32), at: AT },
    template: makeTemplate(),
    pack: 'pack@1',
    liveness: { score: 0.987654321, threshold: 0.5, live: true, model: 'liveness@1' },
    events: [{ challenge: 'nod', met: true, at: LATER }],
    similarity: null,
    threshold: null,
    candidates: [{ subjectId: 'bob', faceId: makeId(), similarity: 81.25 }],
    faceId: makeId(),
    subjectId: null,
    ...change,
  }
}

export function makeFrame(sessionId: string, sequence: number, change: Partial<SessionFrame> = {}): SessionFrame {
  return {
    sessionId,
    attempt: 1,
    stepId: makeId(),
    sequence,
    source: 'camera',
    atMs: 1234.5,
    receivedAt: AT,
    blobKey: makeId(),
    mediaType: 'image/jpeg',
    bytes: 12_345,
    sha256: randomBytes(32).toString('hex'),
    ...change,
  }
}

/** A frame that nothing forbids. */
export async function addFrame(
  store: Store,
  sessionId: string,
  sequence: number,
  change: Partial<SessionFrame> = {},
): Promise<SessionFrame> {
  const frame = makeFrame(sessionId, sequence, change)
  if (!(await store.sessions.insertFrame(frame, 100))) throw new Error('The session takes no such frame.')
  return frame
}

export function makeDelivery(session: CaptureSession, change: Partial<Delivery> = {}): Delivery {
  return {
    id: makeId(),
    tenantId: session.tenantId,
    sessionId: session.id,
    kind: 'callback',
    url: session.callbackUrl,
    receiver: 'one',
    body: '{"session":"1"}',
    tries: 0,
    nextAt: AT,
    lastError: null,
    createdAt: AT,
    ...change,
  }
}
