// The calls of the capture page: what goes in and out, each refusal, each limit, and that nothing of it is in a log.
import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import type { ErrorCode } from '../src/errors.ts'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import { createCaptureDouble, makeSecret, openTestFiles, SESSION } from './capture-double.ts'
import { openFakeApp } from './fake-app.ts'
import { type Answer, assertProblem } from './support.ts'

const SECRET = makeSecret()
const VISIT = makeSecret()
const capture = createCaptureDouble(SECRET, VISIT)
const lines: string[] = []
const captureFiles = await openTestFiles({ after })
/** Floods have a test of their own. */
const limits = { captureCallsPerSecond: 10_000, captureMissesPerSecond: 10_000 }
const log = { level: 'debug', stream: { write: (line: string) => lines.push(line) } }
const app = await openFakeApp({ capture, captureFiles, limits, log })
after(() => app.close())
beforeEach(() => {
  capture.refuse(null)
  capture.become(SESSION)
})

const call = <T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  app.call<T>(method, `/capture/api/${path}`, body, { authorization: `Bearer ${SECRET}`, ...headers })

const FRAME = new Uint8Array(1000).fill(0xff)
const sendFrame = <T>(
  rest: Record<string, string> = {},
  body: unknown = FRAME,
  type = 'image/jpeg',
): Promise<Answer<T>> => {
  const query = new URLSearchParams({ nonce: 'n', step: 's', sequence: '1', at: '1234.5', ...rest })
  return call<T>('POST', `frames?${query}`, body, { 'content-type': type })
}
const lastCall = () => capture.calls.at(-1)

describe('the calls', () => {
  test('view: what the page needs, and nothing about whom it is', async () => {
    const { status, body, headers } = await call('GET', 'session')
    assert.equal(status, 200)
    assert.deepEqual(body, {
      state: 'started',
      ended: false,
      purpose: 'verify',
      liveness: 'both',
      language: 'id',
      colourScheme: 'dark',
      uploadAllowed: false,
      expiresAt: '2031-02-03T04:05:06.000Z',
      attempt: 2,
      reasons: [],
      canRetry: false,
      returnUrl: null,
      endCode: null,
      isEmbedded: true,
      iframeOrigins: ['https://shop.example'],
    })
    assert.equal(headers.get('cache-control'), 'no-store')
  })

  test('view after the judgement: names of reasons, no score, and where to go', async () => {
    const reason = { name: 'not_live', message: 'message-hidden', value: 0.42, threshold: 0.9 }
    const verdict = { similarity: 97.25, candidates: [{ subjectId: 'candidate-hidden' }], liveness: { score: 0.42 } }
    capture.become({ state: 'failed', reasons: [reason], verdict: verdict as never })
    const failed = (await call<Record<string, unknown>>('GET', 'session')).body
    assert.deepEqual([failed.reasons, failed.canRetry, failed.returnUrl], [[{ name: 'not_live' }], true, null])
    assert.doesNotMatch(JSON.stringify(failed), /hidden|0\.42|97|81\.5/)
    capture.become({ ended: true })
    const over = (await call<Record<string, unknown>>('GET', 'session')).body
    assert.deepEqual([over.canRetry, over.returnUrl, over.endCode], [false, 'myapp://failed', null])
    capture.become({ protocol: 'advance' })
    const spelled = (await call<Record<string, unknown>>('GET', 'session')).body
    assert.equal(spelled.endCode, 'LIVENESS_ATTACK', 'as get-result calls it')
    capture.become({ state: 'passed' })
    const passed = (await call<Record<string, unknown>>('GET', 'session')).body
    assert.equal(passed.returnUrl, 'https://shop.example/done')
    capture.become({ state: 'expired' })
    assert.equal((await call<Record<string, unknown>>('GET', 'session')).body.returnUrl, 'myapp://failed')
  })

  test('start, steps, frames, submit, end', async () => {
    assert.deepEqual((await call('POST', 'start', {})).body, {
      visit: VISIT,
      attempt: 2,
      nonce: 'nonce-of-this-try',
      portraits: DEFAULT_LIMITS.maxPortraitsPerAttempt,
      stepMs: DEFAULT_LIMITS.sessionStepMs,
      frameIntervalMs: 200,
    })
    const own = makeSecret()
    assert.equal((await call<{ visit: string }>('POST', 'start', { visit: own })).body.visit, own)
    assert.deepEqual(lastCall()?.[1], own)
    for (const visit of ['', own.slice(1), `${own}A`, `${own.slice(1)}+`, null, 7])
      assertProblem(await call('POST', 'start', { visit }), 400, 'request_invalid')
    assert.deepEqual((await call('POST', 'steps', { nonce: 'n', after: null })).body, {
      step: { id: 'step-1', challenge: 'portrait' },
    })
    assert.deepEqual(lastCall(), ['nextStep', { nonce: 'n', after: null }])
    const kept = await sendFrame({ source: 'upload' }, FRAME, 'image/webp')
    assert.deepEqual([kept.status, kept.body], [202, { pauseMs: 250 }])
    const frame = lastCall()?.[1] as Record<string, unknown>
    assert.deepEqual(
      { ...frame, bytes: (frame.bytes as Uint8Array).length },
      { nonce: 'n', stepId: 's', sequence: 1, source: 'upload', atMs: 1235, bytes: 1000 },
    )
    const submitted = await call<{ state: string }>('POST', 'submit', { nonce: 'n' })
    assert.deepEqual([submitted.status, submitted.body.state], [202, 'submitted'])
    assert.equal((await call('POST', 'end', {})).status, 200)
    assert.equal(lastCall()?.[0], 'end')
  })

  test('are no part of the documents', async () => {
    const { body } = await app.call<{ paths: object }>('GET', '/openapi.json')
    assert.deepEqual(
      Object.keys(body.paths).filter(path => path.startsWith('/capture')),
      [],
    )
    assert.ok(Object.hasOwn(body.paths, '/v1/sessions'))
  })
})

