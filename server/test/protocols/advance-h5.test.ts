// ADVANCE.AI's hosted pages after the person was there: result, face search, enrolment of failed faces, deletion. Each code that
// the vendor documents is met.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { readPicture } from '../../src/core/pictures.ts'
import { createTenant } from '../../src/core/tenants.ts'
import { AppError } from '../../src/errors.ts'
import type { FakePorts } from '../fake-core.ts'
import { countBlobs, fakePicture } from '../fake-core.ts'
import { assertDone, assertRefused, openAdvance } from './advance-app.ts'
import { EMPTY, type H5App, h5Of, judge, LINK, mixOf, move, openH5, PARAMETER, pairOf } from './h5-app.ts'

interface FaceDetail {
  readonly faceResult: string
  readonly faceImage: string | null
  readonly faceImageFar: string | null
  readonly faceImageTime: number | null
  readonly faceLivenessScore: number | null
  readonly faceSimilarityScore: number | null
  readonly livenessAttackType: number | null
}
interface Result {
  readonly signatureId: string
  readonly overallResult: string
  readonly submissionCompleted: boolean
  readonly errorCode: string | null
  readonly faceDetail: FaceDetail | null
  readonly countryCodeIso3: string | null
  readonly inputParameters: Record<string, unknown> | null
}
interface Found {
  readonly signatureId: string
  readonly similarFaceUserIds: string[]
  readonly simliarFaceUserIds: string[]
}

let h5: H5App
before(async () => {
  h5 = await openH5({ publicUrl: undefined })
})
after(() => h5?.close())

const resultOf = async (signatureId: string, change: object = {}, from = h5) =>
  assertDone(await from.ask<Result>('/get-result', { signatureId, ...change }))
const search = (signatureId: unknown, from = h5) => from.ask<Found>('/face-search', { signatureId })
const usersOf = async (signatureId: string): Promise<string[]> => {
  const found = assertDone(await search(signatureId))
  assert.equal(found.signatureId, signatureId)
  assert.deepEqual(found.simliarFaceUserIds, found.similarFaceUserIds)
  return found.similarFaceUserIds
}
const enroll = (signatureId: unknown) => h5.ask<{ signatureId: string }>('/face-search-enroll', { signatureId })
const clear = (signatureId: string, from = h5) => from.ask(`/clear-data?signatureId=${encodeURIComponent(signatureId)}`)
const NOWHERE = ['0000000000000000', 'x', '730BAA5AB2E34E53', "'; drop table", 'a\0b', 'x'.repeat(10_000)]

/** Of another tenant on the same server. */
const openStranger = async (tenantId: string): Promise<H5App> => {
  const { control, clock, ids, limits } = h5.app.core.context
  await createTenant({ control, clock, ids, limits }, { id: tenantId })
  return h5Of(h5.app, await openAdvance(h5.app, await pairOf(h5.app, tenantId)))
}

