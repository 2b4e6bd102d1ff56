// Requests that are wrong below the level of bodies: addresses, methods, heads. Bounds on their size and time, and the
// slow-loris, are in src/http/transport.test.ts.
import assert from 'node:assert/strict'
import { after, afterEach, describe, test } from 'node:test'
import { call, head, readProblem } from '../src/http/transport.fixture.ts'
import type { Gallery } from './answers.ts'
import { openFakeApp } from './fake-app.ts'
import { fakePicture } from './fake-core.ts'
import { base64, createGallery, enrol } from './support.ts'

const warnings: Error[] = []
process.on('warning', warning => warnings.push(warning))
const app = await openFakeApp()
after(async () => {
  await app.close()
  assert.deepEqual(warnings, [])
})
await createGallery(app, 'people')
await enrol(app, 'people', fakePicture({ person: 'ada' }), { subjectId: 'ada' })
const port = Number(new URL(app.url).port)
const KEY = `authorization: Bearer ${app.key}`
const CLOSE = 'connection: close'

const readGalleries = async (): Promise<Gallery[]> =>
  (await app.call<{ items: Gallery[] }>('GET', '/v1/galleries')).body.items
const stored = await readGalleries()
afterEach(async () => assert.deepEqual(await readGalleries(), stored))

/** Everything that comes back until the connection closes. */
const send = async (bytes: string | Uint8Array): Promise<string> => {
  const caller = await call(port)
  caller.send(bytes)
  return caller.ended()
}

const assertRefused = async (bytes: string | Uint8Array, status: number, code: string): Promise<void> => {
  const problem = readProblem(await send(bytes))
  assert.deepEqual([problem.status, problem.body.code], [status, code], JSON.stringify(problem.body))
  assert.match(problem.headers.get('content-type') ?? '', /^application\/problem\+json/)
}

describe('paths', () => {
  const nowhere = [
    '/v1/galleries/..%2f..%2fetc%2fpasswd/x',
    '/v1//galleries',
    '//v1/galleries',
    '/v1/galleries/people//faces',
    '/v1/./galleries/people',
    '/v1/galleries/people/../people',
    '/v1/%2e%2e/v1/galleries',
    '/v1/galleries/people/subjects/ada/..',
    '/v1/galleries;jsessionid=1/people',
    '/V1/galleries',
    '/docs/../v1/galleries',
    '/docs/static/..%2f..%2fpackage.json',
    '/docs/static/%2e%2e/%2e%2e/package.json',
    '/docs/static/....//package.json',
    '/docs/static/index.html%00.js',
    '/openapi.json/..%2f',
  ]
  for (const path of nowhere)
    test(`${path} leads nowhere`, async () => {
      const { status, body } = readProblem(await send(head(path, [KEY, CLOSE])))
      assert.ok([400, 404].includes(status), `${status}`)
      assert.ok(['route_not_found', 'request_invalid'].includes(body.code), body.code)
    })

  for (const id of [
    '..%2f',
    '%2e%2e',
    '%2e%2e%2f%2e%2e',
    'a;b',
    'a%5cb',
    'people%2f',
    '%20people',
    'people%20',
    'PEOPLE',
    '%ef%bc%8e',
  ])
    test(`${id} is the id of no gallery`, () =>
      assertRefused(head(`/v1/galleries/${id}`, [KEY, CLOSE]), 404, 'gallery_not_found'))

  for (const id of [
    '%',
    '%z',
    '%0',
    '%ff',
    '%c0%af',
    '%c0%80',
    '%e0%80%af',
    '%ed%a0%80',
    '%f4%90%80%80',
    '%00',
    'a%0d%0ab',
    '%7f',
  ])
    test(`${id} is no id`, () => assertRefused(head(`/v1/galleries/${id}`, [KEY, CLOSE]), 400, 'request_invalid'))

  for (const bytes of ['\\', 'a b', 'a\0b', '\x7f', '"'])
    test(`${JSON.stringify(bytes)} unencoded is refused or not found`, async () => {
      const { status } = readProblem(await send(head(`/v1/galleries/${bytes}`, [KEY, CLOSE])))
      assert.ok(status === 400 || status === 404, `${status}`)
    })

  test('a query of a thousand parameters asks for the page that its known ones name', async () => {
    const query = Array.from({ length: 1000 }, (_, index) => `a${index}=1`).join('&')
    const text = await send(head(`/v1/galleries?limit=1&${query}`, [KEY, CLOSE]))
    assert.match(text, /^HTTP\/1\.1 (200|414)/)
  })

  test('a parameter given twice, or as a list, is refused', async () => {
    for (const query of ['limit=1&limit=2', 'cursor=a&cursor=b'])
      await assertRefused(head(`/v1/galleries?${query}`, [KEY, CLOSE]), 400, 'request_invalid')
    await assertRefused(
      head('/v1/galleries/people/subjects?metadata.a=1&metadata.a=2', [KEY, CLOSE]),
      400,
      'request_invalid',
    )
  })
})

