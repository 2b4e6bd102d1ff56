// How a notice is posted: what the receiver gets, whom the server never asks, and what counts as no answer.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer, type Server } from 'node:net'
import { after, afterEach, describe, test } from 'node:test'
import { generate } from 'selfsigned'
import { DEFAULT_LIMITS } from '../limits.ts'
import { VERSION } from '../version.ts'
import { createDeliverySender, type DeliverySenderDeps } from './deliver.ts'
import { parseAllowList } from './outgoing/allow-list.ts'
import { createNames, openSentinel } from './outgoing/names.fixture.ts'
import { listen, serve, withServer } from './outgoing/servers.fixture.ts'

const sentinel = await openSentinel()
after(() => sentinel.close())
afterEach(() => assert.equal(sentinel.reached(), 0, 'the sentinel was reached'))

const { lookup } = createNames()
const never = new AbortController().signal
const senderOf = (allow = '', rest: Partial<DeliverySenderDeps> = {}) =>
  createDeliverySender({ limits: DEFAULT_LIMITS, allow: parseAllowList(allow, 'allow'), lookup, ...rest })
const post = (url: string, allow = '127.0.0.1', rest: Partial<DeliverySenderDeps> = {}, signal = never) =>
  senderOf(allow, rest)(url, { 'aai-nonce': 'abc' }, '{"state":"passed"}', signal)

describe('what the receiver gets', () => {
  test('one POST of the body with its headers, and nothing of the server’s own', async () => {
    const seen: { method?: string; url?: string; headers: IncomingHttpHeaders; body: string }[] = []
    const server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString()
      seen.push({ method: request.method, url: request.url, headers: request.headers, body })
      response.writeHead(204).end()
    })
    const port = await listen(server)
    assert.equal(await post(`http://127.0.0.1:${port}/told?key=a%20b#part`), 204)
    server.close()
    const [{ method, url, headers, body }] = seen
    assert.equal(seen.length, 1)
    assert.deepEqual([method, url, body], ['POST', '/told?key=a%20b', '{"state":"passed"}'])
    const { connection: _, ...rest } = headers
    assert.deepEqual(rest, {
      host: `127.0.0.1:${port}`,
      'content-type': 'application/json',
      'content-length': '18',
      'user-agent': `Likeness/${VERSION}`,
      accept: '*/*',
      'aai-nonce': 'abc',
    })
  })

  test('whatever it answers, its status is told; no redirect is followed, and no body is waited for', async () => {
    const answers: Record<string, [number, Record<string, string>]> = {
      '/created': [201, {}],
      '/moved': [302, { location: `http://127.0.0.1:${sentinel.port}/` }],
      '/kept': [308, { location: '/created' }],
      '/gone': [410, {}],
      '/broken': [500, {}],
      '/endless': [200, {}],
    }
    const server = await serve((request, response) => {
      const [status, headers] = answers[request.url ?? '']
      response.writeHead(status, headers)
      if (request.url === '/endless') response.write('x')
      else response.end('said')
    })
    for (const [path, [status]] of Object.entries(answers)) assert.equal(await post(server.url + path), status)
    assert.equal(server.requests.length, Object.keys(answers).length)
    server.close()
  })
})