describe('get-result', () => {
  test('of a transaction that passed, with a link to the judged frame', async () => {
    const signatureId = await h5.link({ language: 'en-US' })
    const { verdict } = await judge(h5, signatureId)
    const result = await resultOf(signatureId)
    const { overallResult, submissionCompleted, errorCode, countryCodeIso3, inputParameters, faceDetail } = result
    assert.deepEqual([overallResult, submissionCompleted, errorCode, countryCodeIso3], ['PASS', true, 'SUCCESS', 'PHL'])
    assert.deepEqual(inputParameters, { ...LINK, language: 'en-US', ignoreFailWhenJump: false, iframeEnabled: false })
    assert.equal(faceDetail?.faceResult, 'PASS')
    assert.equal(faceDetail?.faceLivenessScore, 75)
    assert.equal(faceDetail?.faceImageTime, verdict?.frame?.at.getTime())
    assert.equal(faceDetail?.faceImageFar, faceDetail?.faceImage)
    assert.match(String(faceDetail?.faceImage), new RegExp(`/${signatureId}\\.jpg$`))
    const picture = await fetch(String(faceDetail?.faceImage))
    assert.equal(picture.headers.get('content-type'), 'image/jpeg')
    assert.deepEqual(new Uint8Array(await picture.arrayBuffer()), fakePicture({ person: 'ann' }))
  })

  test('with the picture itself', async () => {
    const signatureId = await h5.link()
    await judge(h5, signatureId)
    const { faceDetail } = await resultOf(signatureId, { returnImageType: 'BASE64' })
    assert.equal(faceDetail?.faceImage, Buffer.from(fakePicture({ person: 'ann' })).toString('base64'))
    for (const returnImageType of ['URL', '', null])
      assert.match(String((await resultOf(signatureId, { returnImageType })).faceDetail?.faceImage), /^http/)
    for (const returnImageType of ['url', 'JPEG', 7])
      assertRefused(await h5.ask('/get-result', { signatureId, returnImageType }), 'PARAMETER_ERROR', PARAMETER)
  })

  test('of one that failed, also while the person may try again', async () => {
    const signatureId = await h5.link()
    await judge(h5, signatureId, {
      state: 'failed',
      reasons: ['not_live'],
      liveness: { score: 0.1, live: false },
    })
    const { overallResult, errorCode, faceDetail, submissionCompleted } = await resultOf(signatureId)
    assert.deepEqual([overallResult, errorCode, submissionCompleted], ['FAIL', 'LIVENESS_ATTACK', true])
    assert.deepEqual([faceDetail?.faceLivenessScore, faceDetail?.livenessAttackType], [12.5, 1])
    assert.equal((await h5.sessionOf(signatureId)).ended, false)
    await move(h5, signatureId, 'started')
    assert.deepEqual((await resultOf(signatureId)).overallResult, 'INCOMPLETE')
  })

  test('of a comparison', async () => {
    const signatureId = await h5.link({}, '/generate-face-authentication-url')
    await judge(h5, signatureId, { state: 'failed', reasons: ['not_matched'], similarity: 41.5 })
    const { errorCode, faceDetail } = await resultOf(signatureId)
    assert.deepEqual([errorCode, faceDetail?.faceSimilarityScore], ['FACE_NOT_MATCH', 41.5])
  })

  for (const state of ['created', 'started', 'submitted', 'expired'] as const)
    test(`while it is ${state}`, async () => {
      const signatureId = await h5.link()
      await move(h5, signatureId, state)
      const { overallResult, errorCode, faceDetail, submissionCompleted } = await resultOf(signatureId)
      assert.deepEqual([overallResult, errorCode, faceDetail], ['INCOMPLETE', null, null])
      assert.equal(submissionCompleted, state === 'submitted')
    })

  test('of one without a face in any frame', async () => {
    const signatureId = await h5.link()
    await judge(h5, signatureId, { state: 'failed', reasons: ['no_face'], person: null })
    const { errorCode, faceDetail } = await resultOf(signatureId)
    assert.deepEqual([errorCode, faceDetail?.faceImage, faceDetail?.faceResult], ['NO_FACE_DETECTED', null, 'FAIL'])
  })

  test('of none, of another tenant’s, and without an id', async () => {
    const ask = (signatureId: unknown, from = h5) => from.ask('/get-result', { signatureId })
    const stranger = await openStranger('result-stranger')
    const message = 'This signatureId is not exist.'
    for (const signatureId of NOWHERE) assertRefused(await ask(signatureId), 'SIGNATURE_NOT_EXIST', message)
    assertRefused(await ask(await h5.link(), stranger), 'SIGNATURE_NOT_EXIST', message)
    for (const signatureId of [undefined, null, '', ' '])
      assertRefused(await ask(signatureId), 'PARAMETER_ERROR', EMPTY)
    assertRefused(await ask(7), 'PARAMETER_ERROR', PARAMETER)
  })

  test('a link is good for its one frame and no longer than that is kept', async () => {
    const signatureId = await h5.link()
    const { verdict } = await judge(h5, signatureId)
    const url = String((await resultOf(signatureId)).faceDetail?.faceImage)
    await h5.app.core.region.blobs.delete([verdict!.frame!.blobKey])
    assert.equal((await fetch(url)).status, 410)
    assert.equal((await resultOf(signatureId, { returnImageType: 'BASE64' })).faceDetail?.faceImage, null)
  })
})

