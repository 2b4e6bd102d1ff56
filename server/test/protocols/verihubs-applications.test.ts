// The Verihubs API: who may call, on which hosts, how often, and what is remembered of it.
import assert from 'node:assert/strict'
import { request as requestHttp } from 'node:http'
import { after, describe, test } from 'node:test'
import { changeTesting } from '../../src/core/application-modes.ts'
import { createCredential, revokeCredential } from '../../src/core/credentials.ts'
import type { EngineStats, FaceEngine } from '../../src/core/ports.ts'
import { resumeTenant, suspendTenant } from '../../src/core/tenants.ts'
import { AppError } from '../../src/errors.ts'
import { base64Of } from './judging-engine.ts'
import { assertFailOn, assertRefused, assertSuccess, openVerihubs, type VerihubsBody } from './verihubs-app.ts'

const REGIONS = [
  { id: 'default', hosts: ['faces.example', 'other.faces.example'] },
  { id: 'eu', hosts: ['eu.faces.example'] },
]
const server = await openVerihubs({ regions: REGIONS })
after(() => server.close())
const { app, operator } = server
const ada = base64Of({ person: 'ada' })
const group = base64Of({ person: 'ada' }, { person: 'bea' })
const faceless = base64Of()

describe('credentials', () => {
  test('go in two headers of any letter case; whatever else is 401 and says nothing', async () => {
    const { call, headers } = await server.newApplication()
    const { 'App-ID': id, 'API-Key': key } = headers
    const other = (await server.newApplication()).headers
    const good: Record<string, string>[] = [
      { 'App-ID': id, 'API-Key': key },
      { 'app-id': id, 'api-key': key },
      { 'APP-ID': id, 'Api-Key': key },
    ]
    const post = (sent: Record<string, string>) =>
      app.call<VerihubsBody>('POST', '/verihubs/v1/face/enroll', { image: ada }, sent)
    for (const sent of good) assertSuccess(await post(sent))
    const bad: Record<string, string>[] = [
      {},
      { 'App-ID': id },
      { 'API-Key': key },
      { 'App-ID': id, 'API-Key': '' },
      { 'App-ID': id, 'API-Key': `${key}x` },
      { 'App-ID': id, 'API-Key': other['API-Key'] },
      { 'App-ID': key, 'API-Key': id },
      { 'App-ID': id.toUpperCase().replace(/\d/g, '0'), 'API-Key': key },
      { 'App-ID': 'x'.repeat(4000), 'API-Key': 'x'.repeat(4000) },
    ]
    for (const sent of bad) {
      const { status, body } = await post(sent)
      assert.deepEqual([status, body], [401, { message: 'Unauthorized' }], JSON.stringify(sent))
    }
    assertSuccess(await call('/liveness', { image: ada }))
  })

  test('are of this protocol only, and never a native key', async () => {
    const advance = await createCredential(operator, { protocol: 'advance', tenantId: 'default', regionId: 'default' })
    const headers = { 'App-ID': advance.pair.publicId, 'API-Key': advance.pair.secret }
    for (const sent of [headers, { 'App-ID': app.key, 'API-Key': app.key }])
      assert.equal((await app.call('POST', '/verihubs/v1/face/enroll', { image: ada }, sent)).status, 401)
  })

  test('are refused from the next call on when they are revoked or their tenant is suspended', async () => {
    const { call, credential } = await server.newApplication()
    assertSuccess(await call('/liveness', { image: ada }))
    await suspendTenant(operator, 'default')
    assert.equal((await call('/liveness', { image: ada })).status, 401)
    await resumeTenant(operator, 'default')
    assertSuccess(await call('/liveness', { image: ada }))
    await revokeCredential(operator, credential.id)
    assert.equal((await call('/liveness', { image: ada })).status, 401)
  })
})

