// Capture sessions as their makers see them: what may be asked for, whom a secret leads to, what an end tells, what a deletion
// leaves.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { enrol } from '../src/core/enrol.ts'
import { createGallery, deleteGallery } from '../src/core/galleries.ts'
import { hashOf } from '../src/core/keys.ts'
import { endSession } from '../src/core/session-ends.ts'
import type { CaptureSession } from '../src/core/session-types.ts'
import {
  clearSession,
  createSession,
  findSessionByPublicId,
  findVisited,
  listSessions,
  readSession,
  type SessionInput,
} from '../src/core/sessions.ts'
import { deleteSubject } from '../src/core/subjects.ts'
import { deleteWebhook, openWebhook, readWebhook, setWebhook } from '../src/core/webhooks.ts'
import { addFrame, begin, change, createTestClock, verdictOn } from './capture-sessions.ts'
import { countBlobs, createFakeEngine, type FakePorts, fakePicture, openFakeCore } from './fake-core.ts'
import { createFaults } from './faults.ts'
import { assertSound } from './soundness.ts'

const clock = createTestClock()
const faults = createFaults()
const core = await openFakeCore({ clock }, (ports: FakePorts) => ({ ...ports, blobs: faults.wrap(ports.blobs) }))
after(() => core.close())
const { context, principal, region } = core
await createGallery(context, principal, { id: 'people' })
const put = (person: string) =>
  enrol(context, principal, { galleryId: 'people', image: fakePicture({ person }), subjectId: person })
await put('ann')

const create = async (input: Partial<SessionInput> = {}) =>
  (await createSession(context, principal, { purpose: 'enrol', galleryId: 'people', ...input })).session
const auditOf = async (target: string): Promise<string[]> => {
  const { items } = await context.control.listAudit('default', { from: null, to: null }, { limit: 1000, cursor: null })
  return items.filter(entry => entry.target === target).map(({ action }) => action)
}

/** Judged, with the frame that was: the last of two. */
const judge = async (session: CaptureSession, state: 'passed' | 'failed', more = {}): Promise<CaptureSession> => {
  const started = await begin(context, region, session)
  await addFrame(context, region, started, 1)
  const frame = await addFrame(context, region, started, 2)
  const submitted = await change(region, started, { state: 'submitted', submittedAt: clock.now() })
  const reasons = state === 'failed' ? [{ name: 'not_matched', message: 'x', value: 12.3, threshold: 80 }] : []
  const verdict = verdictOn(context, frame, more)
  if (state === 'failed') return change(region, submitted, { state, reasons, verdict })
  const ended = await endSession(context, region, submitted, { state, reasons, verdict })
  assert.ok(ended)
  return ended
}