describe('forms of the target', () => {
  test('the absolute form is the same address', async () => {
    assert.match(await send(head(`http://127.0.0.1:${port}/v1/galleries`, [KEY, CLOSE])), /^HTTP\/1\.1 200 /)
    await assertRefused(head('http://example.org/v1/galleries/none', [KEY, CLOSE]), 404, 'gallery_not_found')
  })
  for (const [what, line] of Object.entries({
    'the asterisk': 'OPTIONS * HTTP/1.1',
    'an asterisk to be read': 'GET * HTTP/1.1',
    'a path without a slash': 'GET v1/galleries HTTP/1.1',
    'another scheme': 'GET ftp://x/v1/galleries HTTP/1.1',
    'a tunnel': 'CONNECT example.org:443 HTTP/1.1',
  }))
    test(`${what} is refused`, async () => {
      const problem = readProblem(await send(`${line}\r\nhost: x\r\n${KEY}\r\n${CLOSE}\r\n\r\n`))
      assert.ok(problem.status >= 400 && problem.status < 500, `${problem.status}`)
    })
})

describe('methods', () => {
  for (const method of ['TRACE', 'PROPFIND', 'PUT', 'OPTIONS', 'SEARCH', 'LINK'])
    test(`${method} is not there`, () =>
      assertRefused(head('/v1/galleries', [KEY, CLOSE], method), 404, 'route_not_found'))
  for (const method of ['FOO', 'get', 'G E T', '\0', 'GETGETGET'])
    test(`${JSON.stringify(method)} is none`, () =>
      assertRefused(head('/v1/galleries', [KEY, CLOSE], method), 400, 'request_invalid'))
  test('HEAD is answered without a body', async () => {
    const text = await send(head('/v1/galleries', [KEY, CLOSE], 'HEAD'))
    assert.match(text, /^HTTP\/1\.1 (200|404) [\s\S]*\r\n\r\n$/)
  })
  test('a method in a header changes nothing', () =>
    assertRefused(
      head('/v1/galleries/people', [KEY, CLOSE, 'x-http-method-override: DELETE'], 'POST'),
      404,
      'route_not_found',
    ))
})

