// The gateway of the Alibaba Cloud face-group API: signatures, time, nonces, tokens, permissions, rates, and its refusals in
// both forms.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request as requestRaw } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { revokeCredential } from '../../src/core/credentials.ts'
import { createTenant, resumeTenant, suspendTenant } from '../../src/core/tenants.ts'
import { type FakeApp, openFakeApp } from '../fake-app.ts'
import {
  assertRefused,
  assertSuccess,
  createVendorClient,
  type Keys,
  makeKeys,
  makeSubUser,
  makeTemporaryKeys,
  operatorOf,
  readingHeads,
  type VendorClient,
} from './alibaba-client.ts'

let nowMs = Date.parse('2026-11-20T10:20:00Z')
const clock = { now: () => new Date(nowMs) }
let app: FakeApp
let keys: Keys
let client: VendorClient
const clientFor = (other: Keys, url = app.url): VendorClient => createVendorClient(url, other, clock.now)

before(async () => {
  app = await openFakeApp({ adapt: readingHeads(), change: { clock }, limits: { alibabaCallsPerSecond: 1000 } })
  keys = await makeKeys(app)
  client = clientFor(keys)
})
after(() => app.close())

interface Capture {
  name: string
  method: string
  url: string
  headers: Record<string, string>
  body: string | null
}

describe('captured requests', () => {
  const path = new URL('../../src/http/protocols/alibaba/__fixtures__/captured-requests.json', import.meta.url)
  const captures: Capture[] = JSON.parse(readFileSync(path, 'utf8'))
  before(async () => {
    const { control, vault } = app.core.context
    const id = 'captured'
    await control.insertCredential({
      id,
      protocol: 'alibaba',
      tenantId: 'default',
      regionId: 'default',
      galleryId: null,
      name: null,
      scopes: [],
      publicId: 'example-access-key-id',
      parentId: null,
      deniedActions: [],
      allowance: null,
      mode: null,
      testingQuota: null,
      createdAt: clock.now(),
      expiresAt: null,
      secretHash: null,
      sealedSecret: vault.seal('default', Buffer.from('FakeSecretForSpikeOnly00000001'), `credential:${id}`),
    })
  })

  /** With the captured Host header, which fetch does not let one choose. */
  const replay = ({ method, url, headers, body }: Capture): Promise<{ status: number; body: { Code: string } }> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(app.url)
      const sent = { ...headers, connection: 'close' }
      const call = requestRaw({ host: '127.0.0.1', port, path: url, method, headers: sent }, response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) }),
        )
      })
      call.on('error', reject)
      call.end(body ?? '')
    })

  /** Past the gateway: whatever is wrong now is wrong with the parameters. */
  const GATEWAY =
    /^(Signature|InvalidTimeStamp|InvalidAccessKeyId|InvalidSignature|InvalidAction|InvalidVersion|Missing(?!Parameter))/

  for (const capture of captures.filter(({ body }) => body !== null))
    test(`${capture.name} passes once, and never again`, async () => {
      const first = await replay(capture)
      assert.doesNotMatch(first.body.Code, GATEWAY)
      const second = await replay(capture)
      assert.deepEqual([second.status, second.body.Code], [400, 'SignatureNonceUsed'])
    })

  test('one whose body was cut fails', async () => {
    const cut = captures.find(({ body }) => body === null)!
    assert.equal((await replay(cut)).body.Code, 'SignatureDoesNotMatch')
  })

  test('fail when the time is over, and pass to the last second of it', async () => {
    const [first] = captures.filter(({ body }) => body !== null)
    const at = Date.parse(first.headers['x-acs-date'])
    const before = nowMs
    for (const ms of [-900_001, 900_001]) {
      nowMs = at + ms
      assert.equal((await replay(first)).body.Code, 'InvalidTimeStamp.Expired')
    }
    for (const ms of [-900_000, 900_000]) {
      nowMs = at + ms
      assert.equal((await replay(first)).body.Code, 'SignatureNonceUsed')
    }
    nowMs = before
  })
})

