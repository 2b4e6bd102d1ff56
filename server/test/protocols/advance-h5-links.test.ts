// ADVANCE.AI's hosted pages: the links, what their parameters make of a capture session, and each one that is refused.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { assertDone, assertEnvelope, assertRefused } from './advance-app.ts'
import { EMPTY, H5, type H5App, LINK, openH5, PARAMETER } from './h5-app.ts'

let h5: H5App
before(async () => {
  h5 = await openH5()
})
after(() => h5?.close())

interface LinkData {
  readonly signatureId: string
  readonly url: string
}
const ask = (change: object = {}, path = '/generate-url') => h5.ask<LinkData>(path, { ...LINK, ...change })
const LINKS = ['/generate-url', '/generate-face-authentication-url', '/generate-liveness-detection-url']

describe('a link', () => {
  for (const path of LINKS)
    test(`of ${path} has a signatureId and a one-time address`, async () => {
      const received = await ask({}, path)
      const { signatureId, url } = assertDone(received)
      assert.equal(received.body.pricingStrategy, 'FREE')
      assert.match(signatureId, /^[0-9a-f]{16}$/)
      assert.match(url, new RegExp(`^${h5.app.url}/capture/[A-Za-z0-9_-]{43}$`))
      const session = await h5.sessionOf(signatureId)
      assert.equal(received.headers['x-likeness-session'], session.id)
      assert.equal(session.protocol, 'advance')
      assert.equal(session.state, 'created')
      assert.equal(session.expiresAt.getTime() - session.createdAt.getTime(), 30 * 60 * 1000)
      assert.notEqual((assertDone(await ask({}, path)) as LinkData).signatureId, signatureId)
    })

  test('of generate-url enrols the user into the H5 gallery, which appends and minds nobody’s double', async () => {
    const received = await ask({ userId: 'bob' })
    const session = await h5.sessionOf(assertDone(received).signatureId)
    const { purpose, galleryId, subjectId, metadata, threshold } = session
    assert.deepEqual(
      { purpose, galleryId, subjectId, metadata, threshold },
      { purpose: 'enrol', galleryId: 'advance-h5', subjectId: 'bob', metadata: { region: 'PHL' }, threshold: null },
    )
    assert.equal(received.headers['x-likeness-gallery'], 'advance-h5')
    assert.equal(received.headers['x-likeness-subject'], 'bob')
    const { body } = await h5.app.call<{ policy: Record<string, unknown> }>('GET', '/v1/galleries/advance-h5')
    const { existingSubject, whenFull, maxFacesPerSubject, duplicates } = body.policy
    assert.deepEqual(
      [existingSubject, whenFull, maxFacesPerSubject, duplicates],
      ['append', 'replace_oldest', 5, 'allow'],
    )
  })

  test('of Face Authentication verifies its user at 70, enrolled or not', async () => {
    const { signatureId } = assertDone(await ask({ userId: 'nobody' }, '/generate-face-authentication-url'))
    const { purpose, galleryId, subjectId, threshold } = await h5.sessionOf(signatureId)
    assert.deepEqual(
      { purpose, galleryId, subjectId, threshold },
      { purpose: 'verify', galleryId: 'advance-face-authentication', subjectId: 'nobody', threshold: 70 },
    )
  })

  test('of liveness detection is about nobody', async () => {
    const received = await ask({ livenessType: 'SILENT' }, '/generate-liveness-detection-url')
    const session = await h5.sessionOf(assertDone(received).signatureId)
    const { purpose, galleryId, subjectId, liveness } = session
    assert.deepEqual([purpose, galleryId, subjectId, liveness], ['liveness', null, null, 'passive'])
    assert.equal(received.headers['x-likeness-gallery'], undefined)
  })

  test('takes what is given of language, colours, frames, addresses', async () => {
    const { signatureId } = assertDone(
      await ask({
        returnUrl: 'myapp://callback/success',
        failReturnUrl: 'alipays://platformapi/startapp?id=1',
        callbackUrl: 'http://example.com/told?key=1',
        language: 'th-TH',
        prefersColorScheme: 'dark',
        iframeEnabled: true,
        bizCode: 'WhiteCard',
        productLevel: 'PRO',
        solutionCode: '01',
        docType: 'PH-ID-SSS',
        docImageWithFaceBase64: 'A'.repeat(1_000_000),
        unknown: { a: 1 },
      }),
    )
    const session = await h5.sessionOf(signatureId)
    assert.equal(session.returnUrl, 'myapp://callback/success')
    assert.equal(session.failReturnUrl, 'alipays://platformapi/startapp?id=1')
    assert.equal(session.callbackUrl, 'http://example.com/told?key=1')
    assert.equal(session.language, 'th')
    assert.equal(session.colourScheme, 'dark')
    assert.deepEqual(session.iframeOrigins, ['*'])
    assert.equal(session.uploadAllowed, false)
  })

  test('with ignoreFailWhenJump leads to returnUrl whatever comes of it', async () => {
    for (const failReturnUrl of [LINK.failReturnUrl, undefined, null, '']) {
      const session = await h5.sessionOf(await h5.link({ ignoreFailWhenJump: true, failReturnUrl }))
      assert.equal(session.failReturnUrl, LINK.returnUrl)
    }
  })

  test('takes every optional parameter empty', async () => {
    const empty = Object.fromEntries(
      [
        'callbackUrl',
        'language',
        'prefersColorScheme',
        'bizCode',
        'livenessType',
        'productLevel',
        'solutionCode',
        'docType',
      ]
        .concat(['ignoreFailWhenJump', 'iframeEnabled'])
        .flatMap(name => [[name, '']]),
    )
    const session = await h5.sessionOf(await h5.link(empty))
    assert.deepEqual([session.language, session.colourScheme, session.callbackUrl], [null, 'auto', null])
    assert.deepEqual(session.iframeOrigins, [])
    await h5.link(Object.fromEntries(Object.keys(empty).map(name => [name, null])))
  })
})