describe('the native API of credentials', () => {
  interface Made extends Record<string, unknown> {
    readonly id: string
    readonly publicId: string
    readonly secret: string
  }

  test('makes, lists, reads and revokes applications; the secret is shown once', async () => {
    const made = await app.call<Made>('POST', '/v1/credentials', {
      protocol: 'verihubs',
      mode: 'testing',
      name: 'Door',
    })
    assert.equal(made.status, 201)
    const { id, publicId, secret, ...rest } = made.body
    assert.deepEqual([rest.mode, rest.testingQuota, rest.name, rest.regionId], ['testing', 100, 'Door', 'default'])
    assert.equal(rest.galleryId, `verihubs-${publicId}`)
    const headers = { 'App-ID': publicId, 'API-Key': secret }
    const enroll = () => app.call<VerihubsBody>('POST', '/verihubs/v1/face/enroll', { image: ada }, headers)
    assertSuccess(await enroll())
    const one = await app.call('GET', `/v1/credentials/${id}`)
    const list = await app.call<{ items: Made[] }>('GET', '/v1/credentials?limit=1000')
    assert.ok(list.body.items.some(each => each.id === id))
    assert.ok(!JSON.stringify([one.body, list.body]).includes(secret))
    assert.equal((await app.call('DELETE', `/v1/credentials/${id}`)).status, 204)
    assert.equal((await enroll()).status, 401)
    assert.ok((await app.call<Made>('GET', `/v1/credentials/${id}`)).body.revokedAt)
    const audit = await app.call<{ items: { action: string; actor: string; target: string }[] }>('GET', '/v1/audit')
    const acts = audit.body.items.filter(({ target }) => target === id)
    assert.deepEqual(
      acts.map(({ action }) => action),
      ['credential.revoke', 'credential.create'],
    )
    assert.ok(acts.every(({ actor }) => actor !== 'operator'))
  })

  test('refuses what no pair can be, and ids that are none', async () => {
    for (const body of [
      {},
      { protocol: 'native' },
      { protocol: 'advance', mode: 'live' },
      { protocol: 'verihubs', testingQuota: 3 },
      { protocol: 'verihubs', mode: 'testing', testingQuota: -1 },
      { protocol: 'verihubs', galleryId: 'a b' },
      { protocol: 'verihubs', tenantId: 'other' },
    ])
      assert.equal((await app.call('POST', '/v1/credentials', body)).status, 400, JSON.stringify(body))
    const refused = await app.call<{ detail: string }>('POST', '/v1/credentials', {
      protocol: 'verihubs',
      galleryId: 'a b',
    })
    assert.match(refused.body.detail, /^"galleryId" must have/)
    for (const method of ['GET', 'DELETE']) assert.equal((await app.call(method, '/v1/credentials/nobody')).status, 404)
  })
})

