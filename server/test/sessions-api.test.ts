// The native API of capture sessions and of the webhook: what is made, read and cleared, each refusal, and each limit.
import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { canonicalJson } from '../src/core/canonical-json.ts'
import { createKey } from '../src/core/keys.ts'
import { keepPicture } from '../src/core/pictures.ts'
import type { SessionChange } from '../src/core/session-ports.ts'
import type { SessionVerdict } from '../src/core/session-types.ts'
import { createTenant } from '../src/core/tenants.ts'
import type { Scope } from '../src/core/types.ts'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import { openFakeApp } from './fake-app.ts'
import { fakePicture } from './fake-core.ts'
import { assertProblem, assertRecent, assertUuidV7, base64, type Client, createClient } from './support.ts'

const app = await openFakeApp()
after(() => app.close())
const { core, call } = app
const { store } = core.region

interface Session extends Record<string, unknown> {
  readonly id: string
  readonly url: string
  readonly state: string
  readonly expiresAt: string
}

interface Judged extends Record<string, unknown> {
  readonly result: {
    readonly result: {
      readonly session: string
      readonly purpose: string
      readonly gallery: string
      readonly sha256: string
    }
    readonly signature: { readonly keyId: string; readonly value: string }
  }
}

const create = async (body: object, client: Client = app): Promise<Session> => {
  const answer = await client.call<Session>('POST', '/v1/sessions', body)
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body
}
const newClient = async (input: { tenantId?: string; scopes?: readonly Scope[] } = {}): Promise<Client> => {
  const { key } = await createKey(operator, { tenantId: 'default', regionId: 'default', ...input })
  return createClient(app.url, key)
}
const { control, clock, ids, limits, vault } = core.context
const operator = { control, clock, ids, limits, regionIds: ['default'], vault: async () => vault }

/** As the judging leaves it. */
const change = async (id: string, made: SessionChange): Promise<void> => {
  const session = await store.sessions.find('default', id)
  assert.ok(session && (await store.sessions.update(id, session.revision, made)))
}

await call('POST', '/v1/galleries', { id: 'staff' })
await call('POST', '/v1/galleries/staff/faces', { image: base64(fakePicture({ person: 'jane' })), subjectId: 'jane' })

