// The Verihubs API: each code of the vendor's tables from a real body, and the order of the checks.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { parseAllowList } from '../../src/http/outgoing/allow-list.ts'
import { createPictureFetcher } from '../../src/http/picture-url/fetch.ts'
import { serve } from '../../src/http/picture-url/servers.fixture.ts'
import { DEFAULT_LIMITS } from '../../src/limits.ts'
import { base64Of, photoOf } from './judging-engine.ts'
import { type Application, assertFailOn, assertRefused, assertSuccess, openVerihubs } from './verihubs-app.ts'

const SMALL = { verihubsImageBytes: 2000, verihubsUrlTimeoutMs: 300, maxBodyBytes: 40_000 }
const pictures = await serve((request, response) => {
  const answers: Record<string, () => void> = {
    '/ada.jpg': () => response.setHeader('content-type', 'image/jpeg').end(photoOf({ person: 'ada' })),
    '/large.jpg': () => response.setHeader('content-type', 'image/jpeg').end(Buffer.alloc(2001, 0xff)),
    '/page': () => response.setHeader('content-type', 'text/html').end('<p>'),
    '/empty': () => response.setHeader('content-type', 'image/jpeg').end(),
    '/stalls': () =>
      void response.setHeader('content-type', 'image/jpeg').write(photoOf({ person: 'ada' }).subarray(0, 5)),
  }
  const answer = answers[request.url ?? '']
  if (answer) answer()
  else response.writeHead(404).end()
})
const server = await openVerihubs({
  limits: SMALL,
  pictureUrls: {
    fetch: createPictureFetcher({ limits: { ...DEFAULT_LIMITS, ...SMALL } }),
    policyOf: () => ({ mode: 'public', allow: parseAllowList(`127.0.0.1:${pictures.port}`, 'allow') }),
  },
})
after(async () => {
  await server.close()
  pictures.close()
})
const { call } = await server.newApplication()
const testing: Application = await server.newApplication({ mode: 'testing', testingQuota: 0 })
const ada = base64Of({ person: 'ada' })
assertSuccess(await call('/enroll', { image: ada, subject_id: 'ada' }))

/** The endpoints of one picture, each with what else it needs. */
const ONE_PICTURE = {
  '/enroll': {},
  '/verify': { subject_id: 'ada' },
  '/search': {},
  '/liveness': {},
} as const

/** Bodies of a picture field, and the end of the code that the field's name goes into. */
const BAD_PICTURES: readonly [unknown, string][] = [
  [undefined, 'MISSING_PAYLOAD_#'],
  ['', 'INVALID_PAYLOAD_#_MISSING'],
  [' \n', 'INVALID_PAYLOAD_#_MISSING'],
  [null, 'INVALID_PAYLOAD_#_MISSING'],
  [17, 'INVALID_PAYLOAD_#_MISSING'],
  [['a'], 'INVALID_PAYLOAD_#_MISSING'],
  ['no base64, no URL', 'INVALID_PAYLOAD_#_MISSING'],
  ['data:image/jpeg;base64,', 'INVALID_PAYLOAD_#_MISSING'],
  ['ftp://pictures.example/ada.jpg', 'INVALID_PAYLOAD_#_MISSING'],
  ['http://', 'INVALID_PAYLOAD_#_MISSING'],
  ['http://user:secret@pictures.example/', 'INVALID_PAYLOAD_#_MISSING'],
  [`http://pictures.example/${'x'.repeat(DEFAULT_LIMITS.maxUrlCharacters)}`, 'INVALID_PAYLOAD_#_MISSING'],
  [Buffer.alloc(2001, 0xff).toString('base64'), 'INVALID_PAYLOAD_#_SIZE'],
  [`${pictures.url}/large.jpg`, 'INVALID_PAYLOAD_#_SIZE'],
  [`${pictures.url}/stalls`, 'INVALID_PAYLOAD_#_TIMEOUT'],
  [`${pictures.url}/nothing`, 'INVALID_PAYLOAD_#_FORMAT'],
  [`${pictures.url}/page`, 'INVALID_PAYLOAD_#_FORMAT'],
  [`${pictures.url}/empty`, 'INVALID_PAYLOAD_#_FORMAT'],
  ['http://169.254.169.254/latest', 'INVALID_PAYLOAD_#_FORMAT'],
  ['http://8.8.8.8:81/ada.jpg', 'INVALID_PAYLOAD_#_FORMAT'],
  [Buffer.from('GIF89a, no JPEG').toString('base64'), 'INVALID_PAYLOAD_#_FORMAT'],
  [Buffer.from([0xff, 0xd8, 0xff, 1, 2, 3]).toString('base64'), 'INVALID_PAYLOAD_#_FORMAT'],
]