describe('hosts', () => {
  /** As a client whose base URL names the host; `fetch` cannot send another host's name. */
  const callHost = (host: string, path: string, headers: Readonly<Record<string, string>>) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const sent = { ...headers, host, 'content-type': 'application/json' }
      const request = requestHttp(`${app.url}${path}`, { method: 'POST', headers: sent }, async response => {
        let text = ''
        for await (const chunk of response) text += chunk
        resolve({ status: response.statusCode ?? 0, text })
      })
      request.once('error', reject).end(JSON.stringify({ image: ada }))
    })

  test("the vendor's own paths answer on the hosts of the regions file, the prefix on every host", async () => {
    const { headers } = await server.newApplication()
    for (const host of ['faces.example', 'FACES.example:8470', 'other.faces.example', 'anything.example'])
      assert.equal((await callHost(host, '/verihubs/v1/face/enroll', headers)).status, 200, host)
    for (const host of ['faces.example', 'Other.Faces.example:443'])
      assert.equal((await callHost(host, '/v1/face/enroll', headers)).status, 200, host)
    const strange = await callHost('anything.example', '/v1/face/enroll', headers)
    assert.equal(strange.status, 404)
    assert.equal(JSON.parse(strange.text).code, 'route_not_found')
    assert.equal((await callHost('faces.example', '/v1/face/nothing', headers)).text, '{"message":"Not found"}')
  })

  test("on other hosts the vendor's own paths answer where a region is named for them", async () => {
    for (const [unknownHosts, bare, prefixed] of [
      ['default', 200, 200],
      ['eu', 401, 401],
      ['refuse', 404, 401],
    ] as const) {
      const elsewhere = await openVerihubs({ regions: REGIONS, unknownHosts })
      const { call } = await elsewhere.newApplication()
      assert.equal((await call('/search', { image: ada }, { prefix: '/v1/face' })).status, bare, unknownHosts)
      assert.equal((await call('/search', { image: ada })).status, prefixed, unknownHosts)
      await elsewhere.close()
    }
  })

  test('no document describes the bare paths, which are the same operations', async () => {
    for (const document of ['/openapi.json', '/openapi/verihubs.json']) {
      const { status, body } = await app.call<{ paths: object }>('GET', document)
      assert.equal(status, 200)
      assert.ok(Object.keys(body.paths).every(path => !path.startsWith('/v1/face')))
    }
  })

  test('the document lets the id of a deletion be in the query alone', async () => {
    const { body } = await app.call<{ components: { schemas: Record<string, { required?: string[] }> } }>(
      'GET',
      '/openapi/verihubs.json',
    )
    assert.deepEqual(body.components.schemas.VerihubsVerify?.required, ['image', 'subject_id'])
    assert.equal(body.components.schemas.VerihubsDelete?.required, undefined)
  })

  test('a host selects its region: applications of another are not known there', async () => {
    const { headers } = await server.newApplication()
    for (const path of ['/v1/face/enroll', '/verihubs/v1/face/enroll'])
      assert.equal((await callHost('eu.faces.example', path, headers)).status, 401)
  })
})

describe('other addresses', () => {
  test('unknown paths are 404 and other methods 405, for whoever asks', async () => {
    const ask = (method: string, path: string) => app.call<VerihubsBody>(method, `/verihubs/v1/face${path}`)
    for (const path of ['', '/', '/nothing', '/enroll/x', '/Enroll'])
      assert.deepEqual((await ask('POST', path)).body, { message: 'Not found' }, path)
    for (const method of ['GET', 'PUT', 'PATCH', 'OPTIONS']) {
      const answer = await ask(method, '/enroll')
      assert.deepEqual(
        [answer.status, answer.body, answer.headers.get('allow')],
        [405, { message: 'Method not allowed' }, 'POST, DELETE'],
      )
    }
    assert.equal((await ask('DELETE', '/search')).status, 405)
  })
})

