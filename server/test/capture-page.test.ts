// The capture page and its files: headers, caching, encodings, who may show it in an iframe; nothing of a third party.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, describe, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { createCaptureDouble, makeSecret, openTestFiles, PAGE, SCRIPT } from './capture-double.ts'
import { openFakeApp } from './fake-app.ts'
import { assertProblem } from './support.ts'

const files = await openTestFiles({ after })
const app = await openFakeApp({ captureFiles: files })
after(() => app.close())

interface Fetched {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

/** Without the decoding and the headers that `fetch` adds. */
const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Fetched> =>
  new Promise((resolve, reject) => {
    const call = request(app.url + path, { method, headers }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers as never, body: Buffer.concat(chunks) }),
      )
    })
    call.once('error', reject)
    call.end()
  })

const policyOf = ({ headers }: Fetched): Map<string, string> =>
  new Map(
    (headers['content-security-policy'] ?? '').split('; ').map(directive => {
      const [name = '', ...values] = directive.split(' ')
      return [name, values.join(' ')]
    }),
  )

const createSession = async (rest: object = {}): Promise<string> => {
  const { status, body } = await app.call<{ url: string }>('POST', '/v1/sessions', {
    purpose: 'liveness',
    liveness: 'active',
    ...rest,
  })
  assert.equal(status, 201, JSON.stringify(body))
  return new URL(body.url).pathname
}

describe('the page', () => {
  test('is the same for every token, and says nothing about the session', async () => {
    const known = await get(await createSession())
    const unknown = await get(`/capture/${makeSecret()}`)
    for (const answer of [known, unknown]) {
      assert.equal(answer.status, 200)
      assert.equal(answer.body.toString(), PAGE)
      assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
    }
    assert.equal(known.headers['content-security-policy'], unknown.headers['content-security-policy'])
  })

  test('has a strict policy, and the camera for itself alone', async () => {
    const answer = await get(`/capture/${makeSecret()}`)
    assert.deepEqual(Object.fromEntries(policyOf(answer)), {
      'default-src': "'none'",
      'script-src': "'self' 'wasm-unsafe-eval'",
      'style-src': "'self'",
      'img-src': "'self' blob: data:",
      'media-src': "'self' blob:",
      'connect-src': "'self'",
      'worker-src': "'self' blob:",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    })
    assert.equal(answer.headers['permissions-policy'], 'camera=(self)')
    assert.equal(answer.headers['referrer-policy'], 'no-referrer')
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  })

  test('may be shown in an iframe by the origins of its session, also after a reload, and by no other', async () => {
    const path = await createSession({ iframeOrigins: ['https://shop.example', 'https://pay.example:8443'] })
    assert.equal(policyOf(await get(path)).get('frame-ancestors'), 'https://shop.example https://pay.example:8443')
    const bearer = { authorization: `Bearer ${path.split('/').at(-1)}` }
    assert.equal((await app.call('POST', '/capture/api/start', {}, bearer)).status, 200)
    assert.match(policyOf(await get(path)).get('frame-ancestors') ?? '', /^https:\/\/shop\.example /)
    assert.equal(policyOf(await get(await createSession({ iframeOrigins: ['*'] }))).get('frame-ancestors'), '*')
    assert.equal(policyOf(await get(await createSession())).get('frame-ancestors'), "'none'")
  })

  test('is kept by the browser alone, which asks whether it is the newest', async () => {
    const first = await get(`/capture/${makeSecret()}`)
    assert.equal(first.headers['cache-control'], 'private, no-cache')
    const again = await get(`/capture/${makeSecret()}`, { 'if-none-match': `W/${first.headers.etag}` })
    assert.deepEqual([again.status, again.body.length], [304, 0])
    assert.equal(again.headers['content-security-policy'], first.headers['content-security-policy'])
    assert.equal((await get(`/capture/${makeSecret()}`, { 'if-none-match': '"other"' })).status, 200)
  })

  test('is answered to HEAD without a body', async () => {
    const { status, headers, body } = await get(`/capture/${makeSecret()}`, {}, 'HEAD')
    assert.deepEqual([status, headers['content-length'], body.length], [200, String(PAGE.length), 0])
  })

  test('that was not built is a problem that says the command, and everything else works', async () => {
    const bare = await openFakeApp({ capture: createCaptureDouble('', '') })
    after(() => bare.close())
    const answer = await bare.call('GET', `/capture/${makeSecret()}`)
    assert.match(assertProblem(answer, 503, 'capture_page_missing').detail, /npm run build/)
    assert.equal((await bare.call('GET', '/v1/galleries')).status, 200)
  })
})