describe('a new session', () => {
  test('has every default, a token of its own, and is in the audit trail', async () => {
    const { session, token } = await createSession(context, principal, { purpose: 'enrol', galleryId: 'people' })
    assert.match(token, /^[A-Za-z0-9_-]{43}$/)
    const { liveness, uploadAllowed, colourScheme, language, iframeOrigins, protocol, state, ended } = session
    assert.deepEqual(
      { liveness, uploadAllowed, colourScheme, language, iframeOrigins, protocol, state, ended },
      {
        liveness: 'active',
        uploadAllowed: false,
        colourScheme: 'auto',
        language: null,
        iframeOrigins: [],
        protocol: 'native',
        state: 'created',
        ended: false,
      },
    )
    assert.equal(session.expiresAt.getTime() - session.createdAt.getTime(), 1_800_000)
    assert.deepEqual(await readSession(context, principal, session.id), session)
    assert.deepEqual(await auditOf(session.id), ['session.create'])
    assert.ok(!JSON.stringify(session).includes(token))
  })

  test('demands passive liveness where somebody judges it', async () => {
    const engine = { ...createFakeEngine(), assessments: ['liveness' as const] }
    const judging = { ...context, engine }
    const { session } = await createSession(judging, principal, { purpose: 'liveness' })
    assert.equal(session.liveness, 'both')
    const upload = { purpose: 'liveness', liveness: 'passive', uploadAllowed: true } as const
    assert.equal((await createSession(judging, principal, upload)).session.uploadAllowed, true)
  })

  const refusals: readonly (readonly [what: string, input: Partial<SessionInput>, code: string, field?: string])[] = [
    ['no gallery to enrol in', { galleryId: undefined }, 'request_invalid', 'gallery'],
    ['no gallery to search', { purpose: 'search', galleryId: undefined }, 'request_invalid', 'gallery'],
    ['a gallery for nothing', { purpose: 'liveness' }, 'request_invalid', 'gallery'],
    ['nobody to verify', { purpose: 'verify' }, 'request_invalid', 'subject'],
    ['somebody to search for', { purpose: 'search', subjectId: 'ann' }, 'request_invalid', 'subject'],
    ['metadata of nobody new', { purpose: 'search', metadata: { a: 1 } }, 'request_invalid', 'metadata'],
    ['a threshold to enrol', { threshold: 80 }, 'request_invalid', 'threshold'],
    ['a threshold above 100', { purpose: 'search', threshold: 100.1 }, 'request_invalid', 'threshold'],
    ['a threshold that is no number', { purpose: 'search', threshold: Number.NaN }, 'request_invalid', 'threshold'],
    ['a gallery that is not there', { galleryId: 'none' }, 'gallery_not_found'],
    ['a gallery of no such name', { galleryId: '../x' }, 'request_invalid', 'gallery'],
    ['a subject that is not there', { purpose: 'verify', subjectId: 'nobody' }, 'subject_not_found'],
    ['a subject id too long', { subjectId: 'a'.repeat(257) }, 'request_invalid', 'subject'],
    ['metadata too large', { metadata: { a: 'a'.repeat(20_000) } }, 'request_invalid', 'metadata'],
    ['a life too short', { expiresInSeconds: 59 }, 'request_invalid', 'expiresInSeconds'],
    ['a life too long', { expiresInSeconds: 604_801 }, 'request_invalid', 'expiresInSeconds'],
    ['a life in fractions', { expiresInSeconds: 60.5 }, 'request_invalid', 'expiresInSeconds'],
    ['passive liveness', { liveness: 'passive' }, 'assessment_unavailable'],
    ['both', { liveness: 'both' }, 'assessment_unavailable'],
    ['a file and movements', { liveness: 'active', uploadAllowed: true }, 'request_invalid', 'uploadAllowed'],
    ['a bad return', { returnUrl: 'javascript:alert(1)' }, 'request_invalid', 'returnUrl'],
    ['a bad return after failures', { failReturnUrl: '' }, 'request_invalid', 'failReturnUrl'],
    ['a callback to an app', { callbackUrl: 'myapp://x' }, 'request_invalid', 'callbackUrl'],
    ['an origin that is an address', { iframeOrigins: ['https://a.example/'] }, 'request_invalid', 'iframeOrigins'],
  ]
  for (const [what, input, code, field] of refusals)
    test(`is refused for ${what}`, async () => {
      await assert.rejects(create(input), error => {
        assert.ok(error instanceof Error && 'code' in error && 'details' in error)
        assert.equal(error.code, code)
        if (field !== undefined) assert.equal((error.details as { field: string }).field, field)
        return true
      })
    })

  test('may be about a subject that is found missing later, where a protocol wants that', async () => {
    const session = await create({ purpose: 'verify', subjectId: 'nobody', isSubjectUnchecked: true, threshold: 70 })
    assert.equal(session.threshold, 70)
  })

  test('is refused where the gallery has a pack that is not installed', async () => {
    const other = { ...createFakeEngine(), packs: [], pack: { ...context.engine.pack, version: '2' } }
    const input = { purpose: 'enrol', galleryId: 'people' } as const
    await assert.rejects(createSession({ ...context, engine: other }, principal, input), { code: 'pack_mismatch' })
  })
})