describe('a call', () => {
  test('passes with either signature, by POST and GET, under the prefix too', async () => {
    for (const answer of [
      await client.call('KeepaliveIntl'),
      await client.call('KeepaliveIntl', {}, { method: 'GET' }),
      await client.call('KeepaliveIntl', { 'a b': "*~!'()é+" }, { query: { x: 'a b*~é/+' } }),
      await client.call('KeepaliveIntl', {}, { path: '/alibaba' }),
      await client.call('KeepaliveIntl', {}, { path: '/alibaba/' }),
      await client.callRpc('KeepaliveIntl'),
      await client.callRpc('keepaliveIntl', { x: "a b*~!'()é/+&=" }),
      await client.callRpc('KeepaliveIntl', {}, { method: 'GET' }),
    ]) {
      assertSuccess(answer)
      assert.deepEqual(answer.body.Result, { Result: 'SUCCESS' })
    }
  })

  test('needs its action, its version and a product on this host', async () => {
    assertRefused(
      await client.call('CreateEverything'),
      404,
      'InvalidAction.NotFound',
      /^Specified api is not found, please check your url and method\.$/,
    )
    assertRefused(await client.call('toString'), 404, 'InvalidAction.NotFound')
    assertRefused(await client.call('KeepaliveIntl', {}, { version: '2019-03-07' }), 400, 'InvalidVersion')
    for (const answer of [
      await client.call('KeepaliveIntl', {}, { version: '' }),
      await client.call('KeepaliveIntl', { Version: '2022-08-09' }, { version: '' }),
      await client.callRpc('KeepaliveIntl', { Version: '', Format: 'JSON' }),
      await client.send('/', { method: 'POST', headers: { 'x-acs-action': 'KeepaliveIntl' } }),
    ])
      assertRefused(answer, 400, 'MissingVersion', /^Version is mandatory for this action\.$/)
    assertRefused(
      await client.call('AuthorizeFileUpload', {}, { query: { Product: 'Ecs' }, version: '2019-12-19' }),
      404,
      'InvalidProduct.NotFound',
    )
  })

  test('without an action is none of this protocol', async () => {
    for (const [method, body, type] of [
      ['GET'],
      ['POST', '', ''],
      ['POST', 'a=b', 'application/x-www-form-urlencoded'],
      ['POST', '{}', 'application/json'],
    ] as const) {
      const answer = await fetch(`${app.url}/`, {
        method,
        ...(body !== undefined && { body, headers: { 'content-type': type || 'text/plain' } }),
      })
      assert.equal(answer.status, 404)
      assert.equal(((await answer.json()) as { code: string }).code, 'route_not_found')
    }
    for (const method of ['PUT', 'DELETE', 'HEAD'])
      assert.equal((await fetch(`${app.url}/?Action=KeepaliveIntl`, { method })).status, 404)
  })

  test('needs a signature that is known', async () => {
    assertRefused(
      await client.send('/?Action=KeepaliveIntl&Version=2022-08-09&Format=JSON', {}),
      400,
      'MissingAccessKeyId',
      /^AccessKeyId is mandatory for this action\.$/,
    )
    const headers = { 'x-acs-action': 'KeepaliveIntl', 'x-acs-version': '2022-08-09' }
    assertRefused(
      await client.send('/', { method: 'POST', headers: { ...headers, authorization: 'Bearer x' } }),
      400,
      'InvalidSignatureMethod',
      /^Specified signature method is not valid\.$/,
    )
    assertRefused(
      await client.send('/', { method: 'POST', headers: { ...headers, authorization: 'ACS3-HMAC-SHA256 nonsense' } }),
      400,
      'SignatureDoesNotMatch',
    )
    const rpc = await client.callRpc('KeepaliveIntl', { SignatureMethod: 'HMAC-SHA256', Format: 'JSON' })
    assertRefused(rpc, 400, 'InvalidSignatureMethod')
  })

  test('needs a key that is there', async () => {
    const nobody = { ...keys, accessKeyId: 'LTAInobody' }
    assertRefused(
      await clientFor(nobody).call('KeepaliveIntl'),
      404,
      'InvalidAccessKeyId.NotFound',
      /^Specified access key is not found\.$/,
    )
    assertRefused(
      await clientFor(nobody).callRpc('KeepaliveIntl', { Format: 'json' }),
      404,
      'InvalidAccessKeyId.NotFound',
    )
    const revoked = await makeKeys(app)
    await revokeCredential(operatorOf(app, ['default']), revoked.id)
    assertRefused(
      await clientFor(revoked).call('KeepaliveIntl'),
      400,
      'InvalidAccessKeyId.Inactive',
      /^Specified access key is disabled\.$/,
    )
  })

  test('needs the secret, and is told what was signed here', async () => {
    const wrong = clientFor({ ...keys, accessKeySecret: 'wrong' })
    const acs3 = await wrong.call('KeepaliveIntl')
    assertRefused(
      acs3,
      400,
      'SignatureDoesNotMatch',
      /^Specified signature does not match our calculation\. server StringToSign is \[ACS3-HMAC-SHA256\n[0-9a-f]{64}\] server CanonicalRequest is \[POST\n\/\n/,
    )
    const rpc = await wrong.callRpc('KeepaliveIntl', { Format: 'JSON' })
    assertRefused(
      rpc,
      400,
      'SignatureDoesNotMatch',
      /^Specified signature is not matched with our calculation\. server string to sign is:POST&%2F&AccessKeyId%3D/,
    )
    const long = await wrong.callRpc('KeepaliveIntl', { Format: 'JSON', FacePicture: 'A'.repeat(100_000) })
    assert.ok(long.text.length < 10_000)
    for (const answer of [acs3, rpc]) assert.ok(!answer.text.includes(keys.accessKeySecret))
  })

  test('comes in time and once', async () => {
    const at = (ms: number) => ({ at: new Date(nowMs + ms) })
    assertSuccess(await client.call('KeepaliveIntl', {}, at(-899_000)))
    assertSuccess(await client.call('KeepaliveIntl', {}, at(899_000)))
    for (const ms of [-901_000, 901_000]) {
      assertRefused(
        await client.call('KeepaliveIntl', {}, at(ms)),
        400,
        'InvalidTimeStamp.Expired',
        /^Specified time stamp or date value is expired\.$/,
      )
      assertRefused(await client.callRpc('KeepaliveIntl', { Format: 'JSON' }, at(ms)), 400, 'InvalidTimeStamp.Expired')
    }
    for (const Timestamp of ['yesterday', '2026-11-20 10:20:00', '2026-13-20T10:20:00Z', '2026-11-20T10:20:00+00:00'])
      assertRefused(
        await client.callRpc('KeepaliveIntl', { Timestamp, Format: 'JSON' }),
        400,
        'InvalidTimeStamp.Format',
        /^Specified time stamp or date value is not well formatted\.$/,
      )
    assertRefused(await client.callRpc('KeepaliveIntl', { Timestamp: '', Format: 'JSON' }), 400, 'MissingTimestamp')
    assertRefused(
      await client.callRpc('KeepaliveIntl', { SignatureNonce: '', Format: 'JSON' }),
      400,
      'MissingSignatureNonce',
    )
    const nonce = randomUUID()
    assertSuccess(await client.call('KeepaliveIntl', {}, { nonce }))
    assertRefused(
      await client.call('KeepaliveIntl', {}, { nonce }),
      400,
      'SignatureNonceUsed',
      /^Specified signature nonce was used already\.$/,
    )
    assertRefused(await client.callRpc('KeepaliveIntl', { Format: 'JSON' }, { nonce }), 400, 'SignatureNonceUsed')
    const stranger = clientFor({ ...keys, accessKeySecret: 'wrong' })
    const fresh = randomUUID()
    assertRefused(await stranger.call('KeepaliveIntl', {}, { nonce: fresh }), 400, 'SignatureDoesNotMatch')
    assertSuccess(await client.call('KeepaliveIntl', {}, { nonce: fresh }))
  })

  test('says each parameter once, in UTF-8', async () => {
    const answer = await client.callRpc('KeepaliveIntl', {}, { extra: { Format: 'JSON' } })
    assertRefused(answer, 400, 'SignatureDoesNotMatch')
    for (const search of ['Action=A&Action=B&Format=JSON', 'Action=%ff&Format=JSON', 'Action=%zz&Format=JSON'])
      assertRefused(await client.send(`/?${search}`, {}), 400, 'InvalidParameter')
    const many = Array.from({ length: 101 }, (_, each) => `p${each}=1`).join('&')
    assertRefused(
      await client.send(`/?Action=KeepaliveIntl&${many}`, { headers: { accept: 'application/json' } }),
      400,
      'InvalidParameter',
    )
  })
})

describe('temporary keys', () => {
  test('need their token, for as long as they last', async () => {
    const temporary = await makeTemporaryKeys(app, keys.id)
    assert.match(temporary.accessKeyId, /^STS\./)
    assertSuccess(await clientFor(temporary).call('KeepaliveIntl'))
    assertSuccess(await clientFor(temporary).callRpc('KeepaliveIntl'))
    const { securityToken, ...without } = temporary
    for (const call of [
      clientFor(without).call('KeepaliveIntl'),
      clientFor(without).callRpc('KeepaliveIntl', { Format: 'JSON' }),
    ])
      assertRefused(await call, 400, 'MissingSecurityToken', /^SecurityToken is mandatory for this action\.$/)
    for (const other of [
      { ...temporary, securityToken: 'other' },
      { ...keys, securityToken },
    ]) {
      assertRefused(await clientFor(other).call('KeepaliveIntl'), 400, 'InvalidSecurityToken')
      assertRefused(await clientFor(other).callRpc('KeepaliveIntl', { Format: 'JSON' }), 400, 'InvalidSecurityToken')
    }
    nowMs += 900_000
    assertRefused(await clientFor(temporary).call('KeepaliveIntl'), 404, 'InvalidAccessKeyId.NotFound')
  })
})

describe('permissions', () => {
  test('of a sub-user leave out what it is denied, also through its temporary keys', async () => {
    const sub = await makeSubUser(app, keys.id, ['QueryFaceGroup', 'AddFaceRecord'])
    for (const each of [sub, await makeTemporaryKeys(app, sub.id)]) {
      assertSuccess(await clientFor(each).call('KeepaliveIntl'))
      const refused = await clientFor(each).call('QueryFaceGroup', {}, { query: { CurrentPage: 1, PageSize: 10 } })
      assertRefused(refused, 403, 'Forbidden.RAMUserAccessDenied')
      assert.deepEqual(refused.body.AccessDeniedDetail, { AuthAction: 'antcloudauth:QueryFaceGroup' })
      assertRefused(
        await clientFor(each).callRpc('queryFaceGroup', { Format: 'JSON' }),
        403,
        'Forbidden.RAMUserAccessDenied',
      )
    }
    const allowed = await makeSubUser(app, keys.id, ['DeleteFaceGroup'])
    assertSuccess(await clientFor(allowed).call('QueryFaceGroup', {}, { query: { CurrentPage: 1, PageSize: 10 } }))
  })

  test('end with the tenant, and come back with it', async () => {
    const operator = operatorOf(app, ['default'])
    await createTenant(operator, { id: 'acme' })
    const own = await makeKeys(app, { tenantId: 'acme' })
    assertSuccess(await clientFor(own).call('KeepaliveIntl'))
    await suspendTenant(operator, 'acme')
    assertRefused(await clientFor(own).call('KeepaliveIntl'), 403, 'Forbidden.AccountAccessDenied')
    assertRefused(await clientFor({ ...own, accessKeySecret: 'x' }).call('KeepaliveIntl'), 400, 'SignatureDoesNotMatch')
    await resumeTenant(operator, 'acme')
    assertSuccess(await clientFor(own).call('KeepaliveIntl'))
  })
})

test('a refusal is XML for old-style calls that ask for nothing, and for who asks for it', async () => {
  const wrong = clientFor({ ...keys, accessKeySecret: 'wrong' })
  for (const answer of [
    await wrong.callRpc('KeepaliveIntl'),
    await wrong.callRpc('KeepaliveIntl', { Format: 'XML' }),
  ]) {
    assert.equal(answer.status, 400)
    assert.equal(answer.headers.get('content-type'), 'text/xml;charset=utf-8')
    assert.match(
      answer.text,
      /^<\?xml version='1\.0' encoding='UTF-8'\?><Error><RequestId>[0-9A-F-]{36}<\/RequestId><HostId>127\.0\.0\.1<\/HostId><Code>SignatureDoesNotMatch<\/Code><Message>.*<\/Message><Recommend><!\[CDATA\[http:\/\/127\.0\.0\.1:\d+\/docs\/alibaba#SignatureDoesNotMatch\]\]><\/Recommend><\/Error>$/s,
    )
  }
})

describe('rates', () => {
  test('are of a tenant and an action, its sub-users together, in any second', async context => {
    const throttled = await openFakeApp({ adapt: readingHeads(), change: { clock } })
    context.after(() => throttled.close())
    const [owner, foreign] = [
      await makeKeys(throttled),
      await (async () => {
        await createTenant(operatorOf(throttled, ['default']), { id: 'foreign' })
        return makeKeys(throttled, { tenantId: 'foreign' })
      })(),
    ]
    const sub = await makeSubUser(throttled, owner.id, ['DeleteFaceGroup'])
    const callers = [clientFor(owner, throttled.url), clientFor(sub, throttled.url)]
    for (let call = 0; call < 50; call++) assertSuccess(await callers[call % 2].call('KeepaliveIntl'))
    for (const caller of callers) {
      const refused = await caller.call('KeepaliveIntl')
      assertRefused(refused, 403, 'Throttling.Api')
      assert.equal(refused.headers.get('x-acs-retry-after'), '1000')
    }
    assertSuccess(await callers[0].call('QueryFaceGroup', {}, { query: { CurrentPage: 1, PageSize: 1 } }))
    assertSuccess(await clientFor(foreign, throttled.url).call('KeepaliveIntl'))
    nowMs += 999
    assert.equal((await callers[0].call('KeepaliveIntl')).headers.get('x-acs-retry-after'), '1')
    nowMs += 1
    assertSuccess(await callers[1].call('KeepaliveIntl'))
  })

  test("can be set, and a pair of its own limit is told as a user's", async context => {
    const allowance = { requestsPerSecond: 1, burst: 1, perDay: null, perMonth: null, operations: null }
    const throttled = await openFakeApp({
      adapt: readingHeads(),
      change: { clock },
      limits: { alibabaCallsPerSecond: 3 },
    })
    context.after(() => throttled.close())
    const caller = clientFor(await makeKeys(throttled), throttled.url)
    for (let call = 0; call < 3; call++) assertSuccess(await caller.call('KeepaliveIntl'))
    assertRefused(await caller.call('KeepaliveIntl'), 403, 'Throttling.Api')
    const limited = clientFor(await makeKeys(throttled, { allowance }), throttled.url)
    nowMs += 1000
    assertSuccess(await limited.call('KeepaliveIntl'))
    const refused = await limited.call('KeepaliveIntl')
    assertRefused(refused, 400, 'Throttling.User', /^Request was denied due to user flow control\.$/)
    assert.equal(refused.headers.get('x-acs-retry-after'), '1000')
  })
})

test('what is remembered of nonces is bounded', async context => {
  const small = await openFakeApp({ adapt: readingHeads(), change: { clock }, limits: { maxNonces: 4 } })
  context.after(() => small.close())
  const caller = clientFor(await makeKeys(small), small.url)
  assertSuccess(await caller.call('KeepaliveIntl'))
  assertSuccess(await caller.call('KeepaliveIntl'))
  assertRefused(await caller.call('KeepaliveIntl'), 503, 'ServiceUnavailable')
})