test('a link to a frame is good for a day', async () => {
  let now = new Date()
  const later = await openH5({ change: { clock: { now: () => now } } })
  const signatureId = await later.link()
  await judge(later, signatureId)
  const url = String((await resultOf(signatureId, {}, later)).faceDetail?.faceImage)
  now = new Date(now.getTime() + 24 * 60 * 60 * 1000 - 1000)
  assert.equal((await fetch(url)).status, 200)
  now = new Date(now.getTime() + 2000)
  const expired = await fetch(url)
  assert.deepEqual([expired.status, ((await expired.json()) as { code: string }).code], [410, 'picture_link_expired'])
  await later.close()
})

describe('face-search', () => {
  beforeEach(async () => {
    await h5.close()
    h5 = await openH5()
  })
  const passAs = async (userId: string, template?: Float32Array): Promise<string> => {
    const signatureId = await h5.link({ userId })
    await judge(h5, signatureId, { person: userId, template })
    return signatureId
  }

  test('finds nobody before there is anybody else', async () => {
    assert.deepEqual(await usersOf(await passAs('ann')), [])
    assert.deepEqual(await usersOf(await passAs('bob')), [])
  })

  test('finds users by what they passed as, the likest first, each once', async () => {
    await passAs('near', mixOf('ann', 'x', 0.85))
    await passAs('near', mixOf('ann', 'x', 0.8))
    await passAs('nearer', mixOf('ann', 'y', 0.9))
    await passAs('other')
    const signatureId = await passAs('ann')
    assert.deepEqual(await usersOf(signatureId), ['nearer', 'near'])
  })

  test('finds the same user’s earlier transactions, and never the transaction’s own face', async () => {
    const first = await passAs('ann')
    assert.deepEqual(await usersOf(first), [])
    const second = await passAs('ann')
    assert.deepEqual(await usersOf(second), ['ann'])
    assert.deepEqual(await usersOf(first), ['ann'])
  })

  test('serves other products’ transactions too, of which none is enrolled', async () => {
    await passAs('ann')
    for (const path of ['/generate-liveness-detection-url', '/generate-face-authentication-url']) {
      const signatureId = await h5.link({ userId: 'ann' }, path)
      await judge(h5, signatureId)
      assert.deepEqual(await usersOf(signatureId), ['ann'])
    }
  })

  test('finds nobody where there is no H5 gallery', async () => {
    const signatureId = await h5.link({}, '/generate-liveness-detection-url')
    await judge(h5, signatureId)
    assert.deepEqual(await usersOf(signatureId), [])
  })

  test('goes by the enrolled face once the frames are deleted; without either there is nothing to look for', async () => {
    await passAs('ann')
    const signatureId = await passAs('ann')
    const { id, revision, verdict } = await h5.sessionOf(signatureId)
    const { sessions } = h5.app.core.region.store
    const without = { ...verdict!, template: null, frame: null }
    const changed = await sessions.update(id, revision, { verdict: without })
    assert.deepEqual(await usersOf(signatureId), ['ann'])
    await sessions.update(id, changed!.revision, { verdict: { ...without, faceId: null } })
    assertRefused(await search(signatureId), 'PARAMETER_ERROR', PARAMETER)
  })

  test('stays within a tenant', async () => {
    await passAs('ann')
    const stranger = await openStranger('search-stranger')
    const theirs = await stranger.link({ userId: 'ann' }, '/generate-liveness-detection-url')
    const { sessions } = h5.app.core.region.store
    const session = await sessions.findByPublicId('search-stranger', 'advance', theirs)
    await judge({ ...stranger, sessionOf: async () => session! }, theirs)
    assert.deepEqual(assertDone(await search(theirs, stranger)).similarFaceUserIds, [])
    assertRefused(await search(theirs), 'PARAMETER_ERROR', PARAMETER)
  })

  test('is refused for what is none, not finished, or failed', async () => {
    for (const signatureId of NOWHERE) assertRefused(await search(signatureId), 'PARAMETER_ERROR', PARAMETER)
    for (const signatureId of [undefined, null, '']) assertRefused(await search(signatureId), 'PARAMETER_ERROR', EMPTY)
    for (const state of ['created', 'started', 'submitted', 'expired'] as const) {
      const signatureId = await h5.link()
      await move(h5, signatureId, state)
      assertRefused(await search(signatureId), 'PARAMETER_ERROR', PARAMETER)
    }
    const failed = await h5.link()
    await judge(h5, failed, { state: 'failed', reasons: ['blur'] })
    assertRefused(await search(failed), 'PARAMETER_ERROR', 'Transaction is not pass')
  })

  test('of a gallery of another pack is an error of the server', async () => {
    const signatureId = await passAs('ann')
    const { id, revision, verdict } = await h5.sessionOf(signatureId)
    await h5.app.core.region.store.sessions.update(id, revision, { verdict: { ...verdict!, pack: 'other@1' } })
    assertRefused(await search(signatureId), 'ERROR', 'Server error')
  })
})

