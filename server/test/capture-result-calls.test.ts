// Enrolments over HTTP that show the signed result of a capture session: alone, in a form, in the lines of a batch.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { SignedResult } from '../src/core/session-results.ts'
import { createShotEngine, shotOf } from './capture-core.ts'
import { openFakeApp } from './fake-app.ts'
import { assertProblem, base64 } from './support.ts'

type Body = Readonly<Record<string, unknown>>

const app = await openFakeApp({
  adapt: ports => ({ ...ports, engine: createShotEngine(ports.engine, ['quality', 'liveness']) }),
})
after(() => app.close())
await app.call('POST', '/v1/galleries', { id: 'strict', policy: { capture: 'required' } })

/** The whole visit over HTTP, and the result as the backend reads it. */
const visit = async () => {
  const input = { purpose: 'liveness', liveness: 'passive' }
  const made = await app.call<{ id: string; url: string }>('POST', '/v1/sessions', input)
  const { id, url } = made.body
  const send = async <T>(path: string, secret: string, body: unknown, type = 'application/json'): Promise<T> => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': type }
    const answer = await app.call<T>('POST', `/capture/api/${path}`, body, headers)
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    return answer.body
  }
  const { visit: key, nonce } = await send<{ visit: string; nonce: string }>('start', url.split('/').at(-1)!, {})
  const { step } = await send<{ step: { id: string } }>('steps', key, { nonce, after: null })
  const portrait = shotOf({ person: 'ada' })
  const query = new URLSearchParams({ nonce, step: step.id, sequence: '1', at: '1' })
  await send(`frames?${query}`, key, portrait, 'image/jpeg')
  await send('submit', key, { nonce })
  for (;;) {
    const { body } = await app.call<{ state: string; result: SignedResult }>('GET', `/v1/sessions/${id}`)
    if (body.state === 'passed') return { portrait, captureResult: body.result }
    assert.equal(body.state, 'submitted')
  }
}

test('an enrolment of its frame, once; other faces are refused', async () => {
  const { portrait, captureResult } = await visit()
  const path = '/v1/galleries/strict/faces'
  const image = base64(portrait)
  assertProblem(await app.call('POST', path, { image }), 422, 'session_result_required')
  const altered = { ...captureResult, result: { ...captureResult.result, sha256: '00' } }
  assertProblem(await app.call('POST', path, { image, captureResult: altered }), 422, 'session_result_invalid')
  assertProblem(await app.call('POST', path, { captureResult: 'x' }), 400, 'request_invalid')
  assertProblem(await app.call('POST', path, {}), 400, 'image_missing')
  const headers = { 'idempotency-key': 'once' }
  const done = await app.call<Body>('POST', path, { captureResult, subjectId: 'ada' }, headers)
  assert.equal(done.status, 201, JSON.stringify(done.body))
  assert.deepEqual((await app.call('POST', path, { captureResult, subjectId: 'ada' }, headers)).body, done.body)
  assertProblem(await app.call('POST', path, { image, captureResult }), 422, 'session_result_invalid')
})

test('in a form', async () => {
  const { portrait, captureResult } = await visit()
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(portrait)], { type: 'image/jpeg' }), 'frame.jpg')
  form.set('captureResult', JSON.stringify(captureResult))
  assert.equal((await app.call('POST', '/v1/galleries/strict/faces', form)).status, 201)
})

test('in the lines of a batch', async () => {
  const [one, other] = [await visit(), await visit()]
  const lines = [
    { captureResult: one.captureResult },
    { captureResult: other.captureResult, image: base64(other.portrait) },
    { image: base64(one.portrait) },
    {},
  ]
  const text = lines.map(line => `${JSON.stringify(line)}\n`).join('')
  const headers = { 'content-type': 'application/x-ndjson' }
  const { body } = await app.call<string>('POST', '/v1/galleries/strict/faces:batch', text, headers)
  const outcomes = body
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const ends = outcomes.filter(({ line }) => line).sort((before, later) => before.line - later.line)
  assert.deepEqual(
    ends.map(({ status, problem }) => problem?.code ?? status),
    [201, 201, 'session_result_required', 'image_missing'],
  )
})
