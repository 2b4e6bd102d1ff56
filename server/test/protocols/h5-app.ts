// What the tests of ADVANCE.AI's hosted pages share: an application over a fake core, its links, and sessions that are moved on
// as the capture page would move them, by the store and without frames of a camera.
import assert from 'node:assert/strict'
import { createCredential } from '../../src/core/credentials.ts'
import { enrol } from '../../src/core/enrol.ts'
import type { FaceLiveness } from '../../src/core/face-liveness.ts'
import { keepPicture } from '../../src/core/pictures.ts'
import type { CaptureSession, SessionVerdict } from '../../src/core/session-types.ts'
import { type FakeApp, type FakeAppOptions, openFakeApp } from '../fake-app.ts'
import { createFakeEngine, type FakePorts, fakePicture, templateOf } from '../fake-core.ts'
import {
  type Advance,
  assertDone,
  createAdvance,
  openAdvance,
  type Pair,
  type Received,
  type Sent,
  send,
} from './advance-app.ts'

export const H5 = '/advance/intl/openapi/identity-risk/idvs-h5/ekyc/v1'
export const PARAMETER = 'Parameter error,please check you input.'
export const EMPTY = 'Parameter should not be empty'

export interface H5App {
  readonly app: FakeApp
  readonly advance: Advance
  /** A JSON call below `H5`; without a body none is sent. */
  ask<T>(path: string, body?: unknown, sent?: Sent): Promise<Received<T>>
  /** A link of /generate-url, unless another path is named; its signatureId. */
  link(change?: object, path?: string): Promise<string>
  sessionOf(signatureId: string): Promise<CaptureSession>
  close(): Promise<void>
}

export const LINK = {
  returnUrl: 'https://example.com/good',
  failReturnUrl: 'https://example.com/bad',
  bizId: 'order-1',
  userId: 'ann',
  region: 'PHL',
}

const judgesLiveness = ({ engine, ...ports }: FakePorts): FakePorts => ({
  ...ports,
  engine: { ...engine, assessments: ['liveness'] },
})

export const pairOf = async ({ core }: FakeApp, tenantId = 'default'): Promise<Pair> => {
  const { control, clock, ids, limits, vault } = core.context
  const operator = { control, clock, ids, limits, regionIds: ['default'], vault: async () => vault }
  const { credential, pair } = await createCredential(operator, { protocol: 'advance', tenantId, regionId: 'default' })
  return { id: credential.id, accessKey: pair.publicId, secretKey: pair.secret }
}

export const openH5 = async (options: FakeAppOptions = {}): Promise<H5App> => {
  const app = await openFakeApp({ adapt: judgesLiveness, ...options })
  return h5Of(app, await openAdvance(app, await pairOf(app)))
}

/** The same of another caller. */
export const h5Of = (app: FakeApp, advance: Advance): H5App => {
  const ask: H5App['ask'] = (path, body, { headers, ...sent } = {}) =>
    send(app.url, 'POST', path.startsWith('/advance') || path.startsWith('/intl') ? path : H5 + path, {
      body: typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body),
      headers: { 'x-access-token': advance.token, 'content-type': 'application/json', ...headers },
      ...sent,
    })
  return {
    app,
    advance,
    ask,
    async link(change = {}, path = '/generate-url') {
      const { signatureId } = assertDone(await ask<{ signatureId: string }>(path, { ...LINK, ...change }))
      return signatureId
    },
    async sessionOf(signatureId) {
      const session = await app.core.region.store.sessions.findByPublicId('default', 'advance', signatureId)
      assert.ok(session)
      return session
    },
    close: () => app.close(),
  }
}

export { createAdvance, createFakeEngine }

export interface Judged {
  readonly state?: 'passed' | 'failed'
  readonly reasons?: readonly string[]
  /** Who is in the judged frame; null: there is none. */
  readonly person?: string | null
  /** In the place of the person's own. */
  readonly template?: Float32Array
  readonly liveness?: Pick<FaceLiveness, 'score' | 'live'>
  readonly similarity?: number
}

