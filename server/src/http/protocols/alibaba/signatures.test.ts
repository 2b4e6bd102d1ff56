// Both signatures against the captured requests, every change to them, and vectors of the older one.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { type Pairs, parseForm, parsePairs } from './parameters.ts'
import { ACS3, type Claim, checkSignature, encode, encodeTwice, readClaim, type SignedRequest } from './signatures.ts'

interface Capture {
  readonly name: string
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  /** Null where the body was cut. */
  readonly body: string | null
  readonly bodyBytes: number
  readonly canonicalRequest: string
  readonly stringToSign: string
}

const SECRET = 'FakeSecretForSpikeOnly00000001'
const captures: Capture[] = JSON.parse(
  readFileSync(new URL('__fixtures__/captured-requests.json', import.meta.url), 'utf8'),
)
const complete = captures.filter(({ body }) => body !== null)

const toRequest = ({ method, url, headers, body }: Capture): SignedRequest => {
  const [path, query = ''] = url.split('?')
  const bytes = Buffer.from(body ?? '', 'utf8')
  return { method, path, query: parsePairs(query), form: parseForm(bytes), headers, body: bytes }
}

const claimOf = (request: SignedRequest): Claim => {
  const claim = readClaim(request)
  assert.ok(typeof claim === 'object', String(claim))
  return claim
}
const isValid = (request: SignedRequest, secret = SECRET): boolean =>
  checkSignature(request, claimOf(request), secret).isValid

describe('captured requests', () => {
  test('are all there: 22 whole, three cut', () => {
    assert.deepEqual([complete.length, captures.length - complete.length], [22, 3])
  })

  for (const capture of complete)
    test(`${capture.name} verifies`, () => {
      const request = toRequest(capture)
      const check = checkSignature(request, claimOf(request), SECRET)
      assert.equal(check.canonicalRequest, capture.canonicalRequest)
      assert.equal(check.stringToSign, capture.stringToSign)
      assert.equal(check.isValid, true)
    })

  for (const capture of captures.filter(({ body }) => body === null))
    test(`${capture.name}, whose body is cut, verifies as far as its head goes`, () => {
      const { stringToSign, headers, canonicalRequest } = capture
      const signature = createHmac('sha256', SECRET).update(stringToSign).digest('hex')
      assert.equal(claimOf(toRequest(capture)).signature, signature)
      const check = checkSignature(toRequest(capture), claimOf(toRequest(capture)), SECRET)
      // All but the last line, the hash of the body.
      assert.deepEqual(check.canonicalRequest?.split('\n').slice(0, -1), canonicalRequest.split('\n').slice(0, -1))
      assert.equal(canonicalRequest.split('\n').at(-1), headers['x-acs-content-sha256'])
      assert.equal(check.isValid, false)
    })
})

/** Every way to change a signed part of a request. */
const changesOf = (request: SignedRequest): [string, SignedRequest][] => {
  const { signedHeaders, signature } = claimOf(request)
  const withHeader = (name: string, value: string | undefined): SignedRequest => ({
    ...request,
    headers: { ...request.headers, [name]: value },
  })
  const { authorization = '' } = request.headers
  const flipped = (signature.startsWith('0') ? '1' : '0') + signature.slice(1)
  return [
    ...signedHeaders.map((name): [string, SignedRequest] => [
      `${name} changed`,
      withHeader(name, `${request.headers[name]}1`),
    ]),
    ...signedHeaders.map((name): [string, SignedRequest] => [`${name} gone`, withHeader(name, undefined)]),
    ['method', { ...request, method: request.method === 'GET' ? 'POST' : 'GET' }],
    ['path', { ...request, path: '/x' }],
    ['a parameter more', { ...request, query: [...request.query, ['Extra', '1']] }],
    ['a parameter less', { ...request, query: request.query.length > 0 ? request.query.slice(1) : [['A', '']] }],
    [
      'a parameter with another value',
      {
        ...request,
        query: request.query.length > 0 ? [[request.query[0][0], 'x'], ...request.query.slice(1)] : [['B', 'x']],
      },
    ],
    ['a byte of the body more', { ...request, body: Buffer.concat([request.body, Buffer.from('&')]) }],
    ['a bit of the signature', withHeader('authorization', authorization.replace(signature, flipped))],
    ['a shorter signature', withHeader('authorization', authorization.slice(0, -2))],
    ['a token that was not signed', withHeader('x-acs-security-token', 'token')],
  ]
}

