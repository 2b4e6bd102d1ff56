// The ADVANCE.AI token: who gets one, what it opens, and what ends it. Over a real server, and by itself with a clock of its own.
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { revokeCredential } from '../../src/core/credentials.ts'
import { createTenant, resumeTenant, suspendTenant } from '../../src/core/tenants.ts'
import { readToken, signRequest, writeToken } from '../../src/http/protocols/advance/tokens.ts'
import { DEFAULT_LIMITS } from '../../src/limits.ts'
import { openOperator } from '../operator.ts'
import { launchReady, type TestServer } from '../support.ts'
import {
  askToken,
  assertDone,
  assertEnvelope,
  assertRefused,
  createAdvance,
  createPair,
  openAdvance,
  type Pair,
  send,
  signatureOf,
  TOKEN,
} from './advance-app.ts'

let server: TestServer
let pair: Pair
before(async () => {
  server = await launchReady()
  pair = await createPair(server)
})
after(() => server?.close())

const UNKNOWN = ['IAM_FAILED', 'Token not found or expired'] as const
const call = (token: string) => createAdvance(server, token).search('GET', '/facesets')

test('the vendor’s test vector', () => {
  assert.equal(
    signRequest('sampleaccesskey', 'samplesecretkey', '1665993522952'),
    '02209bbeaf0d0a3dd587f6a1ba22f84c98d142e3b545e77db7e4906ca56349f5',
  )
})

describe('tokens by themselves', () => {
  const key = randomBytes(64)
  const claims = { accessKey: 'a', regionId: 'default', issuedAt: 1_800_000_000, expiresAt: 1_800_003_600 }
  const at = (seconds: number) => new Date(seconds * 1000)
  const token = writeToken(key, claims)

  test('are JSON Web Tokens with HS512, no two alike', () => {
    const [header, payload, mac] = token.split('.')
    assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), { alg: 'HS512' })
    assert.partialDeepStrictEqual(JSON.parse(Buffer.from(payload, 'base64url').toString()), {
      aud: 'WEB',
      iat: 1_800_000_000,
      exp: 1_800_003_600,
    })
    assert.equal(createHmac('sha512', key).update(`${header}.${payload}`).digest('base64url'), mac)
    assert.notEqual(writeToken(key, claims), token)
  })

  test('are good up to their last second', () => {
    assert.deepEqual(readToken(key, token, at(1_800_000_000)), claims)
    assert.deepEqual(readToken(key, token, at(1_800_003_600.999)), claims)
    assert.equal(readToken(key, token, at(1_800_003_601)), null)
  })

  test('are nothing when a single character differs, with another key, algorithm or form', () => {
    const now = at(1_800_000_000)
    for (let index = 0; index < token.length; index++) {
      const other = token[index] === 'A' ? 'B' : 'A'
      assert.equal(readToken(key, token.slice(0, index) + other + token.slice(index + 1), now), null, String(index))
    }
    assert.equal(readToken(randomBytes(64), token, now), null)
    const [header, payload, mac] = token.split('.')
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    const short = Buffer.from('{"alg":"HS256"}').toString('base64url')
    const weak = createHmac('sha256', key).update(`${short}.${payload}`).digest('base64url')
    for (const forged of [
      `${none}.${payload}.`,
      `${none}.${payload}.${mac}`,
      `${short}.${payload}.${weak}`,
      `${header}.${payload}`,
      `${token}.`,
      `${token}=`,
      ` ${token}`,
      '',
      '.',
      '..',
      'x'.repeat(100_000),
    ])
      assert.equal(readToken(key, forged, now), null, forged.slice(0, 60))
  })
})