describe('refused', () => {
  const NAMES = ['returnUrl', 'failReturnUrl', 'bizId', 'userId', 'region'] as const
  for (const path of LINKS)
    test(`${path}: each parameter that must be there`, async () => {
      for (const name of NAMES)
        for (const value of [undefined, null, '', ' \t'])
          assertRefused(await ask({ [name]: value }, path), 'PARAMETER_ERROR', EMPTY)
    })

  const BAD_ADDRESSES = [
    'javascript:alert(1)',
    'JavaScript://example.com/%0aalert(1)',
    'data:text/html,x',
    'data://example.com/x',
    'file:///etc/passwd',
    'file://example.com/x',
    'about:blank',
    'about://example.com/',
    'blob:https://example.com/x',
    'blob://example.com/x',
    'intent://example.com/#Intent;end',
    'myapp:',
    'myapp://',
    'myapp:///path',
    'https://',
    'https:example.com',
    'https:///example.com',
    'example.com/callback',
    '/callback',
    '//example.com/callback',
    'not an address',
    'https://host/\npath',
    'https://host/\rpath',
    'https://host/\tpath',
    'https://host/\0path',
    ' https://host/path',
    'https://ho st/path',
    `https://host/${'x'.repeat(2048)}`,
  ]
  for (const name of ['returnUrl', 'failReturnUrl'])
    for (const address of BAD_ADDRESSES)
      test(`${name} ${JSON.stringify(address).slice(0, 50)}`, async () => {
        assertRefused(await ask({ [name]: address }), 'PARAMETER_ERROR', PARAMETER)
      })

  for (const address of [
    ...BAD_ADDRESSES,
    'myapp://callback/success',
    'ftp://example.com/',
    'wss://example.com/',
    'https://user:word@example.com/',
  ])
    test(`callbackUrl ${JSON.stringify(address).slice(0, 50)}`, async () => {
      assertRefused(await ask({ callbackUrl: address }), 'PARAMETER_ERROR', PARAMETER)
    })

  const WRONG: [string, object][] = [
    ['returnUrl a number', { returnUrl: 7 }],
    ['callbackUrl an object', { callbackUrl: {} }],
    ['bizId too long', { bizId: 'x'.repeat(257) }],
    ['userId a number', { userId: 7 }],
    ['language a number', { language: 7 }],
    ['language too long', { language: 'x'.repeat(257) }],
    ['prefersColorScheme', { prefersColorScheme: 'blue' }],
    ['ignoreFailWhenJump', { ignoreFailWhenJump: 'yes' }],
    ['iframeEnabled', { iframeEnabled: 1 }],
    ['bizCode of 33 characters', { bizCode: 'x'.repeat(33) }],
    ['bizCode with other characters', { bizCode: 'White Card' }],
    ['livenessType', { livenessType: 'silent' }],
    ['productLevel', { productLevel: 'BASIC' }],
  ]
  for (const [what, change] of WRONG)
    test(what, async () => {
      for (const path of LINKS) assertRefused(await ask(change, path), 'PARAMETER_ERROR', PARAMETER)
    })

  test('liveness detection has no ADVANCED level', async () => {
    const path = '/generate-liveness-detection-url'
    assertRefused(await ask({ productLevel: 'ADVANCED' }, path), 'PARAMETER_ERROR', PARAMETER)
    for (const productLevel of ['STANDARD', 'PRO']) assertDone(await ask({ productLevel }, path))
    assertDone(await ask({ productLevel: 'ADVANCED' }))
  })

  test('users and regions as in Face Authentication', async () => {
    for (const userId of ['x'.repeat(65), 'a\nb', 'a\ud800'])
      assertRefused(await ask({ userId }), 'PARAMETER_ERROR', 'UserId is invalid')
    for (const region of ['PH', 'phl', 'XKX']) assertRefused(await ask({ region }), 'REGION_WRONG', 'Region is wrong')
    assertRefused(await ask({ region: 7 }), 'PARAMETER_ERROR', PARAMETER)
  })

  test('what is no body of the expected form', async () => {
    for (const body of ['{', '[]', '"x"', 'null', ''])
      assertRefused(await h5.ask('/generate-url', body), 'CLIENT_ERROR', 'HTTP 400 - Bad Request')
  })

  test('nothing was made of what was refused', async () => {
    const { region } = h5.app.core
    const { items } = await region.store.sessions.list(
      'default',
      { subjectId: 'x'.repeat(65) },
      { limit: 10, cursor: null },
    )
    assert.deepEqual(items, [])
  })
})

