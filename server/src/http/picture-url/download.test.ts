// One download: certificates, what the request says, which answers are taken.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Server } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { generate } from 'selfsigned'
import { VERSION } from '../../version.ts'
import { assertRefused, createFetcher, listen, policy, withServer } from './servers.fixture.ts'

const LOOPBACK = policy('127.0.0.1')
const fetchPicture = createFetcher()
const JPEG = { 'content-type': 'image/jpeg' }

describe('certificates', () => {
  let server: Server
  let url: string
  let ca: string
  const lookup = async () => [{ address: '127.0.0.1', family: 4 }]
  before(async () => {
    const made = await generate([{ name: 'commonName', value: 'pictures.example' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'pictures.example' }] }],
    })
    ca = made.cert
    server = createTlsServer({ key: made.private, cert: made.cert }, (_, response) => {
      response.writeHead(200, JPEG).end('secret')
    })
    url = `https://pictures.example:${await listen(server)}/`
  })
  after(() => server.close())

  test('one that is not trusted is refused', async () => {
    const error = await assertRefused(createFetcher({ lookup })(url, LOOPBACK), 'image_url_unreachable')
    assert.deepEqual(error.details, { reason: 'certificate' })
  })

  test('one of another name is refused', async () => {
    const other = url.replace('pictures', 'other')
    const error = await assertRefused(createFetcher({ lookup, ca })(other, LOOPBACK), 'image_url_unreachable')
    assert.deepEqual(error.details, { reason: 'certificate' })
  })

  test('one that is trusted is checked by the name, though the address is pinned', async () => {
    assert.equal((await createFetcher({ lookup, ca })(url, LOOPBACK)).length, 6)
  })

  test('a host without TLS is refused', () =>
    withServer(
      (_, response) => response.end(),
      async server => {
        const plain = server.url.replace('http:', 'https:')
        await assertRefused(fetchPicture(plain, LOOPBACK), 'image_url_unreachable')
      },
    ))
})

describe('the request', () => {
  test('says who asks and what for, and nothing else', async () => {
    const heads: string[][] = []
    const server = createServer((request, response) => {
      heads.push(request.rawHeaders)
      if (request.url === '/a?b=c') response.writeHead(302, { location: '/d', 'set-cookie': 'a=b' }).end()
      else response.writeHead(200, JPEG).end('x')
    })
    const port = await listen(server)
    await fetchPicture(`http://127.0.0.1:${port}/a?b=c#d`, LOOPBACK)
    server.close()
    const expected = {
      host: `127.0.0.1:${port}`,
      connection: 'keep-alive',
      'user-agent': `Likeness/${VERSION}`,
      accept: 'image/*',
      'accept-encoding': 'identity',
    }
    assert.equal(heads.length, 2)
    for (const head of heads)
      assert.deepEqual(
        Object.fromEntries(head.flatMap((name, index) => (index % 2 ? [] : [[name, head[index + 1]]]))),
        expected,
      )
  })

  test('a proxy of the environment is not used', async () => {
    await withServer(
      (_, response) => response.writeHead(200, JPEG).end('x'),
      async ({ url }) => {
        const saved = { ...process.env }
        Object.assign(process.env, {
          http_proxy: 'http://127.0.0.1:9',
          HTTP_PROXY: 'http://127.0.0.1:9',
          NODE_USE_ENV_PROXY: '1',
        })
        try {
          assert.equal((await createFetcher()(url, LOOPBACK)).length, 1)
        } finally {
          process.env = saved
        }
      },
    )
  })

  for (const type of [
    'image/jpeg',
    'IMAGE/PNG; a=b',
    'image/heic',
    'application/octet-stream',
    'binary/octet-stream',
    '',
  ])
    test(`the type "${type}" is taken`, () =>
      withServer(
        (_, response) => response.setHeader('content-type', type).end('x'),
        async ({ url }) => {
          assert.equal((await fetchPicture(url, LOOPBACK)).length, 1)
        },
      ))

  test('a picture without a type, of exactly the largest size, is taken', () =>
    withServer(
      (_, response) => response.writeHead(200, { 'content-length': 10_000 }).end(Buffer.alloc(10_000)),
      async ({ url }) => {
        assert.equal((await fetchPicture(url, LOOPBACK)).length, 10_000)
      },
    ))
})