describe('generate-token', () => {
  test('answers a token and when it ends, to numbers and to texts', async () => {
    const timestamp = Date.now()
    for (const change of [
      { timestamp, periodSecond: 120 },
      { timestamp: String(timestamp), periodSecond: '120' },
    ]) {
      const { token, expiredTime } = assertDone(await askToken(server, pair, change))
      assert.ok(Math.abs(expiredTime - Date.now() - 120_000) < 60_000)
      const { iat, exp } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
      assert.equal(exp, Math.floor(expiredTime / 1000))
      assert.equal(exp - iat, 120)
      assertDone(await call(token))
    }
  })

  test('takes no life, an empty one, and the shortest and longest', async () => {
    for (const [periodSecond, seconds] of [
      [undefined, 3600],
      [null, 3600],
      ['', 3600],
      [60, 60],
      ['86400', 86_400],
    ]) {
      const { expiredTime } = assertDone(await askToken(server, pair, { periodSecond }))
      assert.ok(Math.abs(expiredTime - Date.now() - Number(seconds) * 1000) < 60_000, String(periodSecond))
    }
  })

  test('refuses another life', async () => {
    for (const periodSecond of [59, 86_401, 0, -60, 1.5, '1e3', 'x', {}, true, Number.MAX_SAFE_INTEGER])
      assertRefused(
        await askToken(server, pair, { periodSecond }),
        'PARAMETER_ERROR',
        'Parameter error,please check you input.',
      )
  })

  test('refuses a time that is none, or too far away', async () => {
    const now = Date.now()
    for (const timestamp of [
      now - 310_000,
      now + 310_000,
      0,
      1,
      '1',
      'now',
      now / 1000,
      `${now}0`,
      -now,
      '１６６５９９３５２２９５２',
    ])
      assertRefused(await askToken(server, pair, { timestamp }), 'PARAMETER_ERROR', 'Timestamp error')
    for (const timestamp of [now - 290_000, now + 290_000]) assertDone(await askToken(server, pair, { timestamp }))
  })

  test('refuses a wrong signature', async () => {
    const timestamp = Date.now()
    const right = signatureOf(pair, timestamp)
    for (const signature of [
      'x',
      '0'.repeat(64),
      right.slice(1),
      signatureOf({ ...pair, secretKey: 'x' }, timestamp),
      signatureOf(pair, timestamp + 1),
    ])
      assertRefused(await askToken(server, pair, { timestamp, signature }), 'PARAMETER_ERROR', 'Signature error')
    assertDone(await askToken(server, pair, { timestamp, signature: right.toUpperCase() }))
  })

  test('refuses what is missing', async () => {
    for (const name of ['accessKey', 'timestamp', 'signature'])
      for (const value of [undefined, null, '', ...(name === 'timestamp' ? [] : ['  '])]) {
        const timestamp = Date.now()
        const body = { accessKey: pair.accessKey, timestamp, signature: signatureOf(pair, timestamp), [name]: value }
        const headers = { 'content-type': 'application/json' }
        const received = await send(server.url, 'POST', TOKEN, { headers, body: JSON.stringify(body) })
        assertRefused(received, 'PARAMETER_ERROR', 'Parameter should not be empty')
      }
  })

  test('knows no key that was not made here, nor those of other protocols', async () => {
    const refused = ['IAM_FAILED', 'Access Key not found'] as const
    assertRefused(await askToken(server, { accessKey: '0123456789abcdef', secretKey: 'x' }), ...refused)
    const other = await createPair(server, { protocol: 'verihubs' })
    assertRefused(await askToken(server, other), ...refused)
  })

  test('what is no body of the expected form is CLIENT_ERROR', async () => {
    for (const [body, type] of [
      ['{', 'application/json'],
      ['[]', 'application/json'],
      ['', 'application/json'],
      ['accessKey=a', 'application/x-www-form-urlencoded'],
      [`"${'x'.repeat(5_000_000)}"`, 'application/json'],
    ])
      assertRefused(
        await send(server.url, 'POST', TOKEN, { headers: { 'content-type': type }, body }),
        'CLIENT_ERROR',
        'HTTP 400 - Bad Request',
      )
  })

  test('takes bodies of 16 KiB and no larger ones, as anybody may send them', async () => {
    const timestamp = Date.now()
    const body = { accessKey: pair.accessKey, timestamp, signature: signatureOf(pair, timestamp), more: '' }
    const room = DEFAULT_LIMITS.advanceTokenBodyBytes - JSON.stringify(body).length
    const ask = (more: string) => askToken(server, pair, { timestamp, signature: body.signature, more })
    assertDone(await ask('x'.repeat(room)))
    assertRefused(await ask('x'.repeat(room + 1)), 'CLIENT_ERROR', 'HTTP 400 - Bad Request')
  })

  test('has another address', async () => {
    const path = TOKEN.replace('generate-token', 'generate-access-token')
    assertDone(await call(assertDone(await askToken(server, pair, {}, { path })).token))
  })
})

