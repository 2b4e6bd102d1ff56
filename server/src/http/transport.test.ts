// What the transport refuses, which headers every answer has, and how it stops; with limits small enough to wait for.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { call, callTls, head, openTestCertificate, readProblem, startTransport } from './transport.fixture.ts'

const limits = {
  maxHeaderBytes: 4096,
  maxHeaders: 20,
  maxAddressCharacters: 1000,
  headerTimeoutMs: 300,
  requestTimeoutMs: 600,
}
const server = await startTransport(limits)
after(() => server.close())
const { port, certificate } = server
const connectors = {
  HTTP: () => call(port),
  HTTPS: () => callTls(port, certificate.cert),
}

for (const [protocol, connectTo] of Object.entries(connectors))
  describe(`over ${protocol} is refused`, () => {
    const refusals = {
      'a header that is too large': [head('/hello', [`x-large: ${'x'.repeat(5000)}`]), 431, 'headers_too_large'],
      'a flood of headers': [
        head(
          '/hello',
          Array.from({ length: 2000 }, (_, index) => `x-${index}: ${'x'.repeat(50)}`),
        ),
        431,
        'headers_too_large',
      ],
      'more headers than there may be': [
        head('/hello', [...Array.from({ length: 25 }, (_, index) => `x-${index}: x`), 'connection: close']),
        431,
        'headers_too_large',
      ],
      'an address that is too long': [
        head(`/hello?${'x'.repeat(1500)}`, ['connection: close']),
        414,
        'address_too_long',
      ],
      'an address that the header has no room for': [head(`/${'x'.repeat(5000)}`), 431, 'headers_too_large'],
      'what is no HTTP': ['NONSENSE\r\n\r\n', 400, 'request_invalid'],
      'a body of two lengths': [
        `${head('/echo', ['content-length: 5', 'transfer-encoding: chunked'], 'POST')}0\r\n\r\n`,
        400,
        'request_invalid',
      ],
      'a header with a control character': [head('/hello', ['x-a: \u0001']), 400, 'request_invalid'],
      'a header that never ends': [head('/hello').slice(0, -2), 408, 'request_timeout'],
      'a body that never ends': [
        `${head('/echo', ['content-type: application/json', 'content-length: 100'], 'POST')}{"a":`,
        408,
        'request_timeout',
      ],
    } as const
    for (const [what, [bytes, status, code]] of Object.entries(refusals))
      test(what, async () => {
        const caller = await connectTo()
        caller.send(bytes)
        const problem = readProblem(await caller.ended())
        assert.deepEqual([problem.status, problem.body.code, problem.body.status], [status, code, status])
        assert.match(problem.headers.get('content-type') ?? '', /^application\/problem\+json/)
        assert.match(problem.headers.get('x-request-id') ?? '', /^id-/)
        assert.equal(problem.headers.get('x-content-type-options'), 'nosniff')
        assert.match(problem.body.detail, /\.$/)
      })
  })

