// The signed result of a passed session: what it says, the one enrolment that it is good for, and galleries that demand it.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { enrol } from '../src/core/enrol.ts'
import { type CapturedInput, enrolCaptured } from '../src/core/enrol-captured.ts'
import { updateGallery } from '../src/core/galleries.ts'
import { readPicture } from '../src/core/pictures.ts'
import { DEFAULT_POLICY } from '../src/core/policy.ts'
import { listReceiptKeys, verifySignature } from '../src/core/receipts.ts'
import { type SignedResult, signResult } from '../src/core/session-results.ts'
import { clearSession, type SessionInput } from '../src/core/sessions.ts'
import { deleteFace } from '../src/core/subjects.ts'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import { GALLERY, openCaptureCore, shotOf, visitAll } from './capture-core.ts'

const core = await openCaptureCore()
after(() => core.close())
const { context, principal, region } = core
const galleryId = GALLERY

/** A session that has passed, its result and its frame. */
const capture = async (input: Partial<SessionInput> = {}) => {
  const portrait = shotOf({ person: 'ada' })
  const session = await visitAll(core, { purpose: 'liveness', liveness: 'passive', ...input } as SessionInput, {
    portraits: [portrait],
  })
  assert.equal(session.state, 'passed')
  return { session, portrait, captureResult: await signResult(context, 'default', session) }
}
const use = (captureResult: unknown, rest: Partial<CapturedInput> = {}) =>
  enrolCaptured(context, principal, { galleryId, captureResult, ...rest })
const refusedFor = (reason: string) => ({ code: 'session_result_invalid', details: { field: 'captureResult', reason } })

describe('the result', () => {
  test('says what was judged, the same each time, under a key that is published', async () => {
    const { session, captureResult } = await capture({ purpose: 'search', galleryId })
    const { verdict } = session
    assert.deepEqual(captureResult.result, {
      id: `${session.id}.1`,
      session: session.id,
      purpose: 'search',
      region: 'default',
      gallery: galleryId,
      subject: null,
      sha256: verdict?.frame?.sha256,
      livenessMode: 'passive',
      livenessModel: 'made-up@1',
      judgedAt: verdict?.judgedAt.toISOString(),
      expiresAt: new Date(verdict!.judgedAt.getTime() + DEFAULT_LIMITS.sessionResultMs).toISOString(),
    })
    assert.deepEqual(await signResult(context, 'default', session), captureResult)
    const keys = await listReceiptKeys(context)
    assert.equal(verifySignature(captureResult.result, captureResult.signature, keys), 'valid')
    const altered = { ...captureResult.result, subject: 'eve' }
    assert.equal(verifySignature(altered, captureResult.signature, keys), 'signature_wrong')
  })

  test('there is none of a session that failed', async () => {
    const failed = await visitAll(core, { purpose: 'liveness' }, { portraits: [shotOf()] })
    await assert.rejects(signResult(context, 'default', failed), { code: 'session_unfinished' })
  })
})