describe('X-ACCESS-TOKEN', () => {
  test('is asked for by every call', async () => {
    for (const [method, path] of [
      ['GET', '/facesets'],
      ['POST', '/facesets'],
      ['POST', '/facereferences'],
      ['GET', '/facereferences?id=1'],
      ['PUT', '/facereferences?id=1'],
      ['DELETE', '/facereferences?id=1'],
      ['POST', '/search'],
    ])
      for (const token of ['', 'x', `Bearer ${pair.accessKey}`, server.key])
        assertRefused(await createAdvance(server, token).search(method, path), ...UNKNOWN)
    for (const call of ['enroll', 'get-enroll', 'delete-enroll']) {
      const { authentication } = createAdvance(server, 'x')
      assertRefused(await authentication(call, { userId: 'a' }), ...UNKNOWN)
    }
  })

  test('several are good at once', async () => {
    const tokens = await Promise.all([1, 2, 3].map(async () => assertDone(await askToken(server, pair)).token))
    assert.equal(new Set(tokens).size, 3)
    for (const token of tokens) assertDone(await call(token))
  })

  test('ends with its pair, at once', async () => {
    const other = await createPair(server)
    const advance = await openAdvance(server, other)
    assertDone(await advance.search('GET', '/facesets'))
    const operator = await openOperator(server)
    await revokeCredential(operator, other.id)
    await operator.close()
    assertRefused(await advance.search('GET', '/facesets'), 'IAM_FAILED', 'Access Key not found or expired')
    assertRefused(await askToken(server, other), 'ACCOUNT_DISABLED', 'Account Disabled')
    assertRefused(await askToken(server, { ...other, secretKey: 'x' }), 'PARAMETER_ERROR', 'Signature error')
    assertDone(await call(assertDone(await askToken(server, pair)).token))
  })

  test('is refused while its tenant is suspended', async () => {
    const operator = await openOperator(server)
    await createTenant(operator, { id: 'acme' })
    const advance = await openAdvance(server, await createPair(server, { tenantId: 'acme' }))
    await suspendTenant(operator, 'acme')
    assertRefused(
      await advance.search('GET', '/facesets'),
      'IAM_FAILED',
      'Account is disabled. Please contact your sales manager for help',
    )
    await resumeTenant(operator, 'acme')
    assertDone(await advance.search('GET', '/facesets'))
    await operator.close()
  })
})

test('what is no address, or no method of one, is CLIENT_ERROR', async () => {
  const { token } = assertDone(await askToken(server, pair))
  const headers = { 'x-access-token': token }
  for (const path of [
    '/advance',
    '/advance/',
    '/advance/x',
    '/advance/openapi/x',
    '/advance/intl/openapi/face-search/x',
    '/advance/intl/openapi/face-search',
  ])
    for (const method of ['GET', 'POST'])
      assertRefused(await send(server.url, method, path, { headers }), 'CLIENT_ERROR', 'HTTP 404 - Not Found')
  for (const [method, path] of [
    ['GET', TOKEN],
    ['PUT', TOKEN],
    ['DELETE', '/advance/intl/openapi/face-search/search'],
    ['PATCH', '/advance/intl/openapi/face-search/facesets?id=1'],
    ['GET', '/advance/intl/openapi/identity-risk/idvs-h5/ekyc/v1/face-authentication/enroll'],
  ])
    assertRefused(await send(server.url, method, path, { headers }), 'CLIENT_ERROR', 'HTTP 405 - Method Not Allowed')
  assertEnvelope(await send(server.url, 'GET', '/advance/intl/openapi/face-search/facesets', { headers }))
})