describe('pictures', () => {
  for (const [path, rest] of Object.entries(ONE_PICTURE))
    test(`of ${path} that are none`, async () => {
      for (const [image, code] of BAD_PICTURES)
        assertRefused(await call(path, { is_quality: true, ...rest, image }), 400, code.replace('#', 'IMAGE'))
      assertRefused(
        await call(path, { ...rest, image: base64Of() }),
        400,
        'FACE_NOT_DETECTED',
        'face not detected from image',
      )
      assertSuccess(await call(path, { ...rest, image: `${pictures.url}/ada.jpg` }))
      assertRefused(await call(path, { ...rest, image: 'A'.repeat(50_000) }), 400, 'INVALID_PAYLOAD_IMAGE_SIZE')
    })

  test('of compare that are none', async () => {
    for (const [field, other] of [
      ['image_1', 'image_2'],
      ['image_2', 'image_1'],
    ] as const)
      for (const [picture, code] of BAD_PICTURES)
        assertRefused(
          await call('/compare', { [other]: ada, [field]: picture }),
          400,
          code.replace('#', field.toUpperCase()),
        )
    assertRefused(await call('/compare', { image_1: ada, image_2: base64Of() }), 400, 'FACE_NOT_DETECTED')
    assertRefused(await call('/compare', { image_1: 'A'.repeat(50_000), image_2: ada }), 400, 'INVALID_PAYLOAD')
  })

  test("the messages are the page's", async () => {
    const image = `${pictures.url}/stalls`
    assertRefused(
      await call('/enroll', { image }),
      400,
      'INVALID_PAYLOAD_IMAGE_TIMEOUT',
      'timeout getting image from url in 15 seconds',
    )
    assertRefused(await call('/enroll', { is_quality: true }), 400, 'MISSING_PAYLOAD_IMAGE', 'missing payload image')
    assertRefused(
      await call('/compare', { image_1: ada, image_2: '' }),
      400,
      'INVALID_PAYLOAD_IMAGE_2_MISSING',
      'invalid payload image 2 not a standard b64/url or image 2 empty string',
    )
  })
})

