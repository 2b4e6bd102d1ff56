// Notices of sessions' ends over a real store and real servers: at once, again after failures, at least once, and never one
// receiver in the way of another. The clock stands still unless a test moves it.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { after, describe, type TestContext, test } from 'node:test'
import { generate } from 'selfsigned'
import { createDeliveries, type Deliveries, RETRY_WAITS_MS } from '../src/core/deliveries.ts'
import { noticesOf } from '../src/core/notices.ts'
import type { NewSession } from '../src/core/ports.ts'
import type { CaptureSession } from '../src/core/session-types.ts'
import { deleteWebhook, setWebhook } from '../src/core/webhooks.ts'
import { AppError } from '../src/errors.ts'
import { createDeliverySender } from '../src/http/deliver.ts'
import { parseAllowList } from '../src/http/outgoing/allow-list.ts'
import { DEFAULT_LIMITS, type Limits } from '../src/limits.ts'
import { type FakeCore, type FakePorts, openFakeCore } from './fake-core.ts'

interface Received {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers with this status, or not at all where it is null. */
interface Receiver {
  status: number | null
  readonly port: number
  readonly received: Received[]
  close(): void
}

const made = await generate([{ name: 'commonName', value: 'hooks.example' }], {
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'hooks.example' }] }],
})

const openReceiver = async (status: number | null, isTls = false): Promise<Receiver> => {
  const received: Received[] = []
  const receiver = { status, received }
  const listener: Parameters<typeof createServer>[1] = async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    received.push({ url: request.url ?? '', headers: request.headers, body })
    if (receiver.status !== null) response.writeHead(receiver.status).end()
  }
  const server = isTls
    ? createTlsServer({ key: made.private, cert: made.cert }, listener)
    : (createServer(listener) as Server & { closeAllConnections(): void })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(receiver, {
    port,
    close() {
      server.close()
      server.closeAllConnections()
    },
  })
}

/** Things happen meanwhile; how long they take is nobody's matter. */
const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 4000; turn++) {
    if (await isSo()) return
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  assert.fail(`never: ${what}`)
}

interface Stage {
  readonly core: FakeCore
  readonly troubles: unknown[]
  /** Moves the clock, and lets everything happen that was to happen by then. */
  pass(ms: number): void
  /** Timers that wait, by their milliseconds. */
  waits(): readonly number[]
  begin(): Deliveries
  /** A session that has ended, with its notice. */
  end(change?: Partial<CaptureSession>): Promise<CaptureSession>
  rows(): ReturnType<FakeCore['region']['store']['sessions']['listDeliveries']>
}

const FAR = new Date('2100-01-01')

const openStage = async (
  context: TestContext,
  {
    limits = {},
    adapt,
    allow = '127.0.0.1',
    isReady = () => true,
  }: {
    limits?: Partial<Limits>
    adapt?: (ports: FakePorts) => FakePorts
    allow?: string
    isReady?: () => boolean
  } = {},
): Promise<Stage> => {
  let now = Date.parse('2031-02-03T04:05:06.000Z')
  let timers: { at: number; ms: number; run: () => void }[] = []
  const merged = { ...DEFAULT_LIMITS, ...limits }
  const core = await openFakeCore({ limits: merged, clock: { now: () => new Date(now) } }, adapt)
  const { sessions } = core.region.store
  const troubles: unknown[] = []
  const begun: Deliveries[] = []
  context.after(async () => {
    for (const deliveries of begun) await deliveries.close()
    await core.close()
  })
  const send = createDeliverySender({
    limits: merged,
    allow: parseAllowList(allow, 'allow'),
    lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    ca: made.cert,
  })
  return {
    core,
    troubles,
    waits: () => timers.map(({ ms }) => ms).sort((one, other) => one - other),
    pass(ms) {
      now += ms
      const due = timers.filter(({ at }) => at <= now)
      timers = timers.filter(timer => !due.includes(timer))
      for (const { run } of due) run()
    },
    begin() {
      const deliveries = createDeliveries({
        context() {
          if (!isReady()) throw new AppError('not_ready')
          return core.context
        },
        send,
        onTrouble: error => troubles.push(error),
        after(ms, run) {
          const timer = { at: now + ms, ms, run }
          timers.push(timer)
          return () => {
            timers = timers.filter(other => other !== timer)
          }
        },
      })
      begun.push(deliveries)
      return deliveries
    },
    async end(change = {}) {
      const session = sessionOf(core, change)
      await sessions.insert(session)
      const ended = { ...session, state: 'passed', ended: true, endedAt: new Date(now) } as const
      const notices = noticesOf(core.context, ended, 'ended', true)
      const { state, endedAt } = ended
      return (await sessions.update(session.id, session.revision, { state, ended: true, endedAt }, notices))!
    },
    rows: () => sessions.listDeliveries(FAR, 10_000),
  }
}

