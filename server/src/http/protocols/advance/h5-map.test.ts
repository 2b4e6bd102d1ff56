// The hosted pages' pure parts: parameters → session, session → result.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type CaptureSession,
  SESSION_REASONS,
  type SessionRequest,
  type SessionVerdict,
} from '../../../core/session-types.ts'
import { toErrorCode, toLanguage, toRequest, toResult } from './h5-map.ts'
import { LinkBody, ResultAnswer } from './h5-wire.ts'

const AT = new Date('2031-02-03T04:05:06.789Z')

const VERDICT: SessionVerdict = {
  judgedAt: AT,
  frame: { blobKey: 'k', mediaType: 'image/jpeg', bytes: 1, sha256: '00', at: AT },
  template: new Float32Array([1]),
  pack: 'fake@1',
  liveness: { score: 0.7, threshold: 0.4, live: true, model: 'm@1' },
  events: [{ challenge: 'turn_left', met: true, at: AT }],
  similarity: null,
  threshold: null,
  candidates: [],
  faceId: null,
  subjectId: null,
}

const link = (change: object = {}) =>
  LinkBody.parse({
    returnUrl: 'https://example.com/good',
    failReturnUrl: 'https://example.com/bad',
    bizId: 'order-1',
    userId: 'ada',
    region: 'PHL',
    ...change,
  })

const requestOf = (parameters: object): SessionRequest =>
  ({
    purpose: 'enrol',
    galleryId: 'advance-h5',
    subjectId: 'ada',
    metadata: null,
    uploadAllowed: false,
    threshold: null,
    returnUrl: null,
    failReturnUrl: null,
    callbackUrl: null,
    language: null,
    colourScheme: 'auto',
    iframeOrigins: [],
    liveness: 'both',
    ...toRequest(link(parameters), 'faceSearch', ['liveness']),
  }) as SessionRequest

const sessionOf = (change: Partial<CaptureSession> = {}, parameters: object = {}): CaptureSession => ({
  id: '0195b0c8-0001-7000-8000-000000000001',
  tenantId: 'default',
  credentialId: 'c',
  protocol: 'advance',
  publicId: '730baa5ab2e34e53',
  state: 'passed',
  ended: true,
  reasons: [],
  attempt: null,
  failures: [],
  verdict: VERDICT,
  createdAt: AT,
  expiresAt: AT,
  startedAt: AT,
  submittedAt: AT,
  endedAt: AT,
  clearedAt: null,
  revision: 3,
  ...requestOf(parameters),
  ...change,
})

const failedFor = (...names: string[]) =>
  sessionOf({ state: 'failed', reasons: names.map(name => ({ name, message: '' })) })