describe('what is refused', () => {
  const codes: [ErrorCode, number][] = [
    ['session_link_used', 409],
    ['session_ended', 410],
    ['session_locked', 423],
    ['session_unfinished', 409],
    ['session_attempt_stale', 409],
    ['session_frames_exceeded', 409],
    ['image_too_large', 413],
    ['image_format_unsupported', 422],
  ]
  for (const [code, status] of codes)
    test(code, async () => {
      capture.refuse(code)
      assertProblem(await sendFrame(), status, code)
      assertProblem(await call('POST', 'submit', { nonce: 'n' }), status, code)
    })

  test('who has no secret, or none of this server', async () => {
    const bearers = ['', 'Bearer', 'Bearer short', `Basic ${SECRET}`, `Bearer ${SECRET}a`, `Bearer ${makeSecret()}`]
    for (const authorization of bearers) {
      assertProblem(await call('GET', 'session', undefined, { authorization }), 404, 'session_link_invalid')
      const before = capture.calls.length
      assertProblem(await call('POST', 'frames?x=1', FRAME, { authorization }), 404, 'session_link_invalid')
      assert.ok(
        capture.calls.slice(before).every(([name]) => name === 'admit'),
        'before its body is looked at',
      )
    }
  })

  test('bodies and queries of another form', async () => {
    const wrong: [string, unknown][] = [
      ['start', { extra: 1 }],
      ['steps', {}],
      ['steps', { nonce: '', after: null }],
      ['steps', { nonce: 'n', after: 'x'.repeat(101) }],
      ['submit', { nonce: 7 }],
      ['end', { reason: 'bored' }],
    ]
    for (const [path, body] of wrong) assertProblem(await call('POST', path, body), 400, 'request_invalid')
    assertProblem(await call('POST', 'start', '{"', { 'content-type': 'application/json' }), 400, 'body_malformed')
    const queries = [
      { sequence: '0' },
      { sequence: '1.5' },
      { at: '-1' },
      { at: 'x' },
      { source: 'disk' },
      { more: '1' },
    ]
    for (const query of queries) assertProblem(await sendFrame(query as never), 400, 'request_invalid')
  })

  test('frames that are none', async () => {
    assertProblem(await sendFrame({}, new Uint8Array()), 400, 'image_empty')
    assertProblem(await sendFrame({}, '{}', 'application/json'), 415, 'media_type_unsupported')
    assertProblem(await sendFrame({}, FRAME, 'image/gif'), 415, 'media_type_unsupported')
    assertProblem(await sendFrame({}, FRAME, 'application/octet-stream'), 415, 'media_type_unsupported')
  })

  test('a body one byte too large', async () => {
    const most = Math.max(DEFAULT_LIMITS.maxPortraitBytes, DEFAULT_LIMITS.maxFrameBytes)
    assert.equal((await sendFrame({}, new Uint8Array(most))).status, 202)
    assertProblem(await sendFrame({}, new Uint8Array(most + 1)), 413, 'body_too_large')
    const bodyOf = (bytes: number): string => `{"nonce":"n","after":null${' '.repeat(bytes - 26)}}`
    const json = { 'content-type': 'application/json' }
    assert.equal(bodyOf(DEFAULT_LIMITS.maxCaptureCallBytes).length, DEFAULT_LIMITS.maxCaptureCallBytes)
    assert.equal((await call('POST', 'steps', bodyOf(DEFAULT_LIMITS.maxCaptureCallBytes), json)).status, 200)
    const longer = await call('POST', 'steps', bodyOf(DEFAULT_LIMITS.maxCaptureCallBytes + 1), json)
    assertProblem(longer, 413, 'body_too_large')
  })
})