describe('a changed request fails', () => {
  for (const capture of complete)
    test(capture.name, () => {
      const request = toRequest(capture)
      for (const [what, changed] of changesOf(request)) assert.equal(isValid(changed), false, what)
      for (let at = 0; at < request.body.length; at++) {
        const body = Buffer.from(request.body)
        body[at] ^= 1
        assert.equal(isValid({ ...request, body }), false, `byte ${at} of the body`)
      }
      assert.equal(isValid(request, `${SECRET}1`), false, 'another secret')
    })

  test('when a part that must be signed is not', () => {
    const request = toRequest(complete[0])
    const sign = (names: readonly string[]): SignedRequest => {
      const unsigned = { ...claimOf(request), signedHeaders: names, signature: '' }
      const { stringToSign } = checkSignature(request, unsigned, SECRET)
      const signature = createHmac('sha256', SECRET).update(stringToSign).digest('hex')
      const authorization = `${ACS3} Credential=a,SignedHeaders=${names.join(';')},Signature=${signature}`
      return { ...request, headers: { ...request.headers, authorization } }
    }
    const { signedHeaders } = claimOf(request)
    assert.equal(isValid(sign(signedHeaders)), true)
    for (const name of signedHeaders.filter(each => each !== 'x-acs-credentials-provider'))
      assert.equal(isValid(sign(signedHeaders.filter(each => each !== name))), false, name)
    assert.equal(isValid(sign([...signedHeaders, 'x-acs-absent'])), false)
  })
})

describe('the older signature', () => {
  const sign = (method: string, query: Pairs, form: Pairs, secret = SECRET): SignedRequest => {
    const pairs = [...query, ...form].sort(([one], [other]) => (one < other ? -1 : 1))
    const canonical = pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
    const signature = createHmac('sha1', `${secret}&`)
      .update(`${method}&%2F&${encode(canonical)}`)
      .digest('base64')
    const signed: Pairs = [...query, ['Signature', signature]]
    return { method, path: '/', query: signed, form, headers: {}, body: new Uint8Array() }
  }
  const COMMON: Pairs = [
    ['AccessKeyId', 'testid'],
    ['SignatureMethod', 'HMAC-SHA1'],
    ['SignatureVersion', '1.0'],
    ['SignatureNonce', '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf'],
    ['Timestamp', '2016-02-23T12:46:24Z'],
  ]

  test("is the one of the vendor's published example", () => {
    const query: Pairs = [...COMMON, ['Action', 'DescribeRegions'], ['Format', 'XML'], ['Version', '2014-05-26']]
    const request = {
      ...sign('GET', query, []),
      query: [...query, ['Signature', 'OLeaidS1JvxuMvnyHOwuJ+uX5qY=']] as Pairs,
    }
    assert.equal(isValid(request, 'testsecret'), true)
  })

  test('encodes twice as once and once more', () => {
    for (const text of ['', "a b*~!()'-_.", 'é/+&=%25', '\u0000\u007f€😀', 'QUJD+/=='])
      assert.equal(encodeTwice(text).toString('latin1'), encode(encode(text)))
  })

  test('covers address and form in any order, and every part of it', () => {
    const form: Pairs = [
      ['MerchantUserId', "a b*~!()'é/+&="],
      ['Action', 'AddFaceRecord'],
    ]
    const request = sign('POST', COMMON, form)
    assert.equal(isValid(request), true)
    assert.equal(isValid({ ...request, query: request.form, form: request.query }), true)
    assert.equal(isValid({ ...request, method: 'GET' }), false)
    assert.equal(isValid(request, 'other'), false)
    for (const place of ['query', 'form'] as const)
      for (const at of request[place].keys()) {
        const pairs = [...request[place]]
        const [name, value] = pairs[at]
        if (['SignatureMethod', 'SignatureVersion'].includes(name)) continue
        pairs[at] = [name, `${value}x`]
        assert.equal(isValid({ ...request, [place]: pairs }), false, name)
      }
    assert.equal(isValid({ ...request, form: [...form, ['More', '']] }), false)
  })
})

describe('what a request claims', () => {
  const bare = (headers: Record<string, string>, query: Pairs = []): SignedRequest => ({
    method: 'GET',
    path: '/',
    query,
    form: [],
    headers,
    body: new Uint8Array(),
  })
  test('is nothing where nothing is signed', () => {
    assert.equal(readClaim(bare({})), 'missing')
    assert.equal(readClaim(bare({}, [['AccessKeyId', 'a']])), 'missing')
  })
  test('is no method of ours', () => {
    for (const authorization of [
      'Bearer x',
      'ACS3-HMAC-SM3 Credential=a,SignedHeaders=host,Signature=00',
      'ACS3-RSA-SHA256 x',
    ])
      assert.equal(readClaim(bare({ authorization })), 'method')
    const rpc = (method: string, version: string): Pairs => [
      ['AccessKeyId', 'a'],
      ['Signature', 's'],
      ['SignatureMethod', method],
      ['SignatureVersion', version],
    ]
    assert.equal(readClaim(bare({}, rpc('HMAC-SHA256', '1.0'))), 'method')
    assert.equal(readClaim(bare({}, rpc('HMAC-SHA1', '2.0'))), 'method')
  })
  test('is malformed where its parts are', () => {
    for (const rest of [
      '',
      'Credential=a',
      'Credential=a,SignedHeaders=Host,Signature=00',
      'Credential=a,SignedHeaders=host,Signature=XY',
    ])
      assert.equal(readClaim(bare({ authorization: `${ACS3} ${rest}` })), 'malformed', rest)
  })
})