describe('payloads', () => {
  const PATHS = ['/enroll', '/verify', '/search', '/compare', '/liveness']

  test('without a value, with two empty texts, or none at all', async () => {
    for (const path of PATHS) {
      const twice = { image: '', image_1: '', image_2: '', subject_id: '' }
      for (const body of [{}, [], [ada], null, 'text', 17, true, twice, '{"image":', '', '\u0000', undefined])
        assertRefused(
          await call(path, typeof body === 'object' && body !== null ? body : JSON.stringify(body), {
            headers: { 'content-type': 'application/json' },
          }),
          400,
          'INVALID_PAYLOAD',
          'no value in payload or empty string more than 1',
        )
      for (const body of ['{"image":', '', '\u0000', '{"image": 1, "__proto__": {"a": 1}}', Buffer.from([0x7b, 0xff])])
        assertRefused(
          await call(path, body, { headers: { 'content-type': 'application/json' } }),
          400,
          'INVALID_PAYLOAD',
        )
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=b', 'a/b'])
        assertRefused(await call(path, '{"image":"a"}', { headers: { 'content-type': type } }), 400, 'INVALID_PAYLOAD')
    }
  })

  test('with a flag or number of the wrong type', async () => {
    const flags = ['is_quality', 'is_attribute', 'is_liveness', 'validate_quality', 'validate_attribute']
    for (const flag of [...flags, 'validate_liveness', 'validate_nface'])
      for (const value of ['true', 1, {}, []])
        assertRefused(await call('/enroll', { image: ada, [flag]: value }), 400, 'INVALID_PAYLOAD')
    for (const wrong of [{ limit: '5' }, { threshold: '82' }, { return_image: 'yes' }, { limit: [1] }])
      assertRefused(await call('/search', { image: ada, ...wrong }), 400, 'INVALID_PAYLOAD')
    assertRefused(await call('/enroll', { image: ada, subject_id: 17 }), 400, 'INVALID_PAYLOAD')
  })

  test('with a limit or threshold out of range', async () => {
    for (const limit of [0, -1, 11, 1.5])
      assertRefused(await call('/search', { image: ada, limit }), 400, 'INVALID_PAYLOAD_LIMIT')
    for (const threshold of [-0.1, 100.1]) {
      assertRefused(await call('/search', { image: ada, threshold }), 400, 'INVALID_PAYLOAD_THRESHOLD')
      assertRefused(
        await call('/verify', { image: ada, subject_id: 'ada', threshold }),
        400,
        'INVALID_PAYLOAD_THRESHOLD',
      )
      assertRefused(await call('/compare', { image_1: ada, image_2: ada, threshold }), 400, 'INVALID_PAYLOAD_THRESHOLD')
    }
    for (const fine of [{ limit: 1 }, { limit: 10 }, { threshold: 0 }, { threshold: 100 }, { limit: null }])
      assertSuccess(await call('/search', { image: ada, ...fine }))
  })

  test('with a subject id that is none', async () => {
    assertRefused(
      await call('/enroll', { image: ada, subject_id: '' }),
      400,
      'INVALID_PAYLOAD_SUBJECT_ID_MISSING',
      'invalid payload subject id is empty string',
    )
    for (const id of ['x'.repeat(257), 'a\u0000b', '\ud800', '.', '..']) {
      const analysed = server.analysed()
      assertRefused(await call('/enroll', { image: ada, subject_id: id }), 400, 'INVALID_PAYLOAD')
      assert.equal(server.analysed(), analysed)
    }
    const verify = (subject_id: unknown) => call('/verify', { image: ada, subject_id })
    assertRefused(await verify(undefined), 400, 'MISSING_PAYLOAD_SUBJECT_ID', 'missing payload subject id')
    for (const id of ['', null]) assertRefused(await verify(id), 400, 'INVALID_PAYLOAD_SUBJECT_ID_MISSING')
    for (const id of ['nobody', 17, 'x'.repeat(257), 'a\u0000b', ['ada']])
      assertRefused(await verify(id), 400, 'INVALID_PAYLOAD_SUBJECT_ID', 'Subject id is not found')
    const remove = (query: string, body?: unknown) => call(`/enroll${query}`, body, { method: 'DELETE' })
    for (const body of [undefined, {}, { other: 'ada' }])
      assertRefused(await remove('', body), 400, 'MISSING_PAYLOAD_SUBJECT_ID')
    for (const id of ['', null])
      assertRefused(await remove('', { subject_id: id }), 400, 'INVALID_PAYLOAD_SUBJECT_ID_MISSING')
    assertRefused(await remove('?subject_id='), 400, 'INVALID_PAYLOAD_SUBJECT_ID_MISSING')
    for (const query of ['?subject_id=nobody', '?subject_id=a&subject_id=b'])
      assertRefused(await remove(query), 400, 'INVALID_PAYLOAD_SUBJECT_ID', 'Subject id is not found')
    assertRefused(await remove('', [1]), 400, 'MISSING_PAYLOAD_SUBJECT_ID')
  })

  test('that validate what is not computed', async () => {
    const CODES = {
      quality: 'INVALID_PAYLOAD_QUALITY_VALIDATION_DEPENDENCY',
      attribute: 'INVALID_PAYLOAD_ATTRIBUTE_VALIDATION_DEPENDENCY',
      liveness: 'INVALID_PAYLOAD_LIVENESS_VALIDATION_DEPENDENCY',
    } as const
    for (const [name, code] of Object.entries(CODES)) {
      const flags = { [`is_${name}`]: false, [`validate_${name}`]: true }
      const message = `is_${name} must be true if validate_${name} true`
      for (const [path, rest] of Object.entries(ONE_PICTURE))
        if (path !== '/liveness' || name !== 'liveness')
          assertRefused(await call(path, { image: ada, ...rest, ...flags }), 400, code, message)
      assertRefused(await call('/compare', { image_1: ada, image_2: ada, ...flags }), 400, code)
    }
    assertRefused(await call('/enroll', { image: ada, validate_liveness: true }), 400, CODES.liveness)
    assertSuccess(await call('/enroll', { image: ada, is_liveness: false, validate_liveness: null }))
  })
})