describe('creating', () => {
  test('a session of each purpose, with the defaults', async () => {
    const bodies = [
      { purpose: 'liveness' },
      { purpose: 'enrol', gallery: 'staff' },
      { purpose: 'enrol', gallery: 'staff', subject: 'new', metadata: { floor: 3 } },
      { purpose: 'verify', gallery: 'staff', subject: 'jane', threshold: 90 },
      { purpose: 'search', gallery: 'staff', threshold: 0 },
    ]
    for (const body of bodies) {
      const { id, url, expiresAt, createdAt, ...rest } = await create(body)
      assertUuidV7(id)
      assertRecent(String(createdAt))
      assert.match(url, new RegExp(`^${app.url}/capture/[\\w-]{43}$`))
      assert.equal(Date.parse(expiresAt) - Date.parse(String(createdAt)), 1_800_000)
      const { purpose, gallery = null, subject = null } = body as Record<string, unknown>
      assert.deepEqual(rest, {
        ...{ purpose, gallery, subject, state: 'created', ended: false, livenessMode: 'active', attempts: 0 },
        ...{ startedAt: null, submittedAt: null, endedAt: null, clearedAt: null },
      })
    }
  })

  test('once for an idempotency key: the same session and the same address', async () => {
    const headers = { 'idempotency-key': 'order-17' }
    const [first, second] = [
      await call<Session>('POST', '/v1/sessions', { purpose: 'liveness' }, headers),
      await call<Session>('POST', '/v1/sessions', { purpose: 'liveness' }, headers),
    ]
    assert.deepEqual([second.status, second.body], [201, first.body])
    assert.equal(second.headers.get('idempotency-replayed'), 'true')
    const other = await call('POST', '/v1/sessions', { purpose: 'search', gallery: 'staff' }, headers)
    assertProblem(other, 409, 'idempotency_conflict')
  })

  test('below the public address of the settings', async () => {
    const named = await openFakeApp({ publicUrl: 'https://faces.example' })
    after(() => named.close())
    assert.match((await create({ purpose: 'liveness' }, named)).url, /^https:\/\/faces\.example\/capture\/[\w-]{43}$/)
  })

  test('is refused where fields do not go together, or are not as they must be', async () => {
    const wrong: object[] = [
      {},
      { purpose: 'fun' },
      { purpose: 'liveness', gallery: 'staff' },
      { purpose: 'liveness', subject: 'jane' },
      { purpose: 'enrol' },
      { purpose: 'enrol', gallery: 'staff', threshold: 80 },
      { purpose: 'verify', gallery: 'staff' },
      { purpose: 'search', gallery: 'staff', subject: 'jane' },
      { purpose: 'search', gallery: 'staff', threshold: 101 },
      { purpose: 'search', gallery: 'staff', metadata: {} },
      { purpose: 'liveness', liveness: 'active', uploadAllowed: true },
      { purpose: 'liveness', language: 'tlh' },
      { purpose: 'liveness', colourScheme: 'pink' },
      { purpose: 'liveness', returnUrl: 'javascript:alert(1)' },
      { purpose: 'liveness', failReturnUrl: 'myapp:' },
      { purpose: 'liveness', callbackUrl: 'myapp://done' },
      { purpose: 'liveness', iframeOrigins: ['https://shop.example/path'] },
      { purpose: 'liveness', iframeOrigins: ["https://a.example; script-src 'unsafe-inline'"] },
      { purpose: 'liveness', iframeOrigins: ['*', 'https://shop.example'] },
      { purpose: 'liveness', nonsense: true },
    ]
    for (const body of wrong) assertProblem(await call('POST', '/v1/sessions', body), 400, 'request_invalid')
  })

  test('is refused beyond the limits', async () => {
    const { minSessionSeconds, maxSessionSeconds, maxReturnUrlCharacters, maxIframeOrigins } = DEFAULT_LIMITS
    const url = (length: number): string => 'https://shop.example/'.padEnd(length, 'x')
    const origins = (count: number): string[] => Array.from({ length: count }, (_, at) => `https://s${at}.example`)
    for (const expiresInSeconds of [minSessionSeconds, maxSessionSeconds])
      await create({ purpose: 'liveness', expiresInSeconds })
    await create({
      purpose: 'liveness',
      returnUrl: url(maxReturnUrlCharacters),
      iframeOrigins: origins(maxIframeOrigins),
    })
    const wrong = [
      { expiresInSeconds: minSessionSeconds - 1 },
      { expiresInSeconds: maxSessionSeconds + 1 },
      { expiresInSeconds: 90.5 },
      { returnUrl: url(maxReturnUrlCharacters + 1) },
      { failReturnUrl: url(maxReturnUrlCharacters + 1) },
      { callbackUrl: url(maxReturnUrlCharacters + 1) },
      { iframeOrigins: origins(maxIframeOrigins + 1) },
    ]
    for (const rest of wrong)
      assertProblem(await call('POST', '/v1/sessions', { purpose: 'liveness', ...rest }), 400, 'request_invalid')
  })

  test('is refused for what is not there', async () => {
    const ask = (body: object) => call('POST', '/v1/sessions', body)
    assertProblem(await ask({ purpose: 'search', gallery: 'nowhere' }), 404, 'gallery_not_found')
    assertProblem(await ask({ purpose: 'verify', gallery: 'staff', subject: 'nobody' }), 404, 'subject_not_found')
    for (const liveness of ['passive', 'both'])
      assertProblem(await ask({ purpose: 'liveness', liveness }), 409, 'assessment_unavailable')
  })
})

const attempt = { number: 2, nonce: 'n', startedAt: new Date(), challenges: [], steps: [] }
const PICTURE = fakePicture({ person: 'jane' })
const verdictOf = async (id: string, rest: Partial<SessionVerdict> = {}): Promise<SessionVerdict> => {
  const blobKey = ids.next()
  await keepPicture(core.context, core.region, 'default', blobKey, PICTURE)
  const at = new Date('2031-02-03T04:05:06Z')
  const sha256 = createHash('sha256').update(PICTURE).digest('hex')
  const facts = { blobKey, mediaType: 'image/jpeg', bytes: PICTURE.length, sha256 }
  const of = { sessionId: id, attempt: attempt.number, stepId: 'step', sequence: 1, source: 'camera' } as const
  await change(id, { state: 'started', startedAt: at, attempt })
  assert.ok(await store.sessions.insertFrame({ ...facts, ...of, atMs: 0, receivedAt: at }, 96))
  return {
    judgedAt: at,
    frame: { ...facts, at },
    template: new Float32Array(128).fill(0.1),
    pack: 'fake@1',
    liveness: { score: 0.91, threshold: 0.5, live: true, model: 'liveness@1' },
    events: [{ challenge: 'portrait', met: true, at }],
    similarity: null,
    threshold: null,
    candidates: [],
    faceId: null,
    subjectId: null,
    ...rest,
  }
}

