// Both signatures of the gateway, over what came in: ACS3-HMAC-SHA256 of current clients, and HMAC-SHA1 over all parameters
// of older ones. Pure; knows no credential and no clock.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Pairs } from './parameters.ts'

/** A request as it came in. */
export interface SignedRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: Pairs
  readonly form: Pairs
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The bytes, exactly as received. */
  readonly body: Uint8Array
}

/** What the caller says of itself; nothing of it is proven. */
export interface Claim {
  readonly scheme: 'acs3' | 'rpc'
  readonly accessKeyId: string
  readonly securityToken: string | undefined
  readonly nonce: string | undefined
  /** As it was sent. */
  readonly timestamp: string | undefined
  readonly signature: string
  /** Of ACS3: in the order of the header. */
  readonly signedHeaders: readonly string[]
}

export interface SignatureCheck {
  readonly isValid: boolean
  /** What was signed here, which a refusal tells, so that the caller finds the difference. */
  readonly stringToSign: string
  /** Of ACS3. */
  readonly canonicalRequest: string | null
}

export const ACS3 = 'ACS3-HMAC-SHA256'
const AUTHORIZATION = /^(ACS3-[A-Z0-9-]+) +Credential=([^,\s]+), ?SignedHeaders=([a-z0-9;_-]+), ?Signature=([0-9a-f]+)$/

/** RFC 3986: everything but letters, digits and "-_.~" becomes UTF-8 in percent signs. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, each => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)

/** Names and values, encoded, sorted by the bytes of the name. */
const canonicalise = (pairs: Pairs): string =>
  pairs
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(pair => pair.join('='))
    .join('&')

export type ClaimProblem = 'missing' | 'method' | 'malformed'

/** Which signature a request carries; what is wrong with it where it carries none that is known. */
export const readClaim = ({ headers, query, form }: SignedRequest): Claim | ClaimProblem => {
  const { authorization } = headers
  if (authorization !== undefined) return readAcs3(authorization, headers)
  const parameters = new Map([...query, ...form])
  const [accessKeyId, signature] = [parameters.get('AccessKeyId'), parameters.get('Signature')]
  if (!accessKeyId || !signature) return 'missing'
  if (parameters.get('SignatureMethod') !== 'HMAC-SHA1' || parameters.get('SignatureVersion') !== '1.0') return 'method'
  return {
    scheme: 'rpc',
    accessKeyId,
    securityToken: parameters.get('SecurityToken'),
    nonce: parameters.get('SignatureNonce'),
    timestamp: parameters.get('Timestamp'),
    signature,
    signedHeaders: [],
  }
}

const readAcs3 = (authorization: string, headers: SignedRequest['headers']): Claim | ClaimProblem => {
  const [, algorithm, accessKeyId, names, signature] = AUTHORIZATION.exec(authorization) ?? []
  if (algorithm === undefined) return /^ACS3-HMAC-SHA256 /.test(authorization) ? 'malformed' : 'method'
  if (algorithm !== ACS3) return 'method'
  return {
    scheme: 'acs3',
    accessKeyId,
    securityToken: headers['x-acs-security-token'],
    nonce: headers['x-acs-signature-nonce'],
    timestamp: headers['x-acs-date'],
    signature,
    signedHeaders: names.split(';'),
  }
}

/** What every ACS3 signature must cover, else a part of the call could be exchanged. */
const ALWAYS_SIGNED = [
  'host',
  'x-acs-action',
  'x-acs-version',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-content-sha256',
]
/** Signed wherever it is sent. */
const SIGNED_IF_SENT = ['x-acs-security-token', 'content-type']

export const checkSignature = (request: SignedRequest, claim: Claim, secret: string): SignatureCheck =>
  claim.scheme === 'acs3' ? checkAcs3(request, claim, secret) : checkRpc(request, claim, secret)

const checkAcs3 = (request: SignedRequest, { signedHeaders, signature }: Claim, secret: string): SignatureCheck => {
  const { method, path, query, headers, body } = request
  const bodyHash = createHash('sha256').update(body).digest('hex')
  const canonicalHeaders = signedHeaders.map(name => `${name}:${(headers[name] ?? '').trim()}\n`).join('')
  const canonicalRequest = [
    method,
    path,
    canonicalise(query),
    canonicalHeaders,
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n')
  const stringToSign = `${ACS3}\n${createHash('sha256').update(canonicalRequest, 'utf8').digest('hex')}`
  const expected = createHmac('sha256', secret).update(stringToSign, 'utf8').digest('hex')
  const isCovered =
    ALWAYS_SIGNED.every(name => signedHeaders.includes(name)) &&
    SIGNED_IF_SENT.every(name => headers[name] === undefined || signedHeaders.includes(name)) &&
    signedHeaders.every(name => headers[name] !== undefined)
  const isValid = isSame(expected, signature) && isSame(bodyHash, headers['x-acs-content-sha256'] ?? '') && isCovered
  return { isValid, stringToSign, canonicalRequest }
}

const checkRpc = ({ method, query, form }: SignedRequest, { signature }: Claim, secret: string): SignatureCheck => {
  const pairs = [...query, ...form].filter(([name]) => name !== 'Signature')
  const text = Buffer.concat([Buffer.from(`${method}&%2F&`), ...canonicaliseTwice(pairs)])
  const expected = createHmac('sha1', `${secret}&`).update(text).digest('base64')
  return {
    isValid: isSame(expected, signature),
    canonicalRequest: null,
    // As long as the picture, and needed only where it is shown.
    get stringToSign() {
      return text.toString('latin1')
    },
  }
}

/** The canonical pairs, encoded once more: a picture is too long to be made into text after text. */
const canonicaliseTwice = (pairs: Pairs): readonly Uint8Array[] =>
  pairs
    .map(([name, value]) => [encode(name), encodeTwice(name), encodeTwice(value)] as const)
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .flatMap(([, name, value], at) => [...(at > 0 ? [AMPERSAND] : []), name, EQUALS, value])

const AMPERSAND = Buffer.from('%26')
const EQUALS = Buffer.from('%3D')
const HEX = Buffer.from('0123456789ABCDEF')
const PERCENT = Buffer.from('%25')
const IS_UNRESERVED = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9_.~-]/.test(String.fromCharCode(byte)) ? 1 : 0,
)

/** The same as `encode(encode(text))`, as bytes. */
export const encodeTwice = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'utf8')
  let reserved = 0
  for (let at = 0; at < bytes.length; at++) reserved += 1 - IS_UNRESERVED[bytes[at]]
  const encoded = Buffer.allocUnsafe(bytes.length + 4 * reserved)
  let end = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (IS_UNRESERVED[byte] === 1) {
      encoded[end++] = byte
      continue
    }
    encoded[end++] = PERCENT[0]
    encoded[end++] = PERCENT[1]
    encoded[end++] = PERCENT[2]
    encoded[end++] = HEX[byte >> 4]
    encoded[end++] = HEX[byte & 15]
  }
  return encoded
}

/** In constant time; a length is no secret. */
export const isSame = (expected: string, shown: string): boolean => {
  const [one, other] = [Buffer.from(expected, 'utf8'), Buffer.from(shown, 'utf8')]
  return one.length === other.length && timingSafeEqual(one, other)
}
