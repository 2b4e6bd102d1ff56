// Hosts that misbehave: each fault is an error of its own, within the deadline.
import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { createGzip, gzipSync } from 'node:zlib'
import type { ErrorCode } from '../../errors.ts'
import { assertRefused, createFetcher, listen, policy, SMALL_LIMITS, withServer } from './servers.fixture.ts'

const LOOPBACK = policy('127.0.0.1')
const IMPATIENT = policy('127.0.0.1', { timeoutMs: 60 })
const fetchPicture = createFetcher()
const JPEG = { 'content-type': 'image/jpeg' }

/** A server below HTTP: sends what it likes as soon as it is asked. */
const withRawServer = async (answer: (socket: Socket) => void, use: (url: string) => Promise<void>): Promise<void> => {
  const sockets = new Set<Socket>()
  const server = createTcpServer(socket => {
    sockets.add(socket.on('error', () => {}))
    socket.once('data', () => answer(socket))
  })
  const port = await listen(server)
  try {
    await use(`http://127.0.0.1:${port}/`)
  } finally {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
}

const drip = (write: () => void): void => {
  const timer = setInterval(write, 5)
  timer.unref()
  setTimeout(() => clearInterval(timer), 2000).unref()
}

const FAULTS: Record<string, [ErrorCode, RequestListener]> = {
  'status 404': ['image_url_status', (_, response) => response.writeHead(404, JPEG).end('x')],
  'status 500': ['image_url_status', (_, response) => response.writeHead(500).end()],
  'status 204': ['image_url_status', (_, response) => response.writeHead(204).end()],
  'status 206': ['image_url_status', (_, response) => response.writeHead(206, JPEG).end('x')],
  'status 304': ['image_url_status', (_, response) => response.writeHead(304).end()],
  HTML: ['image_url_not_image', (_, response) => response.setHeader('content-type', 'text/html').end('<p>')],
  JSON: ['image_url_not_image', (_, response) => response.setHeader('content-type', 'application/json').end('{}')],
  'a film': ['image_url_not_image', (_, response) => response.setHeader('content-type', 'video/mp4').end('x')],
  'a type like a picture': [
    'image_url_not_image',
    (_, response) => response.setHeader('content-type', 'imagery/a').end(),
  ],
  'a length beyond the cap': [
    'image_too_large',
    (_, response) => response.writeHead(200, { ...JPEG, 'content-length': 10_001 }).flushHeaders(),
  ],
  'more bytes than the cap': [
    'image_too_large',
    (_, response) => response.writeHead(200, JPEG).end(Buffer.alloc(10_001)),
  ],
  'a body without an end': [
    'image_too_large',
    (_, response) => {
      response.writeHead(200, JPEG)
      drip(() => response.write(Buffer.alloc(1000)))
    },
  ],
  'a picture in gzip': [
    'image_url_not_image',
    (_, response) => response.writeHead(200, { ...JPEG, 'content-encoding': 'gzip' }).end(gzipSync('picture')),
  ],
  'a gzip bomb': [
    'image_url_not_image',
    (_, response) => {
      const bomb = createGzip()
      bomb.pipe(response.writeHead(200, { ...JPEG, 'content-encoding': 'GZIP' }))
      bomb.end(Buffer.alloc(1_000_000))
    },
  ],
}

describe('faulty answers', () => {
  for (const [what, [code, answer]] of Object.entries(FAULTS))
    test(what, () =>
      withServer(answer, async ({ url }) => {
        await assertRefused(fetchPicture(url, LOOPBACK), code)
      }),
    )

  test('the status is told', () =>
    withServer(
      (_, response) => response.writeHead(403).end(),
      async ({ url }) => {
        const { details } = await assertRefused(fetchPicture(url, LOOPBACK), 'image_url_status')
        assert.deepEqual(details, { status: 403 })
      },
    ))
})

const head = (...lines: string[]): string =>
  ['HTTP/1.1 200 OK', 'content-type: image/jpeg', ...lines, '', ''].join('\r\n')

describe('broken connections', () => {
  for (const [what, code, answer] of [
    ['hung up before an answer', 'image_url_unreachable', socket => socket.destroy()],
    ['something that is not HTTP', 'image_url_unreachable', socket => socket.end('SSH-2.0-x\r\n')],
    ['half a head', 'image_url_unreachable', socket => socket.end('HTTP/1.1 200 OK\r\ncontent-')],
    [
      'two lengths',
      'image_url_unreachable',
      socket => socket.end(`${head('content-length: 1', 'content-length: 2')}ab`),
    ],
    ['a head of 100 KB', 'image_url_unreachable', socket => socket.end(head(`x: ${'y'.repeat(100_000)}`))],
    ['less than the length says', 'image_url_truncated', socket => socket.end(`${head('content-length: 100')}abc`)],
    ['nothing of the length', 'image_url_truncated', socket => socket.end(head('content-length: 100'))],
    [
      'reset in the body',
      'image_url_truncated',
      socket => socket.write(`${head('content-length: 9')}a`, () => setTimeout(() => socket.resetAndDestroy(), 10)),
    ],
    [
      'a chunk that is cut',
      'image_url_truncated',
      socket => socket.end(`${head('transfer-encoding: chunked')}a\r\nabc`),
    ],
    ['no last chunk', 'image_url_truncated', socket => socket.end(`${head('transfer-encoding: chunked')}3\r\nabc\r\n`)],
    [
      'a chunk without a size',
      'image_url_truncated',
      socket => socket.end(`${head('transfer-encoding: chunked')}zz\r\nabc\r\n`),
    ],
  ] as [string, ErrorCode, (socket: Socket) => void][])
    test(what, () =>
      withRawServer(answer, async url => {
        await assertRefused(fetchPicture(url, LOOPBACK), code)
      }),
    )

  test('more than the length says: what was promised is all that counts', () =>
    withRawServer(
      socket => socket.end(`${head('content-length: 3')}abcdefgh`),
      async url => {
        assert.equal(Buffer.from(await fetchPicture(url, LOOPBACK)).toString(), 'abc')
      },
    ))

  test('a body that ends with the connection is whole', () =>
    withRawServer(
      socket => socket.end(`${head('connection: close')}abc`),
      async url => {
        assert.equal(Buffer.from(await fetchPicture(url, LOOPBACK)).toString(), 'abc')
      },
    ))

  test('nobody listens', async () => {
    const server = createTcpServer()
    const port = await listen(server)
    await new Promise(resolve => server.close(resolve))
    const error = await assertRefused(fetchPicture(`http://127.0.0.1:${port}/`, LOOPBACK), 'image_url_unreachable')
    assert.deepEqual(error.details, { reason: 'connection' })
  })
})

describe('slowness', () => {
  for (const [what, answer] of Object.entries<(socket: Socket) => void>({
    'no answer': () => {},
    'a head in drops': socket => drip(() => socket.write('H')),
    'a head without an end': socket => {
      socket.write('HTTP/1.1 200 OK\r\n')
      drip(() => socket.write('x: y\r\n'))
    },
    'no body': socket => socket.write(head('content-length: 10')),
    'a body in drops': socket => {
      socket.write(head('content-length: 10000'))
      drip(() => socket.write('x'))
    },
  }))
    test(`${what}: ended by the deadline`, () =>
      withRawServer(answer, async url => {
        const { code, details } = await assertRefused(
          fetchPicture(url, IMPATIENT),
          what === 'a head in drops' ? 'image_url_unreachable' : 'image_url_timeout',
        )
        if (code === 'image_url_timeout') assert.deepEqual(details, { timeoutMs: 60 })
      }))

  test('the deadline is for all hops together', () =>
    withServer(
      (request, response) => {
        const step = Number(request.url?.slice(1))
        setTimeout(() => response.writeHead(302, { location: `/${step + 1}` }).end(), 30)
      },
      async ({ url, requests }) => {
        await assertRefused(fetchPicture(`${url}/1`, IMPATIENT), 'image_url_timeout')
        assert.ok(requests.length <= 3)
      },
    ))

  test("a policy cannot be more patient than the server's limit", () =>
    withRawServer(
      () => {},
      async url => {
        const fetch = createFetcher({ limits: { ...SMALL_LIMITS, urlFetchTimeoutMs: 30 } })
        const patient = policy('127.0.0.1', { timeoutMs: 60_000 })
        const { details } = await assertRefused(fetch(url, patient), 'image_url_timeout')
        assert.deepEqual(details, { timeoutMs: 30 })
      },
    ))

  test('a caller who hangs up ends it with his reason', () =>
    withRawServer(
      () => {},
      async url => {
        const caller = new AbortController()
        const fetched = fetchPicture(url, LOOPBACK, caller.signal)
        setTimeout(() => caller.abort(new Error('gone')), 20)
        await assert.rejects(fetched, { message: 'gone' })
        await assert.rejects(fetchPicture(url, LOOPBACK, caller.signal), { message: 'gone' })
      },
    ))

  test('more at once than allowed is refused as busy, and the places come back', () =>
    withServer(
      (request, response) => {
        if (request.url === '/fast') response.writeHead(200, JPEG).end('x')
      },
      async ({ url }) => {
        const slow = Array.from({ length: SMALL_LIMITS.maxConcurrentUrlFetches }, () => fetchPicture(url, IMPATIENT))
        const refusals = Promise.all(slow.map(each => assertRefused(each, 'image_url_timeout')))
        await assertRefused(fetchPicture(`${url}/fast`, LOOPBACK), 'busy')
        await refusals
        assert.equal((await fetchPicture(`${url}/fast`, LOOPBACK)).length, 1)
      },
    ))
})
