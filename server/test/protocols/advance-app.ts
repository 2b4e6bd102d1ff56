// What the tests of the ADVANCE.AI protocol share: pairs, tokens, calls with their envelopes, pictures within its bounds.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { type CredentialInput, createCredential } from '../../src/core/credentials.ts'
import { DEFAULT_REGION, DEFAULT_TENANT } from '../../src/main.ts'
import { openOperator } from '../operator.ts'
import type { TestServer } from '../support.ts'

export const TOKEN = '/advance/openapi/auth/ticket/v1/generate-token'
export const FACE_AUTHENTICATION = '/advance/intl/openapi/identity-risk/idvs-h5/ekyc/v1/face-authentication'
export const FACE_SEARCH = '/advance/intl/openapi/face-search'

export interface Envelope<T = unknown> {
  readonly code: string
  readonly message: string
  readonly data: T
  readonly extra: null
  readonly transactionId: string
  readonly pricingStrategy: string
}

export interface Received<T = unknown> {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Envelope<T>
}

export interface Sent {
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array
  /** Header Host in the place of the address. */
  readonly host?: string
}

/** Over a connection of its own, as fetch lets nobody name the host. */
export const send = <T>(url: string, method: string, path: string, { headers, body, host }: Sent = {}) =>
  new Promise<Received<T>>((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const sent = httpRequest({
      hostname,
      port,
      method,
      path,
      agent: false,
      headers: {
        ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
        ...(host !== undefined && { host }),
        ...headers,
      },
    })
    sent.on('error', reject)
    sent.on('response', async response => {
      const text = Buffer.concat(await response.toArray()).toString()
      const parsed = text.startsWith('{') ? JSON.parse(text) : (text as never)
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed })
    })
    sent.end(body)
  })

/** Status, media type and the whole form of an envelope. */
export const assertEnvelope = ({ status, headers, body }: Received): void => {
  assert.equal(status, 200, JSON.stringify(body))
  assert.match(String(headers['content-type']), /^application\/json/)
  assert.deepEqual(Object.keys(body), ['code', 'message', 'data', 'extra', 'transactionId', 'pricingStrategy'])
  assert.equal(body.extra, null)
  assert.match(body.transactionId, /^[0-9a-f]{16}$/)
  assert.equal(headers['x-transaction-id'] ?? body.transactionId, body.transactionId)
  assert.match(body.pricingStrategy, /^(FREE|PAY)$/)
}

/** The vendor's error: code and message, nothing in data, not charged. */
export const assertRefused = (received: Received, code: string, message: string): void => {
  assertEnvelope(received)
  const { body } = received
  assert.equal(`${body.code}: ${body.message}`, `${code}: ${message}`)
  assert.equal(body.data, null)
  assert.equal(body.pricingStrategy, 'FREE')
}

export const assertDone = <T>(received: Received<T>): T => {
  assertEnvelope(received)
  assert.equal(`${received.body.code}: ${received.body.message}`, 'SUCCESS: OK')
  return received.body.data
}

export interface Pair {
  readonly id: string
  readonly accessKey: string
  readonly secretKey: string
}

export const createPair = async (server: TestServer, input: Partial<CredentialInput> = {}): Promise<Pair> => {
  const operator = await openOperator(server)
  try {
    const { credential, pair } = await createCredential(operator, {
      protocol: 'advance',
      tenantId: DEFAULT_TENANT,
      regionId: DEFAULT_REGION,
      ...input,
    })
    return { id: credential.id, accessKey: pair.publicId, secretKey: pair.secret }
  } finally {
    await operator.close()
  }
}

export const signatureOf = ({ accessKey, secretKey }: Omit<Pair, 'id'>, timestamp: number | string): string =>
  createHash('sha256').update(`${accessKey}${secretKey}${timestamp}`).digest('hex')

const JSON_TYPE = { 'content-type': 'application/json' }

export interface TokenData {
  readonly token: string
  readonly expiredTime: number
}

/** A signed request for a token; `change` goes before what is signed. */
export const askToken = (
  { url }: { readonly url: string },
  pair: Omit<Pair, 'id'>,
  change: object = {},
  sent: Sent & { readonly path?: string } = {},
): Promise<Received<TokenData>> => {
  const timestamp = (change as { timestamp?: number }).timestamp ?? Date.now()
  const body = { accessKey: pair.accessKey, timestamp, signature: signatureOf(pair, timestamp), ...change }
  return send(url, 'POST', sent.path ?? TOKEN, { headers: JSON_TYPE, body: JSON.stringify(body), ...sent })
}

export interface Advance {
  readonly token: string
  /** A JSON call of Face Authentication: enroll, get-enroll, delete-enroll. */
  authentication<T>(call: string, body: unknown): Promise<Received<T>>
  /** A call of Face Search, with a form or without a body. */
  search<T>(method: string, path: string, form?: FormData | object): Promise<Received<T>>
}

export const openAdvance = async (server: { readonly url: string }, pair: Pair, sent: Sent = {}): Promise<Advance> => {
  const { token } = assertDone(await askToken(server, pair, {}, sent))
  return createAdvance(server, token, sent)
}

export const createAdvance = (server: { readonly url: string }, token: string, sent: Sent = {}): Advance => {
  const headers = { 'x-access-token': token, ...sent.headers }
  return {
    token,
    authentication: (call, body) =>
      send(server.url, 'POST', `${FACE_AUTHENTICATION}/${call}`, {
        ...sent,
        headers: { ...JSON_TYPE, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async search(method, path, form) {
      if (form === undefined) return send(server.url, method, FACE_SEARCH + path, { ...sent, headers })
      const { type, body } = await encode(form)
      return send(server.url, method, FACE_SEARCH + path, {
        ...sent,
        headers: { 'content-type': type, ...headers },
        body,
      })
    },
  }
}

/** A form as fetch sends it, or JSON. */
export const encode = async (form: FormData | object): Promise<{ type: string; body: Uint8Array | string }> => {
  if (!(form instanceof FormData)) return { type: 'application/json', body: JSON.stringify(form) }
  const response = new Response(form)
  return { type: response.headers.get('content-type') ?? '', body: new Uint8Array(await response.arrayBuffer()) }
}

export const formOf = (fields: Readonly<Record<string, string | Uint8Array>>, type = 'image/jpeg'): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields))
    if (typeof value === 'string') form.set(name, value)
    else form.set(name, new File([Buffer.from(value)], 'picture.jpg', { type }))
  return form
}
