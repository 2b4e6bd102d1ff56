// The OpenAPI document tells of idempotency keys where they mean something.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addIdempotencyKeys } from './openapi-idempotency.ts'

test('changing operations of the native API take the header and can refuse it; the others stay as they are', () => {
  const content = { 'application/problem+json': {} }
  const operation = () => ({ responses: { 409: { description: 'busy: Busy.', content }, 500: { content } } })
  const document = { paths: { '/v1/a': { get: operation(), post: operation() }, '/health': { post: operation() } } }
  const { paths } = addIdempotencyKeys(document)
  assert.deepEqual(paths['/v1/a'].get, operation())
  assert.deepEqual(paths['/health'].post, operation())
  const { parameters, responses } = paths['/v1/a'].post as unknown as {
    parameters: { in: string; name: string }[]
    responses: Record<number, { description: string; content: object }>
  }
  assert.deepEqual([parameters.length, parameters[0]?.in, parameters[0]?.name], [1, 'header', 'Idempotency-Key'])
  assert.match(
    responses[409]?.description ?? '',
    /^busy: Busy\. idempotency_conflict: .*\. idempotency_in_progress: .*\.$/,
  )
  assert.match(responses[410]?.description ?? '', /^idempotency_answer_erased: /)
  assert.deepEqual(responses[410]?.content, content)
})