/** As the judgement of a try leaves it: with the frame, and the face enrolled where the session is about that. */
export const judge = async (
  { app: { core }, sessionOf }: H5App,
  signatureId: string,
  { state = 'passed', reasons = [], person = 'ann', template, liveness, similarity }: Judged = {},
): Promise<CaptureSession> => {
  const { context, region, principal } = core
  const session = await begin(core, await sessionOf(signatureId))
  const now = context.clock.now()
  const bytes = person === null ? null : fakePicture({ person })
  const key = context.ids.next()
  if (bytes) await keepFrame(core, session, key, bytes)
  const probe = template ?? (person === null ? null : templateOf(person))
  const isEnrolled = state === 'passed' && session.purpose === 'enrol' && bytes !== null
  const face = isEnrolled ? await enrolFace(core, session, new Uint8Array(bytes), probe!) : null
  const verdict: SessionVerdict = {
    judgedAt: now,
    frame: bytes && { blobKey: key, mediaType: 'image/jpeg', bytes: bytes.length, sha256: '00', at: now },
    template: probe,
    pack: probe && 'fake@1',
    liveness: { score: 0.7, threshold: 0.4, live: true, model: 'm@1', ...liveness },
    events: [{ challenge: 'blink', met: state === 'passed', at: now }],
    similarity: similarity ?? null,
    threshold: null,
    candidates: [],
    faceId: face?.id ?? null,
    subjectId: face?.subjectId ?? null,
  }
  const ended = state === 'passed'
  const changed = await region.store.sessions.update(session.id, session.revision, {
    state,
    ended,
    endedAt: ended ? now : null,
    submittedAt: now,
    reasons: reasons.map(name => ({ name, message: `${name}.` })),
    verdict,
  })
  assert.ok(changed, principal.tenantId)
  return changed
}

/** One try more. */
const begin = async (
  { context, region }: FakeApp['core'],
  { id, revision, attempt }: CaptureSession,
): Promise<CaptureSession> => {
  const next = { nonce: 'n', startedAt: context.clock.now(), challenges: ['blink'], steps: [] } as const
  const change = { state: 'started', attempt: { ...next, number: (attempt?.number ?? 0) + 1 } } as const
  const begun = await region.store.sessions.update(id, revision, change)
  assert.ok(begun)
  return begun
}

const keepFrame = async (
  { context, region }: FakeApp['core'],
  { id: sessionId, tenantId, attempt }: CaptureSession,
  blobKey: string,
  bytes: Uint8Array,
): Promise<void> => {
  await keepPicture(context, region, tenantId, blobKey, bytes)
  const facts = { blobKey, mediaType: 'image/jpeg', bytes: bytes.length, sha256: '0'.repeat(64), atMs: 0 }
  const frame = { ...facts, sessionId, attempt: attempt!.number, stepId: 's', sequence: 1, source: 'camera' } as const
  assert.ok(await region.store.sessions.insertFrame({ ...frame, receivedAt: context.clock.now() }, 100))
}

const enrolFace = async (
  { context, principal }: FakeApp['core'],
  { galleryId, subjectId, metadata }: CaptureSession,
  image: Uint8Array,
  template: Float32Array,
) => {
  const analysis = await createFakeEngine().analyse(image, { templates: 'largest' })
  const probe = { analysis, face: analysis.faces[0], template, warnings: [] }
  const input = { galleryId: galleryId!, subjectId: subjectId!, metadata: metadata ?? undefined, image, probe }
  return (await enrol(context, principal, input)).face
}

/** Moves a session as the page's calls would. */
export const move = async (
  { app: { core }, sessionOf }: H5App,
  signatureId: string,
  state: CaptureSession['state'],
): Promise<void> => {
  const { id, revision } = await sessionOf(signatureId)
  const ended = state === 'expired'
  const now = core.context.clock.now()
  const change = { state, ended, submittedAt: state === 'submitted' ? now : null, endedAt: ended ? now : null }
  assert.ok(await core.region.store.sessions.update(id, revision, change))
}

/** Between two people: 1 is the first, 0 the other. */
export const mixOf = (one: string, other: string, share: number): Float32Array => {
  const [first, second] = [templateOf(one), templateOf(other)]
  const mixed = first.map((value, at) => share * value + (1 - share) * second[at])
  const length = Math.hypot(...mixed)
  return mixed.map(value => value / length)
}