let tokens = 0
const sessionOf = ({ context }: FakeCore, change: Partial<CaptureSession>): NewSession => ({
  id: context.ids.next(),
  tenantId: 'default',
  credentialId: 'c',
  protocol: 'native',
  publicId: null,
  state: 'submitted',
  ended: false,
  reasons: [],
  attempt: null,
  failures: [],
  verdict: null,
  createdAt: context.clock.now(),
  expiresAt: FAR,
  startedAt: null,
  submittedAt: null,
  endedAt: null,
  clearedAt: null,
  revision: 0,
  purpose: 'liveness',
  galleryId: null,
  subjectId: null,
  metadata: null,
  liveness: 'active',
  uploadAllowed: false,
  threshold: null,
  returnUrl: null,
  failReturnUrl: null,
  callbackUrl: null,
  language: null,
  colourScheme: 'auto',
  iframeOrigins: [],
  details: null,
  tokenHash: Buffer.from(`token ${tokens++}`.padEnd(32, '.')),
  ...change,
})

const receivers: Receiver[] = []
after(() => {
  for (const receiver of receivers) receiver.close()
})
const receiver = async (status: number | null, isTls = false): Promise<Receiver> => {
  const opened = await openReceiver(status, isTls)
  receivers.push(opened)
  return opened
}
const addressOf = ({ port }: Receiver, path = '/told?key=secret'): string => `http://127.0.0.1:${port}${path}`

test('a notice is sent at once, and gone when it is taken', async context => {
  const stage = await openStage(context)
  const to = await receiver(200)
  const deliveries = stage.begin()
  const { id } = await stage.end({ callbackUrl: addressOf(to) })
  deliveries.wake()
  await until('it is taken', async () => (await stage.rows()).length === 0)
  assert.equal(to.received.length, 1)
  const [{ url, body, headers }] = to.received
  assert.equal(url, '/told?key=secret')
  assert.deepEqual(JSON.parse(body), {
    session: id,
    purpose: 'liveness',
    state: 'passed',
    endedAt: '2031-02-03T04:05:06.000Z',
  })
  assert.equal(headers['aai-signature'], undefined)
  assert.deepEqual(stage.troubles, [])
})

test('one that nobody woke for is found with the next look', async context => {
  const stage = await openStage(context)
  const to = await receiver(200)
  stage.begin()
  await until('it has looked', () => stage.waits().length === 1)
  await stage.end({ callbackUrl: addressOf(to) })
  stage.pass(1000)
  await until('it is taken', () => to.received.length === 1)
})

for (const [what, status, error] of [
  ['a failure', 500, 'status 500'],
  ['a redirect', 302, 'status 302'],
  ['another status than 200 of a callback', 204, 'status 204'],
] as const)
  test(`${what} is tried again after 5, 10 and 20 seconds, then given up`, async context => {
    const stage = await openStage(context)
    const to = await receiver(status)
    const { id } = await stage.end({ callbackUrl: addressOf(to) })
    stage.begin()
    for (const [tries, waitMs] of RETRY_WAITS_MS.entries()) {
      await until('it has failed', async () => (await stage.rows())[0].tries === tries + 1)
      const [{ lastError, nextAt }] = await stage.rows()
      assert.equal(lastError, error)
      assert.equal(nextAt.getTime() - stage.core.context.clock.now().getTime(), waitMs)
      for (let passed = 0; passed < waitMs; passed += 1000) {
        assert.equal(to.received.length, tries + 1)
        await until('it has looked', () => stage.waits().length > 0)
        stage.pass(1000)
      }
      await until('it is sent again', () => to.received.length === tries + 2)
    }
    await until('it is given up', async () => (await stage.rows()).length === 0)
    assert.equal(to.received.length, 4)
    assert.deepEqual(
      stage.troubles.map(trouble => (trouble as Error).message),
      [`The callback to 127.0.0.1:${to.port} about session ${id} was given up after 4 tries: ${error}.`],
    )
  })