describe('an enrolment with it', () => {
  test('takes the kept frame, or the very same picture', async () => {
    const one = await capture()
    const { face, subject } = await use(one.captureResult)
    assert.deepEqual(Buffer.from((await readPicture(context, region, face.picture!.key))!), one.portrait)
    const { verdict } = await core.read(one.session.id)
    assert.deepEqual([verdict?.faceId, verdict?.subjectId], [face.id, subject.id])
    const other = await capture()
    const sent = { image: new Uint8Array(other.portrait), subjectId: 'sent' }
    assert.equal((await use(other.captureResult, sent)).subject.id, 'sent')
  })

  test('is the only one: one after the other, at once, after the face is gone', async () => {
    const { captureResult } = await capture()
    const tries = await Promise.allSettled([1, 2, 3].map(() => use(captureResult)))
    const [done, ...refused] = tries.sort((one, other) => one.status.localeCompare(other.status))
    assert.equal(done.status, 'fulfilled')
    for (const each of refused) assert.deepEqual((each as PromiseRejectedResult).reason.details.reason, 'used')
    await deleteFace(
      context,
      principal,
      galleryId,
      (done as PromiseFulfilledResult<{ face: { id: string } }>).value.face.id,
    )
    await assert.rejects(use(captureResult), refusedFor('used'))
  })

  test('the same call again is the same use', async () => {
    const { captureResult } = await capture()
    const faceId = context.ids.next()
    const first = await use(captureResult, { faceId })
    const again = await use(captureResult, { faceId })
    assert.deepEqual([first.face.id, again.face.id, again.subject.faceCount], [faceId, faceId, 1])
  })

  test('that is refused leaves it for another', async () => {
    const { captureResult } = await capture()
    const refuse = { policy: { existingSubject: 'refuse' } } as const
    await enrol(context, principal, { galleryId, subjectId: 'taken', image: shotOf({ person: 'taken' }) })
    await assert.rejects(use(captureResult, { subjectId: 'taken', ...refuse }), { code: 'subject_exists' })
    assert.equal((await use(captureResult, { subjectId: 'free' })).subject.id, 'free')
  })

  test('goes to the gallery and the subject that the session was about', async () => {
    await enrol(context, principal, { galleryId, subjectId: 'ada', image: shotOf({ person: 'ada' }) })
    const { captureResult } = await capture({ purpose: 'verify', galleryId, subjectId: 'ada' })
    await assert.rejects(use(captureResult, { subjectId: 'eve' }), refusedFor('subject'))
    await assert.rejects(use(captureResult, { galleryId: 'elsewhere' }), refusedFor('gallery'))
    assert.equal((await use(captureResult)).subject.id, 'ada')
  })

  test('that a session has made itself has used it up', async () => {
    const { captureResult } = await capture({ purpose: 'enrol', galleryId, subjectId: 'own' })
    await assert.rejects(use(captureResult), refusedFor('used'))
  })

  test('is refused with what is not it', async () => {
    const { session, captureResult } = await capture()
    const { result, signature } = captureResult
    const with_ = (change: Partial<SignedResult['result']>) => ({ result: { ...result, ...change }, signature })
    for (const [wrong, reason] of [
      ['x', 'malformed'],
      [null, 'malformed'],
      [{ result }, 'malformed'],
      [with_({ expiresAt: '2999-01-01T00:00:00.000Z' }), 'signature'],
      [with_({ session: 'another' }), 'signature'],
      [{ result, signature: { ...signature, keyId: 'unknown' } }, 'signature'],
      [{ result, signature: { ...signature, value: 'AAAA' } }, 'signature'],
    ] as const)
      await assert.rejects(use(wrong), refusedFor(reason), JSON.stringify(wrong))
    await assert.rejects(use(captureResult, { image: shotOf({ person: 'ada' }) }), refusedFor('picture'))
    const stranger = { ...principal, tenantId: 'another' }
    await assert.rejects(enrolCaptured(context, stranger, { galleryId, captureResult }), refusedFor('session'))
    const later = await capture()
    core.pass(DEFAULT_LIMITS.sessionResultMs)
    await assert.rejects(use(captureResult), refusedFor('expired'))
    core.pass(-DEFAULT_LIMITS.sessionResultMs)
    await clearSession(context, principal, session.id)
    await assert.rejects(use(captureResult), refusedFor('session'))
    await use(later.captureResult)
  })

  test('needs the picture where the kept frame is gone, and says so', async () => {
    const { session, portrait, captureResult } = await capture()
    await region.blobs.delete([session.verdict!.frame!.blobKey])
    await assert.rejects(use(captureResult), refusedFor('picture'))
    assert.ok(await use(captureResult, { image: new Uint8Array(portrait) }))
  })

  test('without a result needs a picture', async () => {
    await assert.rejects(enrolCaptured(context, principal, { galleryId }), { code: 'image_missing' })
  })
})

describe('a gallery that demands it', () => {
  before(async () => {
    await updateGallery(context, principal, galleryId, { policy: { capture: 'required' } })
  })
  after(async () => {
    await updateGallery(context, principal, galleryId, { policy: { capture: 'optional' } })
  })

  test('takes no other face, whatever policy a call brings', async () => {
    const image = shotOf({ person: 'ada' })
    for (const policy of [undefined, DEFAULT_POLICY, { capture: 'optional' } as const])
      await assert.rejects(enrol(context, principal, { galleryId, image, policy }), { code: 'session_result_required' })
  })

  test('takes those of results, and of sessions that enrol themselves', async () => {
    const { captureResult } = await capture()
    assert.ok(await use(captureResult))
    const { session } = await capture({ purpose: 'enrol', galleryId })
    assert.ok(session.verdict?.faceId)
  })
})