test('a visitor calls so often and no oftener, and others are not held up', async () => {
  const calm = await openFakeApp({
    capture,
    captureFiles,
    limits: { captureCallsPerSecond: 5, captureMissesPerSecond: 2 },
  })
  after(() => calm.close())
  const ask = (secret: string) =>
    calm.call('GET', '/capture/api/session', undefined, { authorization: `Bearer ${secret}` })
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(SECRET)))
  const refused = answers.filter(({ status }) => status !== 200)
  assert.ok(refused.length >= 1 && refused.length <= 3, 'more than the limit where a second went by')
  for (const answer of refused) {
    assertProblem(answer, 429, 'rate_limited')
    assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]/)
  }
  const strangers = await Promise.all(Array.from({ length: 8 }, () => ask(makeSecret())))
  const slowed = strangers.filter(({ status }) => status === 429)
  assert.ok(slowed.length >= 4, 'a few misses are told, then it is too many')
  for (const answer of strangers.filter(({ status }) => status !== 429))
    assertProblem(answer, 404, 'session_link_invalid')
})

test('neither secrets nor queries are in the log', async () => {
  await app.call('GET', `/capture/${SECRET}?from=query-zx80`)
  await call('POST', 'start', {})
  await sendFrame({ nonce: 'nonce-zx81', step: 'step-zx82' })
  await sendFrame({ nonce: 'nonce-zx81', sequence: 'x' })
  const stranger = makeSecret()
  await call('GET', 'session', undefined, { authorization: `Bearer ${stranger}` })
  await app.call('GET', `/capture/${stranger}/more`)
  await app.call('GET', `/capture/assets/${stranger}`)
  await app.call('GET', `/capture/${stranger}%ZZ`)
  await app.call('POST', `/capture/${stranger}`, {})
  capture.refuse('internal')
  await call('POST', 'submit', { nonce: 'nonce-zx81' })
  const text = lines.join('')
  assert.match(text, /"route":"\/capture\/:token"/)
  assert.match(text, /"route":"\/capture\/api\/frames"/)
  for (const secret of [SECRET, VISIT, stranger, 'zx80', 'zx81', 'zx82', '-hidden'])
    assert.ok(!text.includes(secret), secret)
})