describe('the files', () => {
  const PATH = '/capture/assets/main-1a2b.js'

  test('with a hash in their names are kept for good', async () => {
    const { status, headers, body } = await get(PATH)
    assert.equal(status, 200)
    assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
    assert.equal(headers['content-type'], 'text/javascript; charset=utf-8')
    assert.equal(headers['content-encoding'], undefined)
    assert.equal(body.toString(), SCRIPT)
    const font = await get('/capture/assets/fonts/mark-3c4d.woff2', { 'accept-encoding': 'br' })
    assert.deepEqual([font.status, font.headers['content-encoding'], font.body.length], [200, undefined, 100])
  })

  test('are encoded as the browser takes them', async () => {
    const cases: [string, string | undefined][] = [
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, gzip;q=0.5', 'gzip'],
      ['*', 'br'],
      ['identity', undefined],
      ['br;q=0.0, gzip;q=0', undefined],
    ]
    for (const [accepted, encoding] of cases) {
      const { headers, body } = await get(PATH, { 'accept-encoding': accepted })
      assert.equal(headers['content-encoding'], encoding, accepted)
      assert.equal(headers.vary, 'accept-encoding')
      const plain = encoding === 'br' ? brotliDecompressSync(body) : encoding === 'gzip' ? gunzipSync(body) : body
      assert.equal(plain.toString(), SCRIPT)
      if (encoding) assert.ok(body.length < SCRIPT.length / 10)
    }
  })

  test('are those of the build and no others', async () => {
    const paths = ['none.js', 'main-1a2b.js.map', '../secret.txt', '..%2fsecret.txt', '%2e%2e/index.html', 'fonts', '']
    for (const path of paths) {
      const answer = await app.call('GET', `/capture/assets/${path}`)
      if (answer.status !== 200) assertProblem(answer, 404, 'route_not_found')
      else assert.equal(answer.body, PAGE, 'the address of a page')
    }
  })

  test('of models come whole, for a week, and only those that the page needs', async () => {
    const weights = await get('/capture/models/blazeface.bin', { 'accept-encoding': 'br, gzip' })
    assert.deepEqual(
      [weights.status, weights.headers['content-type'], weights.headers['content-length'], weights.body.length],
      [200, 'application/octet-stream', '200000', 200_000],
    )
    assert.equal(weights.headers['cache-control'], 'public, max-age=604800')
    const tag = { 'if-none-match': weights.headers.etag ?? '' }
    assert.equal((await get('/capture/models/blazeface.bin', tag)).status, 304)
    const description = await get('/capture/models/blazeface.json', { 'accept-encoding': 'gzip' })
    assert.equal(JSON.parse(gunzipSync(description.body).toString()).weights.length, 3000)
    for (const name of ['emotion.json', 'iris.json', 'facemesh.json', '..%2fpage%2findex.html'])
      assertProblem(await app.call('GET', `/capture/models/${name}`), 404, 'route_not_found')
  })

  test('and their headers name no third party', async () => {
    const paths = [`/capture/${makeSecret()}`, PATH, '/capture/models/blazeface.json', '/capture/models/blazeface.bin']
    for (const path of paths) {
      const { headers } = await get(path)
      assert.doesNotMatch(JSON.stringify(headers), /https?:|\/\/[a-z]/i, path)
      assert.doesNotMatch(headers['content-security-policy'] ?? '', /\*|https?:|unsafe-inline|'unsafe-eval'/)
    }
  })
})