describe('reading', () => {
  test('a session that nobody has begun', async () => {
    const { url, ...created } = await create({ purpose: 'search', gallery: 'staff' })
    const { status, body } = await call('GET', `/v1/sessions/${created.id}`)
    assert.equal(status, 200)
    assert.deepEqual(body, {
      ...created,
      ...{ reasons: [], liveness: null, match: null, candidates: null, faceId: null, picture: null, events: [] },
      result: null,
    })
    assert.ok(!JSON.stringify(body).includes(url.slice(-43)), 'the address is shown once')
  })

  test('a passed search: candidates, the judged frame, and a result that anybody can verify', async () => {
    const { id } = await create({ purpose: 'search', gallery: 'staff' })
    const { items } = (await call<{ items: { id: string }[] }>('GET', '/v1/galleries/staff/faces')).body
    const candidates = [{ subjectId: 'jane', faceId: items[0].id, similarity: 97.5 }]
    const verdict = await verdictOf(id, { candidates, threshold: 82 })
    await change(id, { state: 'passed', ended: true, endedAt: new Date(), verdict })
    const { body } = await call<Judged>('GET', `/v1/sessions/${id}`)
    assert.deepEqual([body.state, body.ended, body.attempts, body.candidates], ['passed', true, 2, candidates])
    assert.deepEqual(body.liveness, verdict.liveness)
    assert.deepEqual(body.events, [{ challenge: 'portrait', met: true, at: '2031-02-03T04:05:06.000Z' }])
    assert.equal(body.match, null)
    const { result, signature } = body.result
    assert.deepEqual([result.session, result.purpose, result.gallery], [id, 'search', 'staff'])
    const { keys } = (await call<{ keys: { kid: string }[] }>('GET', '/v1/receipts/keys')).body
    const key = createPublicKey({ key: keys.find(({ kid }) => kid === signature.keyId) as never, format: 'jwk' })
    const value = Buffer.from(signature.value, 'base64url')
    assert.ok(verify(null, Buffer.from(canonicalJson(result)), key, value))
    assert.ok(!verify(null, Buffer.from(canonicalJson({ ...result, subject: 'eve' })), key, value))

    const response = await fetch(`${app.url}/v1/sessions/${id}/picture`, {
      headers: { authorization: `Bearer ${app.key}` },
    })
    assert.equal(response.headers.get('content-type'), 'image/jpeg')
    const bytes = new Uint8Array(await response.arrayBuffer())
    assert.equal(createHash('sha256').update(bytes).digest('hex'), result.sha256)
    const trail = await call<{ items: { action: string }[] }>('GET', '/v1/audit?action=session.picture')
    assert.equal(trail.body.items.length, 1)
  })

  test('a failed verification: reasons with their values, and no result', async () => {
    const { id } = await create({ purpose: 'verify', gallery: 'staff', subject: 'jane' })
    const reasons = [
      { name: 'not_matched', message: 'The face is not that of the subject.', value: 12.5, threshold: 80 },
    ]
    const verdict = await verdictOf(id, { similarity: 12.5, threshold: 80 })
    await change(id, { state: 'failed', verdict, reasons })
    const { body } = await call<Judged>('GET', `/v1/sessions/${id}`)
    assert.deepEqual(
      [body.state, body.ended, body.reasons, body.match, body.result],
      ['failed', false, reasons, { similarity: 12.5, threshold: 80 }, null],
    )
  })

  test('lists: newest first, by state, gallery and subject, page by page, without outcomes', async () => {
    const { body } = await call<{ items: Session[] }>('GET', '/v1/sessions?limit=1000')
    const times = body.items.map(({ createdAt }) => String(createdAt))
    assert.deepEqual(times, times.toSorted().reverse())
    assert.doesNotMatch(JSON.stringify(body), /0\.91|97\.5|12\.5/)
    const list = async (query: string) => (await call<{ items: Session[] }>('GET', `/v1/sessions?${query}`)).body.items
    assert.deepEqual(
      (await list('state=failed')).map(each => [each.state, each.reasons]),
      [['failed', ['not_matched']]],
    )
    assert.ok((await list('gallery=staff')).every(({ gallery }) => gallery === 'staff'))
    assert.ok((await list('subject=jane')).every(({ subject }) => subject === 'jane'))
    const ids: string[] = []
    for (let cursor = ''; ; ) {
      const page: { items: Session[]; nextCursor: string | null } = (
        await call<typeof page>('GET', `/v1/sessions?limit=4${cursor && `&cursor=${cursor}`}`)
      ).body
      ids.push(...page.items.map(({ id }) => id))
      if (page.nextCursor === null) break
      cursor = encodeURIComponent(page.nextCursor)
    }
    assert.deepEqual(
      ids,
      body.items.map(({ id }) => id),
    )
    for (const query of ['state=lost', 'limit=0', 'limit=1001', 'cursor=nonsense'])
      assertProblem(await call('GET', `/v1/sessions?${query}`), 400, 'request_invalid')
  })

  test('nothing of another tenant', async () => {
    const { id } = await create({ purpose: 'liveness' })
    await createTenant(operator, { id: 'other' })
    const other = await newClient({ tenantId: 'other' })
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/picture'],
      ['DELETE', ''],
    ])
      assertProblem(await other.call(method, `/v1/sessions/${id}${path}`), 404, 'session_not_found')
    assert.deepEqual((await other.call<{ items: [] }>('GET', '/v1/sessions')).body.items, [])
    assertProblem(await call('GET', `/v1/sessions/${id}/picture`), 404, 'picture_not_kept')
  })
})