describe('face-search-enroll', () => {
  const failAs = async (userId: string, person: string | null = userId): Promise<string> => {
    const signatureId = await h5.link({ userId })
    await judge(h5, signatureId, { state: 'failed', reasons: ['blur'], person })
    return signatureId
  }

  test('adds the face of a failed transaction to those that are found', async () => {
    const signatureId = await failAs('fay')
    const received = await enroll(signatureId)
    assert.deepEqual(assertDone(received), { signatureId })
    assert.equal(received.headers['x-likeness-gallery'], 'advance-h5')
    assert.equal(received.headers['x-likeness-subject'], 'fay')
    const face = received.headers['x-likeness-face']
    assert.equal((await h5.app.call('GET', `/v1/galleries/advance-h5/faces/${face}`)).status, 200)
    const { body } = await h5.app.call<{ metadata: object }>('GET', '/v1/galleries/advance-h5/subjects/fay')
    assert.deepEqual(body.metadata, { region: 'PHL' })
    const next = await h5.link({ userId: 'fay-again' })
    await judge(h5, next, { person: 'fay' })
    assert.deepEqual(await usersOf(next), ['fay'])
  })

  test('adds it once', async () => {
    const signatureId = await failAs('gus')
    assertDone(await enroll(signatureId))
    const message = 'This signatureId is already enrolled.'
    assertRefused(await enroll(signatureId), 'SIGNATURE_ALREADY_ENROLLED', message)
    const passed = await h5.link({ userId: 'gus' })
    await judge(h5, passed, { person: 'gus' })
    assertRefused(await enroll(passed), 'SIGNATURE_ALREADY_ENROLLED', message)
  })

  test('carries on what a crash broke off', async () => {
    const signatureId = await failAs('hal')
    const { id, revision, verdict } = await h5.sessionOf(signatureId)
    const faceId = h5.app.core.context.ids.next()
    await h5.app.core.region.store.sessions.update(id, revision, { verdict: { ...verdict!, faceId } })
    const received = await enroll(signatureId)
    assertDone(received)
    assert.equal(received.headers['x-likeness-face'], faceId)
  })

  test('ends the transaction, and tells of it: no other try has a face beside this one', async () => {
    const signatureId = await h5.link({ userId: 'jan', callbackUrl: 'https://backend.example/told' })
    await judge(h5, signatureId, { state: 'failed', reasons: ['blur'], person: 'jan' })
    assert.equal((await h5.sessionOf(signatureId)).ended, false)
    assertDone(await enroll(signatureId))
    const { id, state, ended } = await h5.sessionOf(signatureId)
    assert.deepEqual([state, ended], ['failed', true])
    const told = await h5.app.core.region.store.sessions.listDeliveries(new Date('2100-01-01'), 100)
    const bodies = told.filter(({ sessionId }) => sessionId === id).map(({ body }) => JSON.parse(body))
    assert.deepEqual(bodies, [{ signatureId, type: 'COMPLETED' }])
    assertDone(await clear(signatureId))
    const { body } = await h5.app.call<{ items: unknown[] }>('GET', '/v1/galleries/advance-h5/subjects/jan/faces')
    assert.deepEqual(body.items ?? [], [])
  })

  test('asked for twice at once adds one face', async () => {
    const signatureId = await failAs('kit')
    const received = await Promise.all([enroll(signatureId), enroll(signatureId)])
    for (const { body } of received) assert.match(body.code, /^(SUCCESS|SIGNATURE_ALREADY_ENROLLED)$/)
    assert.ok(received.some(({ body }) => body.code === 'SUCCESS'))
    const { body } = await h5.app.call<{ items: unknown[] }>('GET', '/v1/galleries/advance-h5/subjects/kit/faces')
    assert.equal(body.items.length, 1)
  })

  for (const delayMs of [0, 1, 2, 4, 8])
    test(`while the data is cleared leaves no face behind (${delayMs} ms)`, async () => {
      const userId = `lea-${delayMs}`
      const signatureId = await failAs(userId)
      const enrolling = enroll(signatureId)
      await new Promise(resolve => setTimeout(resolve, delayMs))
      assertDone(await clear(signatureId))
      assert.match((await enrolling).body.code, /^(SUCCESS|PARAMETER_ERROR)$/)
      const { body } = await h5.app.call<{ items?: unknown[] }>(
        'GET',
        `/v1/galleries/advance-h5/subjects/${userId}/faces`,
      )
      assert.deepEqual(body.items ?? [], [])
    })

  test('is refused for what is none, has no result, or no face that could be enrolled', async () => {
    for (const signatureId of NOWHERE)
      assertRefused(await enroll(signatureId), 'SIGNATURE_NOT_EXIST', 'This signatureId is not exist.')
    for (const signatureId of [undefined, null, ''])
      assertRefused(await enroll(signatureId), 'PARAMETER_ERROR', 'Parameter should not be empty.')
    assertRefused(await enroll(7), 'PARAMETER_ERROR', PARAMETER)
    for (const state of ['created', 'started', 'submitted', 'expired'] as const) {
      const signatureId = await h5.link()
      await move(h5, signatureId, state)
      assertRefused(await enroll(signatureId), 'PARAMETER_ERROR', 'Transaction is not pass.')
    }
    const message = 'Transaction is not be enrolled.'
    assertRefused(await enroll(await failAs('ian', null)), 'PARAMETER_ERROR', message)
    for (const path of ['/generate-liveness-detection-url', '/generate-face-authentication-url']) {
      const signatureId = await h5.link({}, path)
      await judge(h5, signatureId, { state: 'failed', reasons: ['blur'] })
      assertRefused(await enroll(signatureId), 'PARAMETER_ERROR', message)
    }
  })
})