describe('a caller who hangs up', () => {
  test('made no failure of the server, and used nothing of a quota', async () => {
    const { credential, headers } = await server.newApplication({ mode: 'testing', testingQuota: 1 })
    const hangUp = new AbortController()
    const before = pictures.requests.length
    const answer = fetch(`${server.app.url}/verihubs/v1/face/search`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ image: `${pictures.url}/stalls` }),
      signal: hangUp.signal,
    })
    while (pictures.requests.length === before) await new Promise(resolve => setTimeout(resolve, 5))
    hangUp.abort()
    await assert.rejects(answer)
    const find = async (): Promise<{ outcome: string }> => {
      for (let attempt = 0; attempt < 200; attempt++) {
        const { body } = await server.app.call<{ items: { credentialId: string; outcome: string }[] }>(
          'GET',
          '/v1/transactions',
        )
        const found = body.items.find(({ credentialId }) => credentialId === credential.id)
        if (found) return found
        await new Promise(resolve => setTimeout(resolve, 20))
      }
      return assert.fail('the call was never logged')
    }
    assert.equal((await find()).outcome, 'abandoned')
    assert.deepEqual(await server.operator.control.testing.list(credential.id), [{ product: 'SEARCH', used: 0 }])
  })
})

describe('FAIL_ON', () => {
  test('comes from what is seen of the face: each check of each validation, and no other', async () => {
    const all = {
      is_liveness: true,
      validate_liveness: true,
      validate_attribute: true,
      validate_quality: true,
      validate_nface: true,
    }
    const enroll = (flaws: readonly never[], ...others: { person: string; width?: number }[]) =>
      call('/enroll', { image: base64Of({ person: 'eve', flaws }, ...others), ...all })
    const check = async (number: number, ...flaws: string[]) => assertFailOn(await enroll(flaws as never), number)
    await check(1, 'spoof')
    for (const flaw of ['sunglasses', 'mask']) await check(2, flaw)
    for (const flaw of ['blur', 'dark', 'grayscale']) await check(4, flaw)
    assertFailOn(await enroll([], { person: 'fay' }), 8)
    await check(7, 'spoof', 'mask', 'dark')
    assertFailOn(await enroll(['spoof', 'mask', 'blur'] as never, { person: 'fay' }), 15)
    assertSuccess(await enroll(['veil', 'hat'] as never))
    assertSuccess(await enroll([], { person: 'passer-by', width: 20 }))
  })
})

describe('the order of checks', () => {
  /** Each body is wrong in all that its code's checks and the later ones look at. */
  const wrong = { image: 'http://127.0.0.1:1/nobody', validate_quality: true, is_quality: false }

  test('credentials, payload, subject, flags, quota, picture, face, validations', async () => {
    const { call } = testing
    const nobody = { 'API-Key': 'wrong' }
    assert.equal((await call('/verify', '{', { headers: nobody })).status, 401)
    assertRefused(await call('/verify', { ...wrong, subject_id: '', threshold: 200 }), 400, 'INVALID_PAYLOAD_THRESHOLD')
    for (const image of ['http://', 'no base64, no URL'])
      assertRefused(await call('/verify', { image, subject_id: 'nobody' }), 400, 'INVALID_PAYLOAD_IMAGE_MISSING')
    assertRefused(await call('/verify', { ...wrong, subject_id: 'nobody' }), 400, 'INVALID_PAYLOAD_SUBJECT_ID')
    assertRefused(await call('/search', wrong), 400, 'INVALID_PAYLOAD_QUALITY_VALIDATION_DEPENDENCY')
    assertRefused(await call('/search', { image: wrong.image }), 403, 'INSUFFICIENT_QUOTA_SEARCH')
    assert.equal(pictures.requests.filter(line => line.includes('nobody')).length, 0)
  })

  test('a picture is refused before its face is looked for, a face before it is judged', async () => {
    const { call } = await server.newApplication()
    const before = server.analysed()
    const image = Buffer.alloc(2001, 0xff).toString('base64')
    assertRefused(await call('/enroll', { image, validate_quality: true }), 400, 'INVALID_PAYLOAD_IMAGE_SIZE')
    assert.equal(server.analysed(), before)
    assertRefused(await call('/enroll', { image: base64Of(), validate_quality: true }), 400, 'FACE_NOT_DETECTED')
  })
})