describe('heads', () => {
  const post = (headers: readonly string[], body = ''): string =>
    `${head('/v1/galleries', [KEY, CLOSE, 'content-type: application/json', ...headers], 'POST')}${body}`

  for (const [what, bytes] of Object.entries({
    'no host': `GET /v1/galleries HTTP/1.1\r\n${KEY}\r\n${CLOSE}\r\n\r\n`,
    'a length that is no number': post(['content-length: x']),
    'a negative length': post(['content-length: -1']),
    'a length in hexadecimal': post(['content-length: 0x2'], '{}'),
    'two lengths': post(['content-length: 2', 'content-length: 20'], '{}'),
    'a length beyond what a number holds': post([`content-length: ${'9'.repeat(30)}`]),
    'a length and chunks': post(['content-length: 2', 'transfer-encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'),
    'chunks with a space': post(['transfer-encoding : chunked'], '0\r\n\r\n'),
    'another transfer encoding': post(['transfer-encoding: gzip'], '0\r\n\r\n'),
    'chunks named twice': post(['transfer-encoding: chunked, chunked'], '0\r\n\r\n'),
    'a chunk length that is no number': post(['transfer-encoding: chunked'], 'zz\r\n{}\r\n0\r\n\r\n'),
    'a chunk longer than it says': post(['transfer-encoding: chunked'], '1\r\n{}\r\n0\r\n\r\n'),
    'a folded header': head('/v1/galleries', [KEY, CLOSE, 'x-a: b\r\n c']),
    'a bare line feed': `GET /v1/galleries HTTP/1.1\nhost: x\n${KEY}\n\n`,
    'a header without a name': head('/v1/galleries', [KEY, CLOSE, ': x']),
    'a name with a space': head('/v1/galleries', [KEY, CLOSE, 'x a: b']),
    'HTTP/2 without agreement': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'HTTP/3.0': `GET /v1/galleries HTTP/3.0\r\nhost: x\r\n${KEY}\r\n\r\n`,
    'random bytes': Uint8Array.from({ length: 2000 }, (_, index) => (index * 7919 + 13) % 256),
  }))
    test(`${what} is refused`, () => assertRefused(bytes, 400, 'request_invalid'))

  test('HTTP/1.0 is answered, with no host needed', async () => {
    assert.match(await send(`GET /v1/galleries HTTP/1.0\r\n${KEY}\r\n\r\n`), /^HTTP\/1\.1 200 /)
  })

  test('what follows a refused request is not answered', async () => {
    const second = head('/v1/galleries/people', [KEY], 'DELETE')
    const text = await send(`${post(['content-length: 2', 'transfer-encoding: chunked'], '0\r\n\r\n')}${second}`)
    assert.equal(text.match(/HTTP\/1\.1 \d/g)?.length, 1)
  })

  test('who expects to be told to go on is told', async () => {
    const caller = await call(port)
    caller.send(post(['content-length: 2', 'expect: 100-continue']))
    await caller.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/)
    caller.send('[]')
    assert.equal(readProblem(await caller.ended()).body.code, 'request_invalid')
  })

  test('another expectation is not met, and the request answered', () =>
    assertRefused(post(['content-length: 2', 'expect: miracles'], '[]'), 400, 'request_invalid'))

  test('an offer to change the protocol is not taken up', async () => {
    const text = await send(head('/v1/galleries', [KEY, 'connection: upgrade, close', 'upgrade: websocket']))
    assert.match(text, /^HTTP\/1\.1 200 /)
  })

  test('a key with odd characters is no key', async () => {
    for (const key of ['Bearer', 'Bearer ', 'Basic eDp5', 'Bearer a b'])
      await assertRefused(head('/v1/galleries', [`authorization: ${key}`, CLOSE]), 401, 'key_missing')
    for (const key of ['\xff\xfe', 'x'.repeat(8000), "'--", '../../key'])
      await assertRefused(head('/v1/galleries', [`authorization: Bearer ${key}`, CLOSE]), 401, 'key_invalid')
  })

  test('a picture with the key of an answer to come', async () => {
    const image = base64(fakePicture({ person: 'ada' }))
    for (const key of ['', 'a b', 'ä', 'x'.repeat(256)]) {
      const body = JSON.stringify({ image })
      const headers = [KEY, CLOSE, 'content-type: application/json', `content-length: ${body.length}`]
      const bytes = head('/v1/galleries/people/faces', [...headers, `idempotency-key: ${key}`], 'POST') + body
      await assertRefused(bytes, 400, 'request_invalid')
    }
  })
})

test('who hangs up in the middle of a body, or breaks it, harms nobody', async () => {
  const framings = {
    'transfer-encoding: chunked': ['5\r\n{"a":', 'zz\r\n', '5\r\n{"a":zzz'],
    'content-length: 100': ['{'],
  }
  for (const method of ['POST', 'GET'])
    for (const path of ['/v1/galleries', '/v1/galleries/people/faces', '/v1/galleries/people/faces:batch', '/v1/none'])
      for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=b', 'application/x-ndjson'])
        for (const [framing, bodies] of Object.entries(framings))
          for (const body of bodies) {
            const caller = await call(port)
            caller.send(`${head(path, [KEY, `content-type: ${type}`, framing], method)}${body}`)
            // Late enough that the head was read, which is what counts; when is the system's to decide.
            await new Promise(resolve => setTimeout(resolve, 5))
            caller.socket.destroy()
          }
  assert.equal((await app.call('GET', '/health/live')).status, 200)
})

test('a streamed answer goes without a warning of the runtime', async () => {
  const lines = `{"image":"${base64(fakePicture({ person: 'ada' }))}x"}\n`
  const type = { 'content-type': 'application/x-ndjson' }
  assert.equal((await app.call('POST', '/v1/galleries/people/faces:batch', lines, type)).status, 200)
  assert.deepEqual(warnings, [])
})

for (const [what, headers] of Object.entries({
  'ten thousand headers': Array.from({ length: 10_000 }, (_, index) => `x-${index}: x`),
  'a header of a megabyte': [`x-a: ${'x'.repeat(1_000_000)}`],
  'a name of a megabyte': [`${'x'.repeat(1_000_000)}: x`],
}))
  test(`${what}: too much`, () => assertRefused(head('/v1/galleries', headers), 431, 'headers_too_large'))
