// Where pictures are fetched from: ports, names and pinning, allow-lists, redirects, modes. A sentinel listens where
// nothing may arrive.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { createNames, openSentinel, toAddresses } from '../outgoing/names.fixture.ts'
import { assertRefused, createFetcher, type HttpServer, policy, SMALL_LIMITS, serve } from './servers.fixture.ts'

const sentinel = await openSentinel()
const { port } = sentinel
const picture = await serve((_request, response) => response.setHeader('content-type', 'image/png').end('picture'))
after(() => {
  sentinel.close()
  picture.close()
})
afterEach(() => {
  assert.equal(sentinel.reached(), 0, 'the sentinel was reached')
})

const { lookup, asked } = createNames()
/** The sentinel's port counts as one that public hosts may be asked on: nothing but the address keeps it from being reached. */
const fetchPicture = createFetcher({ lookup, publicPorts: [80, 443, port] })

describe('schemes, ports, length', () => {
  for (const url of [
    'ftp://8.8.8.8/',
    'file:///etc/passwd',
    'data:,x',
    'javascript:1',
    'gopher://8.8.8.8/',
    'unix:/tmp/x',
    'nonsense',
    '',
  ])
    test(`${url || 'nothing'} is no http or https`, async () => {
      await assertRefused(fetchPicture(url, policy()), 'image_url_invalid')
    })

  for (const odd of [0, 22, 25, 81, 6379, 8080, 65_535])
    test(`port ${odd} of a public host is refused, and the name is not even looked up`, async () => {
      asked.length = 0
      await assertRefused(fetchPicture(`http://mixed.example:${odd}/`, policy()), 'image_url_invalid')
      await assertRefused(fetchPicture(`https://8.8.8.8:${odd}/`, policy()), 'image_url_invalid')
      assert.deepEqual(asked, [])
    })

  test('a URL as long as allowed is looked at, a longer one is not', async () => {
    const url = `http://127.0.0.1:${port}/`.padEnd(SMALL_LIMITS.maxUrlCharacters, 'x')
    await assertRefused(fetchPicture(url, policy()), 'image_url_refused')
    await assertRefused(fetchPicture(`${url}x`, policy()), 'image_url_invalid')
  })
})

describe('names', () => {
  test('a second answer that differs is never asked for: what was judged is what is connected to', async () => {
    const answers = [['127.0.0.1'], ['127.66.66.66']]
    let count = 0
    const fetch = createFetcher({ lookup: async () => toAddresses(answers[count++] ?? ['127.66.66.66']) })
    const url = `http://rebinding.example:${picture.port}/`
    picture.requests.length = 0
    assert.equal((await fetch(url, policy('127.0.0.1'))).length, 7)
    assert.equal(count, 1)
    assert.deepEqual(picture.requests, [`GET / rebinding.example:${picture.port}`])
    await assertRefused(fetch(url, policy('127.0.0.1')), 'image_url_invalid')
    assert.equal(count, 2)
  })

  test('each redirect is judged by an answer of its own', async () => {
    const answers = [['127.0.0.1'], ['::1']]
    const hop = await serve((_request, response) =>
      response.writeHead(302, { location: `http://b.example:${port}/` }).end(),
    )
    const fetch = createFetcher({ lookup: async () => toAddresses(answers.shift()!), publicPorts: [port, hop.port] })
    await assertRefused(fetch(`http://a.example:${hop.port}/`, policy('127.0.0.1')), 'image_url_refused')
    hop.close()
    assert.deepEqual(answers, [])
  })

  test('one without an address, or that does not exist, is unreachable', async () => {
    const error = await assertRefused(fetchPicture('http://nowhere.example/', policy()), 'image_url_unreachable')
    assert.deepEqual(error.details, { reason: 'name' })
    const fetch = createFetcher({ lookup: async () => [] })
    await assertRefused(fetch('http://empty.example/', policy()), 'image_url_unreachable')
  })

  test('one whose answer never comes ends with the deadline, and its look-up still counts', async () => {
    const fetch = createFetcher({
      lookup: () => new Promise(() => {}),
      limits: { ...SMALL_LIMITS, maxConcurrentUrlFetches: 1 },
    })
    await assertRefused(fetch('http://slow.example/', policy('', { timeoutMs: 30 })), 'image_url_timeout')
    await assertRefused(fetch('http://slow.example/', policy('', { timeoutMs: 30 })), 'busy')
  })
})