describe('testing mode', () => {
  test('counts each product, exactly however many call at once, until the operator counts anew', async () => {
    const { call, credential } = await server.newApplication({ mode: 'testing', testingQuota: 5 })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call('/enroll', { image: ada, subject_id: 'a' })),
    )
    assert.equal(answers.filter(({ status }) => status === 200).length, 5)
    for (const answer of answers.filter(({ status }) => status !== 200))
      assertRefused(answer, 403, 'INSUFFICIENT_QUOTA_ENROLL', 'usage reach it quota limit for enroll')
    const calls = {
      '/liveness': [{ image: ada }, 'LIVENESS'],
      '/verify': [{ image: ada, subject_id: 'a' }, 'VERIFY'],
      '/search': [{ image: ada }, 'SEARCH'],
      '/compare': [{ image_1: ada, image_2: ada }, 'COMPARE'],
    } as const
    for (const [path, [body, product]] of Object.entries(calls)) {
      for (let used = 0; used < 5; used++) assertSuccess(await call(path, body))
      assertRefused(await call(path, body), 403, `INSUFFICIENT_QUOTA_${product}`)
    }
    const { counts } = await changeTesting(operator, credential.id, { reset: true })
    assert.deepEqual(counts, [])
    assertSuccess(await call('/enroll', { image: ada }))
    await changeTesting(operator, credential.id, { quota: 1 })
    assertRefused(await call('/enroll', { image: ada }), 403, 'INSUFFICIENT_QUOTA_ENROLL')
    assertSuccess(await call('/enroll?subject_id=a', undefined, { method: 'DELETE' }))
  })

  test('liveness beside another product uses both or neither', async () => {
    const { call, credential } = await server.newApplication({ mode: 'testing', testingQuota: 2 })
    assertSuccess(await call('/liveness', { image: ada }))
    assertSuccess(await call('/enroll', { image: ada, is_liveness: true }))
    const spent = await call('/enroll', { image: ada, is_liveness: true })
    assertRefused(spent, 403, 'INSUFFICIENT_QUOTA_LIVENESS', 'usage reach it quota limit for liveness')
    const { counts } = await changeTesting(operator, credential.id, {})
    assert.deepEqual(counts, [
      { product: 'ENROLL', used: 1 },
      { product: 'LIVENESS', used: 2 },
    ])
    assertSuccess(await call('/enroll', { image: ada }))
  })

  test('what is refused uses nothing, what fails a validation does', async () => {
    const { call } = await server.newApplication({ mode: 'testing', testingQuota: 2 })
    for (const image of [faceless, '', 'http://127.0.0.1:1/', 'R0lGODlh'])
      assert.equal((await call('/enroll', { image })).status, 400)
    assertFailOn(await call('/enroll', { image: group, validate_nface: true }), 8)
    assertSuccess(await call('/enroll', { image: ada }))
    assertRefused(await call('/enroll', { image: ada }), 403, 'INSUFFICIENT_QUOTA_ENROLL')
  })

  test('live applications are not counted', async () => {
    const { call, credential } = await server.newApplication()
    for (let used = 0; used < 3; used++) assertSuccess(await call('/liveness', { image: ada }))
    assert.deepEqual(await operator.control.testing.list(credential.id), [])
  })
})

describe('sandbox mode', () => {
  test('answers by the names of scenarios, and stores nothing', async () => {
    const { call } = await server.newApplication({ mode: 'sandbox' })
    const before = server.analysed()
    assertRefused(await call('/enroll', { image: 'IMAGE_EXCEED_LIMIT' }), 400, 'INVALID_PAYLOAD_IMAGE_SIZE')
    assertRefused(await call('/search', { image: 'NO_FACE_PHOTO' }), 400, 'FACE_NOT_DETECTED')
    const plain = assertSuccess(await call('/enroll', { image: 'LIVE_PERSON_A_1', is_liveness: true }))
    assert.deepEqual(
      [plain.nface, plain.image_quality, plain.liveness?.status],
      [1, { blur: false, dark: false, grayscale: false }, true],
    )
    const all = {
      is_liveness: true,
      validate_quality: true,
      validate_attribute: true,
      validate_liveness: true,
      validate_nface: true,
    }
    const worn = await call('/search', { image: 'LIVE_PERSON_BLURDARK_MVS_B_3', ...all })
    const body = assertFailOn(worn, 14)
    assert.deepEqual(body.attributes, { sunglasses_on: true, mask_on: true, veil_on: true, hat_on: false })
    assert.deepEqual([body.nface, body.image_quality], [3, { blur: true, dark: true, grayscale: false }])
    assertSuccess(await call('/enroll', { image: 'LIVE_PERSON_V_J_1', ...all }))
    assertFailOn(await call('/enroll', { image: 'SPOOF_PERSON_A_1', ...all }), 1)
    assert.equal(assertSuccess(await call('/liveness', { image: 'SPOOF_PERSON_A_1' })).liveness?.status, false)
    assert.equal(server.analysed(), before)
  })

  test('recognises people by their letter', async () => {
    const { call } = await server.newApplication({ mode: 'sandbox' })
    const compare = (image_1: string, image_2: string) => call('/compare', { image_1, image_2 })
    assertSuccess(await compare('LIVE_PERSON_C_1', 'LIVE_PERSON_DARK_S_C_2'))
    assertFailOn(await compare('LIVE_PERSON_C_1', 'LIVE_PERSON_D_1'), 16)
    assertRefused(await compare('LIVE_PERSON_C_1', 'IMAGE_EXCEED_LIMIT'), 400, 'INVALID_PAYLOAD_IMAGE_2_SIZE')
    const verify = (image: string, subject_id: string) => call('/verify', { image, subject_id })
    assertSuccess(await verify('LIVE_PERSON_A_1', 'SUB_EXIST'))
    assertFailOn(await verify('LIVE_PERSON_B_1', 'SUB_EXIST'), 16)
    assertRefused(await verify('LIVE_PERSON_A_1', 'SUB_NOT_EXIST'), 400, 'INVALID_PAYLOAD_SUBJECT_ID')
    assertRefused(await verify('LIVE_PERSON_A_1', 'ada'), 400, 'INVALID_SANDBOX_SUBJECT_ID')
    const search = async (image: string) => assertSuccess(await call('/search', { image, return_image: true })).matches
    assert.deepEqual(await search('LIVE_PERSON_A_1'), [
      { subject_id: 'SUB_EXIST', similarity_status: true, image: null },
    ])
    assert.deepEqual(await search('LIVE_PERSON_B_1'), [])
  })

  test('deletes one subject, and refuses what names no scenario', async () => {
    const { call } = await server.newApplication({ mode: 'sandbox' })
    const remove = (id: string) => call(`/enroll?subject_id=${id}`, undefined, { method: 'DELETE' })
    assert.equal(assertSuccess(await remove('SUB_EXIST')).message, 'Subject id SUB_EXIST successfully deleted')
    assertRefused(await remove('SUB_NOT_EXIST'), 400, 'INVALID_PAYLOAD_SUBJECT_ID', 'Subject id is not found')
    assertRefused(await remove('ada'), 400, 'INVALID_SANDBOX_SUBJECT_ID')
    for (const image of [
      ada,
      'LIVE_PERSON_K_1',
      'LIVE_PERSON_A_0',
      'LIVE_PERSON__A_1',
      'live_person_a_1',
      'LIVE_PERSON_SM_A_1',
    ])
      assertRefused(await call('/enroll', { image }), 400, 'INVALID_PAYLOAD_IMAGE_FORMAT')
    assertRefused(await call('/enroll', { image: '' }), 400, 'INVALID_PAYLOAD_IMAGE_MISSING')
    const { call: live } = await server.newApplication()
    assertRefused(await live('/enroll', { image: 'NO_FACE_PHOTO' }), 400, 'INVALID_PAYLOAD_IMAGE_MISSING')
  })
})