describe('clearing', () => {
  test('deletes what was learnt of the person, and leaves the state', async () => {
    const { id } = await create({ purpose: 'verify', gallery: 'staff', subject: 'jane', returnUrl: 'myapp://done' })
    const verdict = await verdictOf(id, { similarity: 97.5, threshold: 80 })
    await change(id, { state: 'passed', ended: true, endedAt: new Date(), verdict })
    assert.equal((await call('DELETE', `/v1/sessions/${id}`)).status, 204)
    const { body } = await call<Record<string, unknown>>('GET', `/v1/sessions/${id}`)
    assertRecent(String(body.clearedAt))
    assert.deepEqual(
      [body.state, body.match, body.liveness, body.picture, body.result],
      ['passed', null, null, null, null],
    )
    assertProblem(await call('GET', `/v1/sessions/${id}/picture`), 404, 'picture_not_kept')
    assert.equal(await core.region.blobs.get(verdict.frame?.blobKey ?? ''), null)
    assert.equal((await call('DELETE', `/v1/sessions/${id}`)).status, 204, 'again is no error')
  })

  test('ends a session that goes on: its address is good for nothing', async () => {
    const { id, url } = await create({ purpose: 'liveness' })
    await call('DELETE', `/v1/sessions/${id}`)
    const { body } = await call<Session>('GET', `/v1/sessions/${id}`)
    assert.equal(body.ended, true)
    const headers = { authorization: `Bearer ${url.slice(-43)}` }
    assertProblem(await call('POST', '/capture/api/start', {}, headers), 410, 'session_ended')
  })
})

test('scopes: enrol makes and clears, read reads, admin sees pictures and sets the webhook', async () => {
  const enrol = await newClient({ scopes: ['enrol'] })
  const read = await newClient({ scopes: ['read'] })
  const { id } = await create({ purpose: 'liveness' }, enrol)
  assertProblem(await enrol.call('GET', `/v1/sessions/${id}`), 403, 'scope_missing')
  assert.equal((await read.call('GET', `/v1/sessions/${id}`)).status, 200)
  assertProblem(await read.call('POST', '/v1/sessions', { purpose: 'liveness' }), 403, 'scope_missing')
  assertProblem(await read.call('DELETE', `/v1/sessions/${id}`), 403, 'scope_missing')
  assertProblem(await read.call('GET', `/v1/sessions/${id}/picture`), 403, 'scope_missing')
  assertProblem(await read.call('GET', '/v1/webhook'), 403, 'scope_missing')
  assert.equal((await enrol.call('DELETE', `/v1/sessions/${id}`)).status, 204)
})

test('the webhook is set, shown without its secret, changed and removed', async () => {
  assertProblem(await call('GET', '/v1/webhook'), 404, 'webhook_not_found')
  const set = await call<Record<string, string>>('PUT', '/v1/webhook', { url: 'https://shop.example/ends' })
  assert.equal(set.status, 200)
  assert.equal(Buffer.from(set.body.secret, 'base64').length, 32)
  assert.deepEqual([set.body.url, set.body.algorithm], ['https://shop.example/ends', 'HMAC-SHA256'])
  const { secret: _, ...shown } = set.body
  assert.deepEqual((await call('GET', '/v1/webhook')).body, shown)
  const again = await call<Record<string, string>>('PUT', '/v1/webhook', {
    ...shown,
    createdAt: undefined,
    algorithm: 'HMAC-SHA512',
  })
  assert.equal(again.body.algorithm, 'HMAC-SHA512')
  assert.notEqual(again.body.secret, set.body.secret)
  const long = 'https://shop.example/'.padEnd(DEFAULT_LIMITS.maxReturnUrlCharacters + 1, 'x')
  for (const url of ['http://shop.example', 'myapp://x', 'javascript:alert(1)', '', long])
    assertProblem(await call('PUT', '/v1/webhook', { url }), 400, 'request_invalid')
  assertProblem(
    await call('PUT', '/v1/webhook', { url: 'https://x.example', algorithm: 'MD5' }),
    400,
    'request_invalid',
  )
  assert.equal((await call('DELETE', '/v1/webhook')).status, 204)
  assertProblem(await call('DELETE', '/v1/webhook'), 404, 'webhook_not_found')
})