describe('clear-data', () => {
  test('deletes frame, face and what was learnt at once; that it was stays', async () => {
    const before = await countBlobs(h5.app.core.region)
    const signatureId = await h5.link({ userId: 'kim' })
    const { verdict } = await judge(h5, signatureId, { person: 'kim' })
    const url = String((await resultOf(signatureId)).faceDetail?.faceImage)
    assert.equal(await countBlobs(h5.app.core.region), before + 2)
    assert.equal(assertDone(await clear(signatureId)), null)
    assert.equal(await countBlobs(h5.app.core.region), before)
    const { context, region } = h5.app.core
    assert.equal(await readPicture(context, region, verdict!.frame!.blobKey), null)
    assert.equal((await fetch(url)).status, 410)
    assert.equal((await h5.app.call('GET', `/v1/galleries/advance-h5/faces/${verdict!.faceId}`)).status, 404)
    const { overallResult, errorCode, faceDetail, inputParameters, countryCodeIso3 } = await resultOf(signatureId)
    assert.deepEqual([overallResult, errorCode], ['PASS', 'SUCCESS'])
    assert.equal(faceDetail?.faceImage ?? null, null)
    assert.deepEqual([inputParameters, countryCodeIso3], [null, null])
    assertRefused(await search(signatureId), 'PARAMETER_ERROR', PARAMETER)
    assert.equal(assertDone(await clear(signatureId)), null)
  })

  test('leaves the user’s other transactions as they are', async () => {
    const [first, second] = [await h5.link({ userId: 'lea' }), await h5.link({ userId: 'lea' })]
    for (const signatureId of [first, second]) await judge(h5, signatureId, { person: 'lea' })
    assertDone(await clear(first))
    assert.equal((await resultOf(second)).overallResult, 'PASS')
    assert.deepEqual(await usersOf(second), [])
    const third = await h5.link({ userId: 'lea' })
    await judge(h5, third, { person: 'lea' })
    assert.deepEqual(await usersOf(third), ['lea'])
  })

  test('of a comparison leaves the enrolled user', async () => {
    const signatureId = await h5.link({ userId: 'mia' }, '/generate-face-authentication-url')
    await judge(h5, signatureId, { person: 'mia', similarity: 99 })
    assertDone(await clear(signatureId))
    const { faceDetail } = await resultOf(signatureId)
    assert.equal(faceDetail?.faceSimilarityScore ?? null, null)
  })

  test('of what failed or ran out', async () => {
    const failed = await h5.link()
    await judge(h5, failed, { state: 'failed', reasons: ['not_live'] })
    assertDone(await clear(failed))
    const { ended, state } = await h5.sessionOf(failed)
    assert.deepEqual([ended, state], [true, 'failed'])
    const { overallResult, errorCode } = await resultOf(failed)
    assert.deepEqual([overallResult, errorCode], ['FAIL', 'LIVENESS_ATTACK'])
    const expired = await h5.link()
    await move(h5, expired, 'expired')
    assertDone(await clear(expired))
  })

  test('is refused without an id, for what is none, and while it goes on', async () => {
    for (const path of ['/clear-data', '/clear-data?signatureId=', '/clear-data?signatureId=%20'])
      for (const body of [undefined, {}])
        assertRefused(await h5.ask(path, body), 'PARAMETER_ERROR', 'SignatureId is empty')
    for (const signatureId of NOWHERE.filter(id => id.length < 1000))
      assertRefused(await clear(signatureId), 'PARAMETER_ERROR', 'SignatureId is not exist')
    const twice = await h5.ask(`/clear-data?signatureId=${await h5.link()}&signatureId=x`)
    assertRefused(twice, 'PARAMETER_ERROR', PARAMETER)
    for (const state of ['created', 'started'] as const) {
      const signatureId = await h5.link()
      await move(h5, signatureId, state)
      assertRefused(await clear(signatureId), 'PARAMETER_ERROR', 'Transaction is not finished')
    }
    const submitted = await h5.link()
    await move(h5, submitted, 'submitted')
    assertRefused(
      await clear(submitted),
      'REQUEST_IN_PROCESSING',
      'Your request is currently being processed. Please do not submit it repeatedly',
    )
    const stranger = await openStranger('clear-stranger')
    assertRefused(await clear(submitted, stranger), 'PARAMETER_ERROR', 'SignatureId is not exist')
  })
})

test('a store that fails is an error of the server, in each call’s own words', async () => {
  let isBroken = false
  const adapt = (ports: FakePorts): FakePorts => {
    const { sessions } = ports.store
    const refuse = async () => {
      throw new AppError('internal', 'The store is broken.')
    }
    return {
      ...ports,
      store: {
        ...ports.store,
        sessions: {
          ...sessions,
          insert: session => (isBroken ? refuse() : sessions.insert(session)),
          findByPublicId: (...asked) => (isBroken ? refuse() : sessions.findByPublicId(...asked)),
        },
      },
    }
  }
  const broken = await openH5({ adapt })
  const signatureId = await broken.link()
  isBroken = true
  assertRefused(await broken.ask('/generate-url', LINK), 'ERROR', 'Server error')
  assertRefused(await broken.ask('/get-result', { signatureId }), 'ERROR', 'Server error.')
  for (const call of ['/face-search', '/face-search-enroll'])
    assertRefused(await broken.ask(call, { signatureId }), 'ERROR', 'Server error')
  assertRefused(await clear(signatureId, broken), 'ERROR', 'Server error')
  await broken.close()
})