describe('allow-lists', () => {
  const fetch = createFetcher({ lookup })
  const { port: open } = picture

  for (const [allow, url] of [
    ['127.0.0.1', `http://127.0.0.1:${open}/`],
    [`127.0.0.1:${open}`, `http://127.0.0.1:${open}/`],
    [`127.0.0.0/8:${open}`, `http://loopback.example:${open}/`],
    ['loopback.example', `http://loopback.example:${open}/`],
    [`loopback.example:${open}`, `http://LOOPBACK.example.:${open}/`],
    ['xn--bcher-kva.example', `http://bücher.example:${open}/`],
  ])
    test(`${allow} allows ${url}, in both modes`, async () => {
      assert.equal((await fetch(url, policy(allow))).length, 7)
      assert.equal((await fetch(url, policy(allow, { mode: 'allow-list' }))).length, 7)
    })

  for (const [allow, url, code] of [
    ['127.0.0.2', `http://127.0.0.1:${open}/`, 'image_url_invalid'],
    [`127.0.0.1:${open + 1}`, `http://127.0.0.1:${open}/`, 'image_url_invalid'],
    ['127.0.0.2', 'http://127.0.0.1/', 'image_url_refused'],
    ['loopback.example', 'http://127.0.0.1/', 'image_url_refused'],
    ['127.0.0.1', 'http://mixed6.example/', 'image_url_refused'],
    ['127.0.0.1', `http://localhost:${port}/`, 'image_url_invalid'],
    ['example', 'http://loopback.example/', 'image_url_refused'],
  ] as const)
    test(`${allow} does not allow ${url}`, async () => {
      await assertRefused(fetch(url, policy(allow)), code)
    })

  test('with nothing but the list, public hosts are refused and names are not looked up', async () => {
    asked.length = 0
    const only = policy('loopback.example', { mode: 'allow-list' })
    for (const url of ['http://8.8.8.8/', 'http://public.example/', `http://127.0.0.1:${port}/`])
      await assertRefused(fetch(url, only), 'image_url_refused')
    assert.deepEqual(asked, [])
  })
})

test('switched off, nothing is fetched, not even what the list allows', async () => {
  for (const url of [picture.url, 'http://8.8.8.8/'])
    await assertRefused(fetchPicture(url, policy('127.0.0.1', { mode: 'off' })), 'image_url_refused')
})

describe('redirects', () => {
  const places: Record<string, string | undefined> = {}
  let status = 302
  let redirector: HttpServer
  before(async () => {
    redirector = await serve((request, response) => {
      const place = places[request.url ?? '']
      if (request.url === '/picture') response.setHeader('content-type', 'image/png').end('picture')
      else response.writeHead(status, place === undefined ? {} : { location: place }).end('moved')
    })
  })
  after(() => redirector.close())
  const allow = () => policy(`127.0.0.1:${redirector.port}`)

  for (const [name, location] of Object.entries({
    loopback: `http://127.0.0.1:${port}/`,
    'loopback in IPv6': `http://[::1]:${port}/`,
    'a name': `http://localhost:${port}/`,
    'a name that resolves to loopback': `http://loopback.example:${port}/`,
    'decimal digits': `http://2130706433:${port}/`,
    'a mapped address': `http://[::ffff:127.0.0.1]:${port}/`,
    metadata: 'http://169.254.169.254/latest/meta-data/',
    'another host by two slashes': `//127.1:${port}/`,
    'another host by backslashes': `\\\\127.1:${port}/`,
  }))
    for (const code of [301, 302, 303, 307, 308])
      test(`${code} to ${name} is refused`, async () => {
        status = code
        places['/'] = location
        await assertRefused(fetchPicture(redirector.url, allow()), 'image_url_refused')
      })

  for (const [name, location] of Object.entries({
    'a file': 'file:///etc/passwd',
    'a picture in itself': 'data:image/png;base64,AAAA',
    'another protocol': 'gopher://127.0.0.1/',
    'a user': 'http://user:password@127.0.0.1/picture',
    'no URL': 'http://[',
    'no host': 'http://',
    'a long one': `/${'x'.repeat(3000)}`,
    nowhere: undefined,
  }))
    test(`to ${name} is refused`, async () => {
      places['/'] = location
      await assertRefused(fetchPicture(redirector.url, allow()), 'image_url_redirects')
    })

  test('three are followed, relative ones too, a fourth is not', async () => {
    const { url } = redirector
    const lastHop = `//127.1:${redirector.port}/picture`
    Object.assign(places, { '/1': './2', '/2': '?3', '/2?3': `${url}/4`, '/4': lastHop })
    await assertRefused(fetchPicture(`${url}/1`, allow()), 'image_url_redirects')
    assert.equal((await fetchPicture(`${url}/2`, allow())).length, 7)
  })

  test('a loop ends', async () => {
    places['/loop'] = '/loop'
    redirector.requests.length = 0
    await assertRefused(fetchPicture(`${redirector.url}/loop`, allow()), 'image_url_redirects')
    assert.equal(redirector.requests.length, 4)
  })
})