test('what is not answered in time has failed', async context => {
  const stage = await openStage(context)
  const to = await receiver(null)
  await stage.end({ callbackUrl: addressOf(to) })
  stage.begin()
  await until('it is sent', () => to.received.length === 1)
  stage.pass(DEFAULT_LIMITS.deliveryTimeoutMs)
  await until('it has failed', async () => (await stage.rows())[0].tries === 1)
  assert.equal((await stage.rows())[0].lastError, 'no answer in 60000 ms')
})

test('a private address is not asked, and the notice fails like any other', async context => {
  const stage = await openStage(context, { allow: '' })
  await stage.end({ callbackUrl: 'http://169.254.169.254/latest/' })
  stage.begin()
  await until('it has failed', async () => (await stage.rows())[0].tries === 1)
  assert.equal((await stage.rows())[0].lastError, 'the address does not lead to a public host')
})

describe('webhooks', () => {
  for (const algorithm of ['HMAC-SHA256', 'HMAC-SHA512'] as const)
    test(`are signed with ${algorithm}, each try anew, and take every 2xx`, async context => {
      const stage = await openStage(context)
      const to = await receiver(503, true)
      const url = `https://hooks.example:${to.port}/hook`
      const { secret } = await setWebhook(stage.core.context, stage.core.principal, { url, algorithm })
      await stage.end({ protocol: 'advance', publicId: '730baa5ab2e34e53' })
      stage.begin()
      await until('it has failed', async () => (await stage.rows())[0].tries === 1)
      to.status = 204
      stage.pass(RETRY_WAITS_MS[0])
      await until('it is taken', async () => (await stage.rows()).length === 0)
      assert.equal(to.received.length, 2)
      for (const { headers, body } of to.received) {
        assert.equal(body, '{"signatureId":"730baa5ab2e34e53","type":"COMPLETED"}')
        const signed = [headers['aai-timestamp'], headers['aai-nonce'], body].join('\n')
        const hash = algorithm.slice('HMAC-'.length).toLowerCase()
        const expected = createHmac(hash, Buffer.from(secret, 'base64')).update(signed).digest('base64')
        assert.equal(headers['aai-signature'], expected)
      }
      const [first, second] = to.received.map(({ headers }) => headers)
      assert.notEqual(first['aai-nonce'], second['aai-nonce'])
      assert.equal(Number(second['aai-timestamp']) - Number(first['aai-timestamp']), RETRY_WAITS_MS[0] / 1000)
    })

  test('without TLS are none, whoever wrote it down', async context => {
    const stage = await openStage(context)
    const to = await receiver(200)
    const { context: loaded, principal } = stage.core
    await setWebhook(loaded, principal, { url: 'https://hooks.example/hook', algorithm: 'HMAC-SHA256' })
    const stored = await loaded.control.webhooks.find(principal.tenantId)
    await loaded.control.webhooks.put({ ...stored!, url: addressOf(to) })
    await stage.end()
    stage.begin()
    await until('it has failed', async () => (await stage.rows())[0].tries === 1)
    assert.equal((await stage.rows())[0].lastError, 'a webhook needs an https address')
    assert.equal(to.received.length, 0)
  })

  test('that are gone are told nothing any more', async context => {
    const stage = await openStage(context)
    const { context: loaded, principal } = stage.core
    await setWebhook(loaded, principal, { url: 'https://hooks.example/hook', algorithm: 'HMAC-SHA256' })
    await stage.end()
    await deleteWebhook(loaded, principal)
    stage.begin()
    await until('it is dropped', async () => (await stage.rows()).length === 0)
    assert.deepEqual(stage.troubles, [])
  })
})