describe('whom the server never asks', () => {
  const { port } = sentinel
  const publicPorts = [80, 443, port]
  for (const host of [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    'localhost',
    'a.localhost',
    'loopback.example',
    'loopback6.example',
    'mapped.example',
    'mixed.example',
    'mixed6.example',
    'private.example',
    'any.example',
    'carrier.example',
    'router.local',
    'metadata',
    'metadata.google.internal',
    'metadata6.example',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.1.1',
    '169.254.169.254',
    '168.63.129.16',
    '192.0.2.1',
    '224.0.0.1',
    '255.255.255.255',
  ])
    for (const scheme of ['http', 'https'])
      test(`${scheme}://${host}`, async () => {
        await assert.rejects(post(`${scheme}://${host}:${port}/`, '', { publicPorts }), {
          message: 'the address does not lead to a public host',
        })
      })

  for (const [url, message] of [
    ['ftp://8.8.8.8/', 'must begin with http:// or https://'],
    ['file:///etc/passwd', 'must begin with http:// or https://'],
    ['nonsense', 'is not a valid URL'],
    ['', 'is not a valid URL'],
    ['http://user@8.8.8.8/', 'must not hold a user name or a password'],
    ['http://8.8.8.8:25/', 'must not name a port other than 80 or 443 or 8080 or 8443'],
    ['https://mixed.example:6379/', 'must not name a port other than 80 or 443 or 8080 or 8443'],
    ['http://nowhere.example/', 'has a host that could not be found'],
    [`http://8.8.8.8/${'x'.repeat(DEFAULT_LIMITS.maxReturnUrlCharacters)}`, 'has more than 2048 characters'],
  ])
    test(url.slice(0, 40) || 'no address', async () => {
      await assert.rejects(post(url, ''), { message: `the address ${message}` })
    })

  test('the list names hosts by name and by address, each with or without a port', async () => {
    await withServer(
      (_, response) => response.end(),
      async ({ port: open }) => {
        for (const allow of ['127.0.0.1', `127.0.0.0/8:${open}`, 'loopback.example', `loopback.example:${open}`])
          assert.equal(await post(`http://loopback.example:${open}/`, allow), 200)
        for (const allow of ['127.0.0.2', `loopback.example:${open + 1}`, 'example'])
          await assert.rejects(post(`http://loopback.example:${open}/`, allow), /the address must not name a port/)
      },
    )
  })

  test('a name is resolved once: what was judged is what is connected to', async () => {
    const answers = ['127.0.0.1', '127.66.66.66']
    const rebinding = async () => [{ address: answers.shift() ?? '127.66.66.66', family: 4 }]
    await withServer(
      (_, response) => response.end(),
      async ({ port: open, requests }) => {
        assert.equal(await post(`http://rebinding.example:${open}/`, '127.0.0.1', { lookup: rebinding }), 200)
        assert.deepEqual(requests, [`POST / rebinding.example:${open}`])
      },
    )
    assert.equal(answers.length, 1)
  })
})

describe('certificates', () => {
  const open = async (name: string): Promise<{ server: Server; ca: string; port: number }> => {
    const made = await generate([{ name: 'commonName', value: name }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
    })
    const server = createTlsServer({ key: made.private, cert: made.cert }, (_, response) => response.end())
    return { server, ca: made.cert, port: await listen(server) }
  }

  test('one that is trusted and of the name is taken; others end the try', async () => {
    const { server, ca, port } = await open('loopback.example')
    assert.equal(await post(`https://loopback.example:${port}/`, '127.0.0.1', { ca }), 200)
    const untrusted = { message: 'the address has no certificate that can be trusted' }
    await assert.rejects(post(`https://loopback.example:${port}/`), untrusted)
    await assert.rejects(post(`https://127.0.0.1:${port}/`, '127.0.0.1', { ca }), untrusted)
    server.close()
  })
})

describe('no answer', () => {
  test('nobody listens, or the connection ends', async () => {
    const server = createTcpServer(socket => socket.destroy())
    const port = await listen(server)
    const message = 'the address does not answer'
    await assert.rejects(post(`http://127.0.0.1:${port}/`), { message })
    server.close()
    await once(server, 'close')
    await assert.rejects(post(`http://127.0.0.1:${port}/`), { message })
  })

  test('whoever waits no longer ends it: before the connection, and in it', async () => {
    const gone = AbortSignal.abort(new Error('enough'))
    await assert.rejects(post('http://127.0.0.1:9/', '127.0.0.1', {}, gone), { message: 'enough' })
    const waiting = new AbortController()
    const silent = createServer(() => waiting.abort(new Error('enough')))
    const port = await listen(silent)
    await assert.rejects(post(`http://127.0.0.1:${port}/`, '127.0.0.1', {}, waiting.signal))
    silent.closeAllConnections()
    silent.close()
  })
})