describe('records and limits', () => {
  test("a call is in the log with the protocol's words, and its person as a hash", async () => {
    const { call, credential } = await server.newApplication()
    const { session_id } = assertSuccess(await call('/enroll', { image: ada, subject_id: 'ada' }))
    const failed = assertFailOn(await call('/enroll', { image: group, subject_id: 'ada', validate_nface: true }), 8)
    const refused = await call('/verify', { image: ada, subject_id: 'nobody' })
    const find = async (id: string) => {
      for (let attempt = 0; attempt < 100; attempt++) {
        const found = await operator.control.findTransaction('default', id)
        if (found) return found
        await new Promise(resolve => setTimeout(resolve, 50))
      }
      return assert.fail('the call was never logged')
    }
    const logged = await find(session_id!)
    const { protocol, operation, outcome, status, credentialId, galleryId } = logged
    assert.deepEqual(
      { protocol, operation, outcome, status, credentialId, galleryId },
      {
        protocol: 'verihubs',
        operation: 'verihubsEnroll',
        outcome: 'ok',
        status: 200,
        credentialId: credential.id,
        galleryId: credential.galleryId,
      },
    )
    assert.ok(logged.subjectHash && !JSON.stringify(logged).includes('"ada"'))
    assert.equal((await find(failed.session_id!)).outcome, 'FAIL_ON_8')
    assert.equal((await find(refused.headers.get('x-transaction-id')!)).outcome, 'INVALID_PAYLOAD_SUBJECT_ID')
  })

  test("a credential's own rate and quota hold here too", async () => {
    const limits = { burst: null, perDay: null, perMonth: null, operations: null, requestsPerSecond: null }
    const slow = await server.newApplication({ allowance: { ...limits, requestsPerSecond: 1 } })
    assertSuccess(await slow.call('/liveness', { image: ada }))
    const answer = await slow.call('/liveness', { image: ada })
    assertRefused(answer, 429, 'TOO_MANY_REQUESTS')
    assert.ok(Number(answer.headers.get('retry-after')) >= 1)
    const few = await server.newApplication({ allowance: { ...limits, perDay: 2 } })
    assertFailOn(await few.call('/enroll', { image: group, validate_nface: true }), 8)
    assertSuccess(await few.call('/enroll', { image: ada }))
    assertRefused(await few.call('/enroll', { image: ada }), 403, 'INSUFFICIENT_QUOTA_ENROLL')
    assertRefused(await few.call('/enroll', {}, { method: 'DELETE' }), 403, 'INSUFFICIENT_QUOTA')
  })
})