describe('a session is found', () => {
  test('by its own tenant, by id and by public id', async () => {
    const session = await create({ protocol: 'advance', publicId: '0123456789abcdef' })
    const stranger = { ...principal, tenantId: 'other' }
    await assert.rejects(readSession(context, stranger, session.id), { code: 'session_not_found' })
    await assert.rejects(clearSession(context, stranger, session.id), { code: 'session_not_found' })
    assert.deepEqual(await findSessionByPublicId(context, principal, 'advance', '0123456789abcdef'), session)
    assert.equal(await findSessionByPublicId(context, stranger, 'advance', '0123456789abcdef'), null)
    const { items } = await listSessions(context, principal, { protocol: 'advance' }, { limit: 10, cursor: null })
    assert.deepEqual(items, [session])
  })

  test('by its token until somebody has taken that up, and by that key from then on', async () => {
    const { session, token } = await createSession(context, principal, { purpose: 'enrol', galleryId: 'people' })
    const found = await findVisited(context, token)
    assert.deepEqual([found.session.id, found.by, found.region.id], [session.id, 'token', 'default'])
    const key = 'k'.repeat(43)
    await change(region, session, { visitHash: hashOf(key) })
    await assert.rejects(findVisited(context, token), { code: 'session_link_used' })
    assert.equal((await findVisited(context, key)).by, 'visit')
    for (const secret of ['', 'x'.repeat(43), `${token}x`, session.id])
      await assert.rejects(findVisited(context, secret), { code: 'session_link_invalid' })
  })

  test('without the candidates that were erased since', async () => {
    await put('bob')
    await put('cleo')
    const candidates = ['bob', 'cleo'].map(subjectId => ({ subjectId, faceId: subjectId, similarity: 90 }))
    const session = await judge(await create({ purpose: 'search' }), 'passed', { candidates })
    await deleteSubject(context, principal, 'people', 'bob')
    const { verdict } = await readSession(context, principal, session.id)
    assert.deepEqual(
      verdict?.candidates.map(({ subjectId }) => subjectId),
      ['cleo'],
    )
  })
})

describe('the end of a session', () => {
  const noticesOf = async (id: string) =>
    (await region.store.sessions.listDeliveries(clock.now(), 1000)).filter(({ sessionId }) => sessionId === id)

  test('tells its own callback, else the webhook, else nobody, once', async () => {
    const callbackUrl = 'https://shop.example/hook?key=1'
    const called = await judge(await create({ callbackUrl }), 'passed')
    const [notice, ...others] = await noticesOf(called.id)
    assert.deepEqual([notice?.kind, notice?.url, others.length], ['callback', callbackUrl, 0])
    assert.equal(JSON.parse(notice!.body).state, 'passed')
    assert.deepEqual(await noticesOf((await judge(await create(), 'passed')).id), [])
    await setWebhook(context, principal, { url: 'https://shop.example/all' })
    const told = await judge(await create(), 'passed')
    assert.deepEqual(
      (await noticesOf(told.id)).map(({ kind, url }) => [kind, url]),
      [['webhook', null]],
    )
    assert.deepEqual(told.endedAt, clock.now())
    await deleteWebhook(context, principal)
  })

  test('of one that was changed in between is not made', async () => {
    const session = await create({ callbackUrl: 'https://shop.example/hook' })
    await begin(context, region, session)
    assert.equal(await endSession(context, region, session, { state: 'failed' }), null)
    assert.deepEqual(await noticesOf(session.id), [])
  })
})

describe('a session that is cleared', () => {
  test('keeps its state and the names of its reasons, and nothing of the person', async () => {
    const before = await countBlobs(region)
    const asked = {
      subjectId: 'eve',
      metadata: { name: 'Eve' },
      returnUrl: 'https://shop.example/eve',
      details: { a: 1 },
    }
    const session = await judge(await create({ ...asked, callbackUrl: 'https://shop.example/hook' }), 'failed')
    assert.equal(await countBlobs(region), before + 2)
    await clearSession(context, principal, session.id)
    assert.equal(await countBlobs(region), before)
    const cleared = await readSession(context, principal, session.id)
    const { state, ended, reasons, verdict, metadata, details, returnUrl, callbackUrl, clearedAt, endedAt } = cleared
    assert.deepEqual([state, ended, clearedAt, endedAt], ['failed', true, clock.now(), clock.now()])
    assert.deepEqual([verdict, metadata, details, returnUrl, callbackUrl], [null, null, null, null, null])
    assert.deepEqual(
      reasons.map(({ name, value }) => [name, value]),
      [['not_matched', undefined]],
    )
    assert.deepEqual(await auditOf(session.id), ['session.clear', 'session.create'])
    const notices = await region.store.sessions.listDeliveries(clock.now(), 1000)
    assert.equal(notices.filter(({ sessionId }) => sessionId === session.id).length, 1, 'its end is told')
    await assert.rejects(addFrame(context, region, cleared, 3), 'and it takes no frame any more')
    await region.upkeep.run()
    assert.equal(await countBlobs(region), before)
    await clearSession(context, principal, session.id)
    assert.deepEqual((await readSession(context, principal, session.id)).clearedAt, clearedAt)
  })

  test('before it was judged has run out', async () => {
    for (const prepare of [create, async () => begin(context, region, await create())]) {
      const { id } = await prepare()
      await clearSession(context, principal, id)
      const { state, ended } = await readSession(context, principal, id)
      assert.deepEqual([state, ended], ['expired', true])
    }
  })

  test('whose frames cannot be deleted is cleared at once, said to be unfinished, and finished later', async () => {
    const session = await judge(await create(), 'passed')
    const before = await countBlobs(region)
    faults.arm(1, 'before')
    await assert.rejects(clearSession(context, principal, session.id), { code: 'erasure_unfinished' })
    assert.match(String(faults.disarm()), /delete/)
    assert.equal((await readSession(context, principal, session.id)).verdict, null)
    while ((await countBlobs(region)) > before - 2) await new Promise(resolve => setTimeout(resolve, 5))
    await assertSound(region)
  })
})

