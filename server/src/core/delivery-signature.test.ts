// What a receiver checks, against a sum made another way; and what is told of which end.
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { DELIVERY_ALGORITHMS, signDelivery } from './delivery-signature.ts'
import { noticesOf } from './notices.ts'

const at = new Date('2031-02-03T04:05:06.789Z')

describe('the signature', () => {
  for (const algorithm of DELIVERY_ALGORITHMS)
    test(`${algorithm} over time, nonce and body`, () => {
      const secret = randomBytes(32)
      const headers = signDelivery({ algorithm, secret }, '{"ä":1}', { at, nonce: 'abc' })
      const hash = algorithm.replace('HMAC-', '').toLowerCase()
      assert.deepEqual(headers, {
        'aai-timestamp': '1927857906',
        'aai-nonce': 'abc',
        'aai-signature': createHmac(hash, secret).update('1927857906\nabc\n{"ä":1}').digest('base64'),
      })
    })
})

describe('notices', () => {
  const deps = { ids: { next: () => 'd1' }, clock: { now: () => at } }
  const session = {
    id: 's1',
    tenantId: 't1',
    protocol: 'native',
    publicId: null,
    purpose: 'verify',
    state: 'passed',
    endedAt: at,
    callbackUrl: null,
  } as const
  const advance = { ...session, protocol: 'advance', publicId: '730baa5ab2e34e53' } as const
  const bodiesOf = (told: Parameters<typeof noticesOf>[1], event: 'ended' | 'submitted') =>
    noticesOf(deps, told, event, true).map(({ body }) => JSON.parse(body))

  test('go to the session’s own address, else to the webhook, else to nobody', () => {
    const [toCallback] = noticesOf(deps, { ...session, callbackUrl: 'https://x/' }, 'ended', true)
    assert.deepEqual([toCallback.kind, toCallback.url], ['callback', 'https://x/'])
    const [toWebhook] = noticesOf(deps, session, 'ended', true)
    assert.deepEqual(toWebhook, {
      id: 'd1',
      tenantId: 't1',
      sessionId: 's1',
      kind: 'webhook',
      url: null,
      receiver: toWebhook.receiver,
      body: '{"session":"s1","purpose":"verify","state":"passed","endedAt":"2031-02-03T04:05:06.789Z"}',
      tries: 0,
      nextAt: at,
      lastError: null,
      createdAt: at,
    })
    assert.deepEqual(noticesOf(deps, session, 'ended', false), [])
  })

  test('name their receiver without saying where it is: one a webhook, one a host of callbacks', () => {
    const receiverOf = (change: object) => noticesOf(deps, { ...session, ...change }, 'ended', true)[0].receiver
    const [first, second, other] = ['https://x.example/a?key=1', 'https://x.example/b', 'https://y.example/a']
    assert.equal(receiverOf({ callbackUrl: first }), receiverOf({ callbackUrl: second }))
    const all = [{ callbackUrl: first }, { callbackUrl: other }, { callbackUrl: first, tenantId: 't2' }, {}]
    assert.equal(new Set([...all, { tenantId: 't2' }].map(receiverOf)).size, 5)
    assert.doesNotMatch(receiverOf({ callbackUrl: first }), /example/)
  })

  test('of native sessions tell each end, and no submission', () => {
    for (const state of ['passed', 'failed', 'expired'] as const)
      assert.equal(bodiesOf({ ...session, state }, 'ended')[0].state, state)
    assert.deepEqual(bodiesOf(session, 'submitted'), [])
  })

  test('of ADVANCE.AI are the vendor’s, with none for what was never judged', () => {
    const signatureId = '730baa5ab2e34e53'
    assert.deepEqual(bodiesOf(advance, 'submitted'), [{ signatureId, type: 'SUBMIT_COMPLETED' }])
    for (const state of ['passed', 'failed'] as const)
      assert.deepEqual(bodiesOf({ ...advance, state }, 'ended'), [{ signatureId, type: 'COMPLETED' }])
    assert.deepEqual(bodiesOf({ ...advance, state: 'expired' }, 'ended'), [])
  })
})