describe('what the server cannot do', () => {
  /** A server whose engine does this with every picture, while so many wait. */
  const openFailing = (analyse: FaceEngine['analyse'], stats: Partial<EngineStats> = {}) => {
    const pack = { id: 'fake', version: '1', dimensions: 128, calibration: {} as never }
    return openVerihubs({
      change: {
        engine: {
          assessments: ['liveness'],
          pack,
          packs: [pack],
          stats: () => ({
            waiting: 0,
            working: 0,
            places: 1,
            framesWaiting: 0,
            framePlaces: 1,
            pictureMs: 1,
            ...stats,
          }),
          analyse,
          close: async () => {},
        },
      },
    })
  }

  test('is INTERNAL_SERVER_ERROR, and uses nothing of a quota', async () => {
    const failing = await openFailing(async () => Promise.reject(new Error('broken')))
    const { call } = await failing.newApplication({ mode: 'testing', testingQuota: 3 })
    for (let tries = 0; tries < 4; tries++)
      assertRefused(await call('/liveness', { image: ada }), 500, 'INTERNAL_SERVER_ERROR', 'Internal server error')
    await failing.close()
  })

  test('for being busy, it says by its status, and when to come back', async () => {
    const busy = new AppError('busy', undefined, { details: { retryAfterSeconds: 7 } })
    const engine = await openFailing(async () => Promise.reject(busy))
    const answer = await (await engine.newApplication()).call('/enroll', { image: ada })
    assertRefused(answer, 503, 'INTERNAL_SERVER_ERROR')
    assert.equal(answer.headers.get('retry-after'), '7')
    await engine.close()
    const line = await openFailing(async () => assert.fail('nothing is looked at'), { waiting: 1000 })
    const early = await (await line.newApplication()).call('/enroll', { image: ada })
    assertRefused(early, 503, 'INTERNAL_SERVER_ERROR')
    assert.ok(Number(early.headers.get('retry-after')) >= 1)
    await line.close()
  })

  test('in the time that the caller gives it, is 504', async () => {
    const slow = await openFailing(
      (_image, { signal }) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    )
    const { call } = await slow.newApplication()
    const answer = await call('/enroll', { image: ada }, { headers: { 'Request-Timeout': '0.05' } })
    assertRefused(answer, 504, 'INTERNAL_SERVER_ERROR')
    await slow.close()
  })

  test('a judgement that is switched off is left out, and refused where it is validated', async () => {
    const blind = await openVerihubs({ assessments: ['quality'] })
    const { call } = await blind.newApplication()
    const flags = { is_attribute: true, is_liveness: true }
    const body = assertSuccess(await call('/enroll', { image: ada, subject_id: 'ada', ...flags }))
    assert.deepEqual(
      ['image_quality', 'attributes', 'liveness'].map(name => name in body),
      [true, false, false],
    )
    for (const validation of ['validate_attribute', 'validate_liveness'])
      assertRefused(await call('/search', { image: ada, ...flags, [validation]: true }), 500, 'INTERNAL_SERVER_ERROR')
    assertRefused(await call('/liveness', { image: ada }), 500, 'INTERNAL_SERVER_ERROR')
    await blind.close()
  })
})