describe('who drips', () => {
  const drip = async (connectTo: () => ReturnType<typeof call>, bytes: string): Promise<string> => {
    const caller = await connectTo()
    let isOpen = true
    caller.socket.once('close', () => {
      isOpen = false
    })
    for (const letter of bytes) {
      if (!isOpen) break
      caller.send(letter)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    return caller.ended()
  }

  for (const [protocol, connectTo] of Object.entries(connectors))
    test(`is cut off, and holds up nobody meanwhile (${protocol})`, async () => {
      const headers = Array.from({ length: 20 }, () => drip(connectTo, head('/hello', [`x-a: ${'x'.repeat(200)}`])))
      const body = `${'x'.repeat(300)}`
      const whole = head('/echo', ['content-type: application/json', `content-length: ${body.length}`], 'POST')
      const bodies = Array.from({ length: 5 }, async () => {
        const caller = await connectTo()
        caller.send(whole)
        return drip(async () => caller, body)
      })
      const other = await connectTo()
      for (let count = 0; count < 5; count++) {
        other.send(head('/hello'))
        await new Promise(resolve => setTimeout(resolve, 20))
      }
      other.send(head('/hello', ['connection: close']))
      assert.equal((await other.ended()).match(/200 OK/g)?.length, 6)
      for (const text of await Promise.all([...headers, ...bodies])) assert.equal(readProblem(text).status, 408)
    })
})

test('a caller who leaves in the middle of a header or a body is no error', async () => {
  for (const bytes of [head('/hello').slice(0, 10), `${head('/echo', ['content-length: 100'], 'POST')}{`]) {
    const caller = await call(port)
    caller.send(bytes)
    caller.socket.end()
    await caller.ended()
  }
})

describe('headers of an answer', () => {
  const EVERYWHERE = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  }
  for (const [path, status] of [
    ['/hello', 200],
    ['/nowhere', 404],
    ['/people/%ZZ', 400],
    ['/fail', 500],
  ] as const)
    test(`${path} is safe in a browser`, async () => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`)
      await answer.text()
      assert.equal(answer.status, status)
      for (const [name, value] of Object.entries(EVERYWHERE)) assert.equal(answer.headers.get(name), value, name)
      for (const name of ['server', 'x-powered-by', 'strict-transport-security'])
        assert.equal(answer.headers.get(name), null, name)
    })

  test('HTTPS is promised for later only where browsers know the certificate', async () => {
    const own = await callTls(port, certificate.cert)
    own.send(head('/hello', ['connection: close']))
    assert.doesNotMatch(await own.ended(), /strict-transport-security/)
    const known = { ...(await openTestCertificate()), isConfigured: true }
    const other = await startTransport({}, { certificate: known })
    try {
      const encrypted = await callTls(other.port, known.cert)
      encrypted.send(head('/hello', ['connection: close']))
      assert.match(await encrypted.ended(), /strict-transport-security: max-age=\d{8}\r\n/)
      const plain = await call(other.port)
      plain.send(head('/hello', ['connection: close']))
      assert.doesNotMatch(await plain.ended(), /strict-transport-security/)
    } finally {
      await other.close()
    }
  })
})

describe('the caller behind a proxy', () => {
  const protocolSeen = async (trustProxy: boolean | readonly string[]): Promise<string> => {
    const other = await startTransport({}, { trustProxy })
    try {
      const answer = await fetch(`http://127.0.0.1:${other.port}/hello`, { headers: { 'x-forwarded-proto': 'https' } })
      return ((await answer.json()) as { protocol: string }).protocol
    } finally {
      await other.close()
    }
  }

  test('is believed where the proxy is trusted', async () => {
    assert.equal(await protocolSeen(false), 'http')
    assert.equal(await protocolSeen(true), 'https')
    assert.equal(await protocolSeen(['127.0.0.0/8']), 'https')
    assert.equal(await protocolSeen(['10.0.0.0/8', '::1']), 'http')
  })
})

describe('stopping', () => {
  test('finishes what is in flight, takes nothing new, and says so', async () => {
    const other = await startTransport()
    const [busy, kept] = [await call(other.port), await callTls(other.port, other.certificate.cert)]
    busy.send(head('/wait'))
    kept.send(head('/wait'))
    while (other.waiting() < 2) await new Promise(setImmediate)
    const stopped = other.app.close()
    while (!other.app.isStopping()) await new Promise(setImmediate)
    await new Promise(setImmediate)
    await assert.rejects(call(other.port))
    // Over a connection that is open still, with a request ahead of it.
    kept.send(head('/hello'))
    other.release()
    assert.match(await busy.ended(), /200 OK[\s\S]*connection: close[\s\S]*{"waited":true}/i)
    assert.match(await kept.ended(), /{"waited":true}/)
    await stopped
  })

  test('cuts what does not end in time', async () => {
    const other = await startTransport({ stopGraceMs: 100 })
    const busy = await call(other.port)
    busy.send(head('/wait'))
    while (other.waiting() < 1) await new Promise(setImmediate)
    await other.app.close()
    assert.equal(await busy.ended(), '')
    other.release()
  })

  test('a request that arrives during the stop is refused with the advice to come back', async () => {
    const other = await startTransport()
    const [busy, late] = [await call(other.port), await call(other.port)]
    busy.send(head('/wait'))
    late.send(head('/hello').slice(0, -2))
    while (other.waiting() < 1) await new Promise(setImmediate)
    await new Promise(resolve => setTimeout(resolve, 50))
    const stopped = other.app.close()
    late.send('\r\n')
    const { status, headers, body } = readProblem(await late.ended())
    assert.deepEqual([status, body.code], [503, 'stopping'])
    assert.match(headers.get('retry-after') ?? '', /^[1-9]/)
    other.release()
    await stopped
  })
})