describe('many at once', () => {
  test('a receiver that never answers keeps no other waiting, however much waits for it', async context => {
    const stage = await openStage(context, { limits: { maxConcurrentDeliveries: 4, maxDeliveriesPerReceiver: 2 } })
    const [slow, quick] = [await receiver(null), await receiver(200)]
    for (let count = 0; count < 100; count++) await stage.end({ callbackUrl: addressOf(slow) })
    stage.pass(1)
    await stage.end({ callbackUrl: addressOf(quick) })
    stage.begin()
    await until('the other is told', () => quick.received.length === 1)
    await until('the slow one is asked', () => slow.received.length === 2)
    await until('the row is gone', async () => (await stage.rows()).length === 100)
    assert.equal(slow.received.length, 2)
  })

  test('one tenant’s slow receivers keep no other tenant waiting, however many they are', async context => {
    const limits = { maxConcurrentDeliveries: 4, maxDeliveriesPerTenant: 3, maxDeliveriesPerReceiver: 1 }
    const stage = await openStage(context, { limits })
    const slow = await Promise.all(Array.from({ length: 6 }, () => receiver(null)))
    const quick = await receiver(200)
    for (const to of slow) for (let count = 0; count < 20; count++) await stage.end({ callbackUrl: addressOf(to) })
    stage.pass(1)
    const tenantId = 'another'
    await stage.core.context.vault.ensureTenant(tenantId)
    for (let count = 0; count < 3; count++) await stage.end({ tenantId, callbackUrl: addressOf(quick) })
    stage.begin()
    await until('the other is told', () => quick.received.length === 3)
    await until('the slow ones are asked', () => slow.filter(({ received }) => received.length === 1).length === 3)
    assert.equal(slow.flatMap(({ received }) => received).length, 3)
  })

  test('what waits is not read again with each that is taken', async context => {
    let read = 0
    const adapt = (ports: FakePorts): FakePorts => {
      const { sessions } = ports.store
      const listDeliveries: typeof sessions.listDeliveries = async (...asked) => {
        const listed = await sessions.listDeliveries(...asked)
        read += listed.length
        return listed
      }
      return { ...ports, store: { ...ports.store, sessions: { ...sessions, listDeliveries } } }
    }
    const stage = await openStage(context, { adapt })
    const to = await receiver(200)
    for (let count = 0; count < 300; count++) await stage.end({ callbackUrl: addressOf(to) })
    stage.begin()
    await until('all are taken', () => to.received.length === 300)
    assert.ok(read < 300 * (1 + DEFAULT_LIMITS.maxDeliveriesPerReceiver), `${read} rows were read`)
  })

  test('no more are on their way than the limit says, and all arrive, each once', async context => {
    const stage = await openStage(context, { limits: { maxConcurrentDeliveries: 3, maxDeliveriesPerReceiver: 3 } })
    let [working, most] = [0, 0]
    const bodies = new Set<string>()
    const server = createServer(async (request, response) => {
      most = Math.max(most, ++working)
      const body = Buffer.concat(await request.toArray()).toString()
      assert.ok(!bodies.has(body), 'sent twice')
      bodies.add(body)
      setTimeout(() => {
        working--
        response.end()
      }, 5)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const callbackUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    for (let count = 0; count < 30; count++) await stage.end({ callbackUrl })
    stage.begin()
    await until('all are taken', async () => (await stage.rows()).length === 0)
    server.close()
    assert.equal(bodies.size, 30)
    assert.equal(most, 3)
  })
})

describe('at least once', () => {
  test('what was on its way when the server stopped is sent again by the next', async context => {
    const stage = await openStage(context)
    const to = await receiver(null)
    await stage.end({ callbackUrl: addressOf(to) })
    const first = stage.begin()
    await until('it is sent', () => to.received.length === 1)
    await first.close()
    const [row] = await stage.rows()
    assert.deepEqual([row.tries, row.lastError], [0, null])
    to.status = 200
    stage.begin()
    await until('it is taken', async () => (await stage.rows()).length === 0)
    assert.equal(to.received.length, 2)
  })

  test('one whose row could not be deleted is sent again, though not at once', async context => {
    let isBroken = true
    const adapt = (ports: FakePorts): FakePorts => {
      const { sessions } = ports.store
      const deleteDelivery = async (id: string): Promise<void> => {
        if (!isBroken) return sessions.deleteDelivery(id)
        isBroken = false
        throw new Error('the disk is full')
      }
      return { ...ports, store: { ...ports.store, sessions: { ...sessions, deleteDelivery } } }
    }
    const stage = await openStage(context, { adapt })
    const to = await receiver(200)
    await stage.end({ callbackUrl: addressOf(to) })
    stage.begin()
    await until('the trouble is told', () => stage.troubles.length === 1)
    assert.equal(to.received.length, 1)
    stage.pass(RETRY_WAITS_MS[0])
    await until('it is taken', async () => (await stage.rows()).length === 0)
    assert.equal(to.received.length, 2)
  })

  test('nothing is sent, and nothing is wrong, until the server is ready', async context => {
    let isReady = false
    const stage = await openStage(context, { isReady: () => isReady })
    const to = await receiver(200)
    await stage.end({ callbackUrl: addressOf(to) })
    stage.begin()
    await until('it has looked', () => stage.waits().length === 1)
    isReady = true
    stage.pass(1000)
    await until('it is taken', () => to.received.length === 1)
    assert.deepEqual(stage.troubles, [])
  })
})