describe('parameters', () => {
  test('languages by the first part of their tags; the browser’s where the page has not that one', () => {
    const languages = ['en-US', 'EN', 'id-ID', 'in_ID', 'th', 'vi-VN', 'fil', 'tl-PH', 'ms-MY', 'es-419', 'en;q=0.8,th']
    assert.deepEqual(languages.map(toLanguage), ['en', 'en', 'id', 'id', 'th', 'vi', 'fil', 'fil', 'ms', 'es', 'en'])
    for (const tag of [undefined, null, '', ' ', 'zh-CN', 'xx', '-', 'english']) assert.equal(toLanguage(tag), null)
  })

  test('what is not given is as the vendor has it', () => {
    const { details, ...request } = toRequest(link(), 'faceSearch', ['liveness'])
    assert.deepEqual(request, {
      liveness: 'both',
      returnUrl: 'https://example.com/good',
      failReturnUrl: 'https://example.com/bad',
      callbackUrl: null,
      language: null,
      colourScheme: 'auto',
      iframeOrigins: [],
    })
    assert.deepEqual([details?.product, details?.livenessType], ['faceSearch', 'DISTANT_NEAR'])
  })

  test('what is given is taken: colours, frames of other pages, and where a failure leads', () => {
    const given = { prefersColorScheme: 'dark', iframeEnabled: 'true', ignoreFailWhenJump: true, failReturnUrl: null }
    const request = toRequest(link(given), 'faceSearch', ['liveness'])
    assert.equal(request.colourScheme, 'dark')
    assert.deepEqual(request.iframeOrigins, ['*'])
    assert.equal(request.failReturnUrl, 'https://example.com/good')
  })

  test('the kinds of liveness; movements alone where the server judges no still face', () => {
    const livenessOf = (livenessType: string, assessments: readonly 'liveness'[]) =>
      toRequest(link({ livenessType }), 'liveness', assessments).liveness
    const types = ['DISTANT_NEAR', 'SILENT', 'ACTION', '']
    assert.deepEqual(
      types.map(type => livenessOf(type, ['liveness'])),
      ['both', 'passive', 'both', 'both'],
    )
    for (const type of types) assert.equal(livenessOf(type, []), 'active')
  })

  test('pictures of documents are not remembered, everything else is', () => {
    const { details } = toRequest(
      link({
        docType: 'PH-ID-SSS',
        solutionCode: '01',
        docImageWithFaceBase64: 'AAAA',
        docImageWithFaceUrl: 'http://x',
      }),
      'faceSearch',
      [],
    )
    assert.deepEqual(details?.inputs, {
      returnUrl: 'https://example.com/good',
      failReturnUrl: 'https://example.com/bad',
      bizId: 'order-1',
      userId: 'ada',
      region: 'PHL',
      docType: 'PH-ID-SSS',
      solutionCode: '01',
      ignoreFailWhenJump: false,
      iframeEnabled: false,
    })
  })
})

