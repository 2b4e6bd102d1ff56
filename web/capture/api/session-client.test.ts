// Calls are made again until they are answered; what the server refuses is not; the visit key takes the token's place.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Busy, callUntilAnswered, Problem, waitAfter } from './retry.ts'
import { createSessionClient } from './session-client.ts'
import { openVisitKey } from './visit-key.ts'

type Reply = Response | Error

const createLine = (replies: readonly Reply[], storage = new Map<string, string>()) => {
  const asked: { path: string; secret: string; body: unknown }[] = []
  const waits: number[] = []
  const notices: boolean[] = []
  const left = [...replies]
  const client = createSessionClient({
    base: '/capture/api',
    key: openVisitKey(
      'token',
      () => ({
        getItem: name => storage.get(name) ?? null,
        setItem: (name, value) => void storage.set(name, value),
      }),
      bytes => bytes.fill(251),
    ),
    fetch: async (input, init) => {
      const headers = init?.headers as Record<string, string>
      asked.push({ path: `${input}`, secret: headers.authorization ?? '', body: init?.body })
      const reply = left.shift() ?? new Error('nothing more was expected')
      if (reply instanceof Error) throw reply
      return reply
    },
    sleep: async ms => void waits.push(ms),
    onWaiting: isWaiting => notices.push(isWaiting),
  })
  return { client, asked, waits, notices, storage }
}

const json = (body: object, status = 200, headers: Record<string, string> = {}): Response =>
  Response.json(body, { status, headers })
const STARTED = { visit: 'key', attempt: 1, nonce: 'n', portraits: 3, stepMs: 30_000, frameIntervalMs: 200 }
/** 32 times 251. */
const PROPOSED = `${'-_v7'.repeat(10)}-_s`
const LOST = new TypeError('failed to fetch')
const FRAME = { nonce: 'n', step: 's', sequence: 4, atMs: 12.6, source: 'camera', picture: new Blob(['x']) } as const

describe('the client', () => {
  it('shows the token until it has a visit key, and keeps that for a reload', async () => {
    const first = createLine([json({ state: 'created' }), json(STARTED), json({ step: null })])
    await first.client.view()
    await first.client.start()
    assert.equal(await first.client.nextStep('n', null), null)
    assert.deepEqual(
      first.asked.map(({ secret }) => secret),
      ['Bearer token', 'Bearer token', 'Bearer key'],
    )
    const again = createLine([json({ state: 'started' })], first.storage)
    await again.client.view()
    assert.equal(again.asked[0]?.secret, 'Bearer key')
  })

  it('sends a key of its own with the start, the same again where the answer is lost', async () => {
    const started = { ...STARTED, visit: PROPOSED }
    const { client, asked, storage } = createLine([LOST, json(started), json({ step: null }), json(STARTED)])
    await client.start()
    await client.nextStep('n', null)
    await client.start()
    assert.deepEqual(
      asked.map(({ secret, body }) => [secret, body]),
      [
        ['Bearer token', JSON.stringify({ visit: PROPOSED })],
        ['Bearer token', JSON.stringify({ visit: PROPOSED })],
        [`Bearer ${PROPOSED}`, JSON.stringify({ nonce: 'n', after: null })],
        [`Bearer ${PROPOSED}`, '{}'],
      ],
    )
    assert.match(PROPOSED, /^[\w-]{43}$/)
    assert.equal(storage.get('likeness-capture:token'), 'key')
  })

  it('comes back with the key that it sent, where it was loaded anew before the answer came', async () => {
    const used = (): Response => json({ code: 'session_link_used' }, 409)
    const line = createLine([used()])
    await assert.rejects(line.client.start(), { code: 'session_link_used' })
    const again = createLine([used(), json({ state: 'started' }), json({ step: null })], line.storage)
    assert.equal((await again.client.view()).state, 'started')
    await again.client.nextStep('n', null)
    assert.deepEqual(
      again.asked.map(({ secret }) => secret),
      ['Bearer token', `Bearer ${PROPOSED}`, `Bearer ${PROPOSED}`],
    )
  })

  it('is told that another has taken the address up, whether it sent a key or not', async () => {
    const used = (): Response => json({ code: 'session_link_used' }, 409)
    await assert.rejects(createLine([used()]).client.view(), { code: 'session_link_used' })
    const proposed = new Map([['likeness-capture-proposed:token', PROPOSED]])
    const late = createLine([used(), json({ code: 'session_link_invalid' }, 404)], proposed)
    await assert.rejects(late.client.view(), { code: 'session_link_used' })
    assert.equal(late.storage.get('likeness-capture:token'), undefined)
  })

  it('waits out a lost line and a busy server, longer each time', async () => {
    const busy = json({ code: 'busy' }, 503, { 'retry-after': '3' })
    const { client, waits, notices } = createLine([LOST, LOST, busy, json({ state: 'created' })])
    assert.equal((await client.view()).state, 'created')
    assert.deepEqual(waits, [500, 1000, 3000])
    assert.equal(notices.at(-1), false)
    assert.ok(notices.includes(true))
    assert.equal(waitAfter(20), 8000)
  })

  it('gives up on a server that always says no, at once on a refusal', async () => {
    const refused = createLine([json({ code: 'session_link_used' }, 409)])
    await assert.rejects(refused.client.view(), { code: 'session_link_used', status: 409 })
    const broken = createLine(Array.from({ length: 20 }, () => new Response('<html>', { status: 502 })))
    await assert.rejects(broken.client.view(), { code: 'unknown', status: 502 })
    assert.equal(broken.asked.length, 8)
  })

  it('names a frame in the address and sends its bytes as they are', async () => {
    const { client, asked } = createLine([json({ pauseMs: 250 }, 202)])
    assert.equal(await client.sendFrame(FRAME), 250)
    assert.equal(asked[0]?.path, '/capture/api/frames?nonce=n&step=s&sequence=4&at=13&source=camera')
    assert.equal(asked[0]?.body, FRAME.picture)
  })

  it('takes a frame for sent when only the answer was lost', async () => {
    const stale = (): Response => json({ code: 'session_attempt_stale' }, 409)
    assert.equal(await createLine([LOST, stale()]).client.sendFrame(FRAME), 0)
    await assert.rejects(createLine([stale()]).client.sendFrame(FRAME), { code: 'session_attempt_stale' })
  })
})

describe('the visit key', () => {
  it('stays in memory where the browser keeps nothing', () => {
    const key = openVisitKey('token', () => {
      throw new Error('denied')
    })
    assert.equal(key.secret(), 'token')
    key.keep('key')
    assert.equal(key.secret(), 'key')
  })
})

it('stops when it is told to', async () => {
  const stopping = new AbortController()
  const calls = callUntilAnswered(
    async () => {
      stopping.abort(new Problem('gone', 0))
      throw new Busy('busy', 503, null)
    },
    { sleep: async () => undefined, onWaiting: () => undefined },
    stopping.signal,
  )
  await assert.rejects(calls, { code: 'gone' })
})