test('the OpenAPI document demands what the calls demand, and no more', async () => {
  const { body } = await h5.app.call<{ components: { schemas: Record<string, { required: string[] }> } }>(
    'GET',
    '/openapi/advance.json',
  )
  for (const name of ['AdvanceH5Link', 'AdvanceH5LivenessLink'])
    assert.deepEqual(body.components.schemas[name].required, ['returnUrl', 'bizId', 'userId', 'region'])
  const least = { returnUrl: LINK.returnUrl, bizId: '1', userId: 'ann', region: 'PHL', ignoreFailWhenJump: true }
  for (const path of LINKS) assertDone(await h5.ask(path, least))
})

describe('where', () => {
  test('the calls answer with the prefix and without, to callers with a token alone', async () => {
    const bare = H5.replace('/advance', '')
    for (const call of [...LINKS.map(path => bare + path)]) assertDone(await h5.ask(call, LINK))
    for (const call of ['/get-result', '/face-search', '/face-search-enroll', '/clear-data'])
      for (const base of [H5, bare]) {
        assertEnvelope(await h5.ask(base + call, {}))
        const stranger = { headers: { 'x-access-token': 'x' } }
        assertRefused(await h5.ask(base + call, {}, stranger), 'IAM_FAILED', 'Token not found or expired')
      }
  })

  test('the vendor’s other products say that they are not offered', async () => {
    for (const path of [
      '/generate-ekyc-verification-url',
      '/generate-document-verification-url',
      '/generate-non-document-verification-url',
      '/api/document',
      '/api/idv',
      '/api/address-verification/start-verification',
    ]) {
      const message = 'HTTP 501 - Not Implemented: this product is not offered'
      assertRefused(await h5.ask(path, LINK), 'CLIENT_ERROR', message)
      assertRefused(await h5.ask(path, '{'), 'CLIENT_ERROR', message)
      assertRefused(
        await h5.ask(path, {}, { headers: { 'x-access-token': 'x' } }),
        'IAM_FAILED',
        'Token not found or expired',
      )
    }
    assertRefused(await h5.ask('/generate-nothing', LINK), 'CLIENT_ERROR', 'HTTP 404 - Not Found')
  })

  test('a region gives links for the countries that it serves', async () => {
    const regions = [{ id: 'default', hosts: [], countries: ['TH'] }]
    const served = await openH5({ regions })
    assertDone(await served.ask('/generate-url', { ...LINK, region: 'THA' }))
    for (const path of LINKS) assertRefused(await served.ask(path, LINK), 'REGION_WRONG', 'Region is wrong')
    await served.close()
  })

  test('a server that judges no liveness asks for movements, whatever was asked for', async () => {
    const plain = await openH5({ adapt: ports => ports })
    for (const livenessType of ['SILENT', 'ACTION', 'DISTANT_NEAR'])
      assert.equal((await plain.sessionOf(await plain.link({ livenessType }))).liveness, 'active')
    await plain.close()
  })
})