describe('results', () => {
  const answerOf = (session: CaptureSession, image: string | null = 'http://x/y.jpg') => {
    const data = toResult(session, image)
    const envelope = { code: 'SUCCESS', message: 'OK', data, extra: null, transactionId: 'x', pricingStrategy: 'FREE' }
    assert.deepEqual(ResultAnswer.parse(envelope).data, data)
    return data
  }

  test('of a passed transaction', () => {
    const time = AT.getTime()
    const result = answerOf(sessionOf())
    assert.deepEqual(result, {
      signatureId: '730baa5ab2e34e53',
      overallResult: 'PASS',
      submissionCompleted: true,
      idvResult: 'PASS',
      errorCode: 'SUCCESS',
      faceDetail: {
        faceResult: 'PASS',
        faceImage: 'http://x/y.jpg',
        faceImageTime: time,
        faceImageFar: 'http://x/y.jpg',
        faceImageFarTime: time,
        faceImageNear: null,
        faceImageNearTime: null,
        silentImage: null,
        silentImageTime: null,
        auditImageUrl: null,
        faceLivenessScore: 75,
        livenessAttackType: null,
        livenessType: 'DISTANT_NEAR',
        livenessFlowCategory: 'SILENT_ACTION',
        faceSimilarityScore: null,
        eventDetails: [{ event: 'TURN_LEFT', result: 'PASS', createTimestamp: time }],
        faceVideoUrl: null,
      },
      countryCodeIso3: 'PHL',
      inputParameters: {
        returnUrl: 'https://example.com/good',
        failReturnUrl: 'https://example.com/bad',
        bizId: 'order-1',
        userId: 'ada',
        region: 'PHL',
        ignoreFailWhenJump: false,
        iframeEnabled: false,
      },
    })
  })

  test('the picture is the silent one where nobody was asked to come nearer', () => {
    for (const livenessType of ['SILENT', 'ACTION']) {
      const { faceDetail } = answerOf(sessionOf({}, { livenessType }))
      assert.equal(faceDetail?.silentImage, 'http://x/y.jpg')
      assert.equal(faceDetail?.faceImage, faceDetail?.silentImage)
      assert.deepEqual([faceDetail?.faceImageFar, faceDetail?.faceImageFarTime], [null, null])
    }
  })

  for (const state of ['created', 'started', 'submitted', 'expired'] as const)
    test(`while it is ${state} there is neither a result nor a face`, () => {
      const result = answerOf(sessionOf({ state, verdict: state === 'started' ? VERDICT : null }))
      const { overallResult, idvResult, errorCode, faceDetail, submissionCompleted } = result
      assert.deepEqual([overallResult, idvResult, errorCode, faceDetail], ['INCOMPLETE', 'INCOMPLETE', null, null])
      assert.equal(submissionCompleted, state === 'submitted')
    })

  const CODES: Record<string, readonly string[]> = {
    LIVENESS_ATTACK: [
      'not_live',
      'challenge_not_met',
      'challenge_too_fast',
      'still_picture',
      'flat_picture',
      'frames_repeated',
      'frames_replayed',
      'frames_missing',
      'different_person',
    ],
    NO_FACE_DETECTED: ['no_face'],
    MULTIPLE_FACES_DETECTED: ['several_faces', 'severalFaces'],
    FACE_NOT_MATCH: ['not_matched'],
    ENROLL_FAILED: ['not_enrolled'],
    FACE_LOW_QUALITY: ['picture_unusable', 'blur', 'mask'],
    TOO_MANY_FAILURES: ['too_many_failures'],
    USER_GAVE_UP: ['gave_up'],
  }
  test('each reason has its code', () => {
    for (const [code, names] of Object.entries(CODES))
      for (const name of names) assert.equal(toErrorCode(failedFor(name)), code, name)
    assert.deepEqual(
      SESSION_REASONS.filter(name => !Object.values(CODES).flat().includes(name)),
      [],
    )
    const unknown = { name: 'not_matched', message: '', details: { code: 'subject_not_found' } }
    assert.equal(toErrorCode({ state: 'failed', reasons: [unknown] }), 'USER_NOT_ENROLLED')
  })

  test('of several reasons an attack goes first, and the lock last', () => {
    assert.equal(toErrorCode(failedFor('too_many_failures', 'blur', 'flat_picture')), 'LIVENESS_ATTACK')
    assert.equal(toErrorCode(failedFor('too_many_failures', 'no_face')), 'NO_FACE_DETECTED')
    assert.equal(toErrorCode(failedFor()), 'USER_GAVE_UP')
  })

  test('the kinds of attack; what is certain goes before what is not', () => {
    const kindOf = (...names: string[]) => answerOf(failedFor(...names)).faceDetail?.livenessAttackType
    assert.equal(kindOf('not_live'), 1)
    assert.equal(kindOf('flat_picture', 'challenge_not_met'), 1)
    assert.equal(kindOf('frames_replayed', 'flat_picture'), 2)
    assert.equal(kindOf('different_person'), 3)
    assert.equal(kindOf('not_matched', 'blur'), null)
  })

  test('movements that refute a living person pull the score below the vendor’s bound', () => {
    const scoreOf = (session: CaptureSession) => answerOf(session).faceDetail?.faceLivenessScore
    assert.equal(scoreOf(failedFor('flat_picture')), 49.99)
    assert.equal(scoreOf(failedFor('not_matched')), 75)
    const liveness = { score: 0.1, threshold: 0.4, live: false, model: 'm@1' }
    assert.equal(scoreOf({ ...failedFor('not_live'), verdict: { ...VERDICT, liveness } }), 12.5)
    assert.equal(scoreOf(sessionOf({ verdict: { ...VERDICT, liveness: null } })), null)
  })

  test('a comparison has its similarity', () => {
    const { faceDetail } = answerOf(sessionOf({ verdict: { ...VERDICT, similarity: 83.2, threshold: 70 } }))
    assert.equal(faceDetail?.faceSimilarityScore, 83.2)
  })

  test('once it was cleared, that it was and how it ended is all', () => {
    const cleared = { verdict: null, details: null, clearedAt: AT }
    assert.deepEqual(answerOf(sessionOf(cleared), null), {
      signatureId: '730baa5ab2e34e53',
      overallResult: 'PASS',
      submissionCompleted: true,
      idvResult: 'PASS',
      errorCode: 'SUCCESS',
      faceDetail: null,
      countryCodeIso3: null,
      inputParameters: null,
    })
    const withoutFrame = answerOf(sessionOf({ verdict: { ...VERDICT, frame: null } }), null)
    assert.deepEqual([withoutFrame.faceDetail?.faceImage, withoutFrame.faceDetail?.faceImageTime], [null, null])
  })
})