describe('sessions about what is erased', () => {
  test('go with the subject, frames and all, and the receipt counts its own pictures', async () => {
    await put('dora')
    const before = await countBlobs(region)
    const asked = await judge(await create({ subjectId: 'dora' }), 'failed')
    const made = await judge(await create(), 'passed', { subjectId: 'dora' })
    const other = await judge(await create({ subjectId: 'ann' }), 'passed')
    const erasure = await deleteSubject(context, principal, 'people', 'dora')
    assert.deepEqual([erasure.faces, erasure.pictures], [1, 1])
    for (const { id } of [asked, made])
      await assert.rejects(readSession(context, principal, id), { code: 'session_not_found' })
    assert.equal((await readSession(context, principal, other.id)).id, other.id)
    assert.equal(await countBlobs(region), before - 1 + 2)
  })

  test('go with the gallery, and those of the next one of its id stay', async () => {
    await createGallery(context, principal, { id: 'gone' })
    const before = await countBlobs(region)
    const session = await judge(await create({ galleryId: 'gone' }), 'failed')
    const erasure = await deleteGallery(context, principal, 'gone')
    assert.equal(erasure.pictures, 0)
    assert.equal(await countBlobs(region), before)
    await assert.rejects(readSession(context, principal, session.id), { code: 'session_not_found' })
    await createGallery(context, principal, { id: 'gone' })
    clock.go(1)
    const next = await create({ galleryId: 'gone' })
    await region.upkeep.run()
    assert.ok(await readSession(context, principal, next.id))
  })

  test('leave no frame for good where one could not be deleted', async () => {
    await put('fay')
    const before = await countBlobs(region)
    await judge(await create({ subjectId: 'fay' }), 'failed')
    faults.arm(1, 'before')
    await assert.rejects(deleteSubject(context, principal, 'people', 'fay'), { code: 'erasure_unfinished' })
    faults.disarm()
    while ((await countBlobs(region)) > before - 1) await new Promise(resolve => setTimeout(resolve, 5))
    await assertSound(region)
  })
})

describe('the webhook of a tenant', () => {
  test('shows its secret once and keeps it sealed; a new one is in its place', async () => {
    await assert.rejects(readWebhook(context, principal), { code: 'webhook_not_found' })
    await assert.rejects(deleteWebhook(context, principal), { code: 'webhook_not_found' })
    assert.equal(await openWebhook(context, 'default'), null)
    const { webhook, secret } = await setWebhook(context, principal, { url: 'https://shop.example/hook' })
    assert.deepEqual([webhook.algorithm, webhook.createdAt], ['HMAC-SHA256', clock.now()])
    assert.equal(Buffer.from(secret, 'base64').length, 32)
    assert.deepEqual(await readWebhook(context, principal), webhook)
    const opened = await openWebhook(context, 'default')
    assert.equal(Buffer.from(opened!.secret).toString('base64'), secret)
    const stored = await context.control.webhooks.find('default')
    assert.ok(!Buffer.from(stored!.sealedSecret).includes(Buffer.from(secret, 'base64')))
    const change = { url: 'https://shop.example/next', algorithm: 'HMAC-SHA512' } as const
    const next = await setWebhook(context, principal, change)
    assert.notEqual(next.secret, secret)
    assert.equal((await openWebhook(context, 'default'))?.url, change.url)
    await deleteWebhook(context, principal)
    assert.deepEqual((await auditOf('default')).slice(0, 3), ['webhook.delete', 'webhook.set', 'webhook.set'])
  })

  test('is https', async () => {
    for (const url of [
      'http://shop.example/hook',
      'myapp://hook',
      '',
      'https://',
      `https://a.example/${'a'.repeat(2048)}`,
    ])
      await assert.rejects(setWebhook(context, principal, { url }), { code: 'request_invalid' }, url)
  })
})
