// One port for HTTP and HTTPS: both are served whole, however their bytes arrive, and what says nothing is let go.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { after, describe, test } from 'node:test'
import { DEFAULT_LIMITS } from '../limits.ts'
import { createOnePortServer } from './one-port.ts'
import { call, callTls, head, readProblem, startTransport } from './transport.fixture.ts'

const server = await startTransport()
after(() => server.close())
const { port, certificate } = server
const connectors = {
  HTTP: () => call(port),
  HTTPS: () => callTls(port, certificate.cert),
}

for (const [protocol, connectTo] of Object.entries(connectors))
  describe(protocol, () => {
    test('is told to the handler', async () => {
      const caller = await connectTo()
      caller.send(head('/hello', ['connection: close']))
      assert.match(await caller.ended(), new RegExp(`200 OK[\\s\\S]*{"protocol":"${protocol.toLowerCase()}"}`))
    })

    test('is served byte by byte', async () => {
      const caller = await connectTo()
      for (const letter of head('/hello', ['connection: close'])) {
        caller.send(letter)
        await new Promise(setImmediate)
      }
      assert.match(await caller.ended(), /200 OK/)
    })

    test('keeps the connection, and serves requests that were sent ahead', async () => {
      const caller = await connectTo()
      caller.send(head('/hello') + head('/hello'))
      await caller.until(/200 OK[\s\S]*200 OK/)
      caller.send(head('/hello', ['connection: close']))
      assert.equal((await caller.ended()).match(/200 OK/g)?.length, 3)
    })

    test('takes a body of many chunks', async () => {
      const caller = await connectTo()
      const body = JSON.stringify({ text: 'x'.repeat(3_000_000) })
      const fields = ['content-type: application/json', `content-length: ${body.length}`, 'connection: close']
      caller.send(head('/echo', fields, 'POST') + body)
      assert.match(await caller.ended(), new RegExp(`{"bytes":${body.length}}`))
    })
  })

test('many callers of both kinds at once', async () => {
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const caller = await connectors[index % 2 ? 'HTTP' : 'HTTPS']()
      caller.send(head('/hello', ['connection: close']))
      return caller.ended()
    }),
  )
  assert.equal(answers.filter(text => text.includes('200 OK')).length, 60)
})

test('a client that checks certificates takes it for the names of this machine', async () => {
  for (const host of ['localhost', '127.0.0.1']) {
    const agent = new Agent({ ca: certificate.cert })
    const asked = request({ host, port, path: '/hello', agent }).end()
    const [answer] = await once(asked, 'response')
    assert.equal(answer.statusCode, 200)
    answer.resume()
    agent.destroy()
  }
})

test('connections that break or speak neither harm nobody', async () => {
  for (const bytes of [
    '',
    '\x16',
    '\x16\x03\x01\x00\x05hello',
    '\x16\x03\x01\x02\x00\x01',
    '\x00',
    'G',
    head('/hello').slice(0, 20),
  ]) {
    const caller = await call(port)
    if (bytes) caller.send(Buffer.from(bytes, 'latin1'))
    await new Promise(setImmediate)
    caller.socket.resetAndDestroy()
  }
  const caller = await call(port)
  caller.send(head('/hello', ['connection: close']))
  assert.match(await caller.ended(), /200 OK/)
})

test('a connection that ends before it said anything is closed', async () => {
  const caller = await call(port)
  caller.socket.end()
  assert.equal(await caller.ended(), '')
})

test('silence is not waited for, neither before nor inside of TLS', async () => {
  const impatient = await startTransport({ headerTimeoutMs: 100 })
  try {
    const plain = await call(impatient.port)
    assert.equal(await plain.ended(), '')
    const encrypted = await callTls(impatient.port, impatient.certificate.cert)
    assert.equal(await encrypted.ended(), '')
    const halfway = await call(impatient.port)
    halfway.send(Buffer.from([0x16, 3, 1]))
    assert.equal(await halfway.ended(), '')
  } finally {
    await impatient.close()
  }
})

test('without a certificate TLS is refused as bad HTTP', async () => {
  const plain = createOnePortServer((_request, response) => response.end('plain'), {
    certificate: null,
    limits: DEFAULT_LIMITS,
  })
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  const { port } = plain.address() as { port: number }
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'plain')
  const caller = await call(port)
  caller.send(Buffer.from('\x16\x03\x01\x00\x05hello', 'latin1'))
  assert.match(await caller.ended(), /^HTTP\/1.1 400 /)
  plain.closeAllConnections()
  plain.close()
})

test('closing does not wait for those who have said nothing', async () => {
  const other = await startTransport()
  const silent = await call(other.port)
  const inside = await callTls(other.port, other.certificate.cert)
  await other.close()
  assert.deepEqual([await silent.ended(), await inside.ended()], ['', ''])
})

test('one connection more than there may be is closed without an answer', async () => {
  const small = await startTransport({ maxConnections: 2 })
  try {
    const callers = [await call(small.port), await call(small.port)]
    for (const caller of callers) {
      caller.send(head('/hello'))
      await caller.until(/200 OK/)
    }
    const extra = await call(small.port)
    assert.equal(await extra.ended(), '')
    callers[0].socket.destroy()
    await callers[0].ended()
    await new Promise(resolve => setTimeout(resolve, 50))
    const next = await call(small.port)
    next.send(head('/hello', ['connection: close']))
    assert.match(await next.ended(), /200 OK/)
  } finally {
    await small.close()
  }
})

test('a connection serves so many requests and is closed', async () => {
  const small = await startTransport({ maxRequestsPerConnection: 3 })
  try {
    const caller = await call(small.port)
    for (let count = 1; count <= 3; count++) {
      caller.send(head('/hello'))
      await caller.until(new RegExp(`(200 OK[\\s\\S]*){${count}}`))
    }
    assert.match(await caller.ended(), /connection: close/i)
  } finally {
    await small.close()
  }
})

test('an idle connection is closed after a while', async () => {
  const small = await startTransport({ keepAliveTimeoutMs: 50 })
  try {
    for (const caller of [await call(small.port), await callTls(small.port, small.certificate.cert)]) {
      caller.send(head('/hello'))
      assert.match(await caller.ended(), /200 OK/)
    }
  } finally {
    await small.close()
  }
})

test('a malformed request is a problem document, over TLS too', async () => {
  for (const connectTo of Object.values(connectors)) {
    const caller = await connectTo()
    caller.send('NONSENSE\r\n\r\n')
    const { status, body } = readProblem(await caller.ended())
    assert.deepEqual([status, body.code], [400, 'request_invalid'])
  }
})
