// A client of the Alibaba Cloud face-group API for tests: signs in both ways, over a fake core whose pictures are the heads of
// JPEGs with the people in them written behind.
import assert from 'node:assert/strict'
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { request as requestHttp } from 'node:http'
import { createCredential, createSubUser, createTemporary } from '../../src/core/credentials.ts'
import type { OperatorContext } from '../../src/core/operator.ts'
import type { FaceEngine } from '../../src/core/ports.ts'
import type { FakeApp } from '../fake-app.ts'
import type { FakeFace, FakePorts } from '../fake-core.ts'

export interface Keys {
  readonly id: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string
}

export interface VendorAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers have as many forms as there are actions
  readonly body: any
}

export type Fields = Readonly<Record<string, string | number>>

export interface CallOptions {
  /** In the address in the place of the form. */
  readonly query?: Fields
  readonly method?: 'GET' | 'POST'
  readonly path?: string
  readonly version?: string
  readonly at?: Date
  readonly nonce?: string
  /** Changed after the signing. */
  readonly headers?: Readonly<Record<string, string>>
  /** The Host that is signed, where a proxy changed it. */
  readonly host?: string
}

interface SendOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, each => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)
const toText = (parameters: Fields): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${encode(name)}=${encode(String(value))}`)
    .sort()
    .join('&')
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const toTime = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`

export const createVendorClient = (url: string, keys: Keys, now: () => Date = () => new Date()) => {
  /** Not by fetch, which lets nobody choose the Host. */
  const send = (path: string, { method = 'GET', headers = {}, body = '' }: SendOptions): Promise<VendorAnswer> =>
    new Promise((resolve, reject) => {
      const length = method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const request = requestHttp(url + path, { method, headers: { ...length, ...headers } }, response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const received = new Headers(response.headers as Record<string, string>)
          const isJson = /json/.test(received.get('content-type') ?? '')
          resolve({ status: response.statusCode ?? 0, headers: received, text, body: isJson ? JSON.parse(text) : null })
        })
      })
      request.on('error', reject)
      request.end(body)
    })

  /** As current clients do. */
  const call = (action: string, form: Fields = {}, options: CallOptions = {}): Promise<VendorAnswer> => {
    const {
      query = {},
      method = 'POST',
      path = '/',
      version = '2022-08-09',
      at = now(),
      nonce = randomUUID(),
    } = options
    const body = toText(form)
    const signed: Record<string, string> = {
      host: options.host ?? new URL(url).host,
      'x-acs-action': action,
      'x-acs-content-sha256': sha256(body),
      'x-acs-date': toTime(at),
      'x-acs-signature-nonce': nonce,
      'x-acs-version': version,
      ...(body !== '' && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(keys.securityToken !== undefined && { 'x-acs-security-token': keys.securityToken }),
    }
    const names = Object.keys(signed).sort()
    const canonical = [
      method,
      path,
      toText(query),
      ...names.map(name => `${name}:${signed[name]}`),
      '',
      names.join(';'),
      sha256(body),
    ].join('\n')
    const signature = createHmac('sha256', keys.accessKeySecret)
      .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
      .digest('hex')
    const authorization = `ACS3-HMAC-SHA256 Credential=${keys.accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`
    const search = Object.keys(query).length > 0 ? `?${toText(query)}` : ''
    return send(path + search, {
      method,
      headers: { accept: 'application/json', ...signed, authorization, ...options.headers },
      body,
    })
  }

  /** As older clients do, everything in the address (GET) or in the form. */
  const callRpc = (
    action: string,
    parameters: Fields = {},
    {
      method = 'POST',
      at = now(),
      nonce = randomUUID(),
      headers = {},
      extra = {},
    }: CallOptions & { extra?: Fields } = {},
  ): Promise<VendorAnswer> => {
    const all: Fields = {
      Action: action,
      Version: '2022-08-09',
      AccessKeyId: keys.accessKeyId,
      SignatureMethod: 'HMAC-SHA1',
      SignatureVersion: '1.0',
      SignatureNonce: nonce,
      Timestamp: toTime(at),
      ...(keys.securityToken !== undefined && { SecurityToken: keys.securityToken }),
      ...parameters,
    }
    const signature = createHmac('sha1', `${keys.accessKeySecret}&`)
      .update(`${method}&%2F&${encode(toText(all))}`)
      .digest('base64')
    const text = toText({ ...all, Signature: signature, ...extra })
    return method === 'GET'
      ? send(`/?${text}`, { headers })
      : send('/', { method, body: text, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } })
  }
  return { call, callRpc, send }
}

export type VendorClient = ReturnType<typeof createVendorClient>

const operatorOf = ({ core }: FakeApp, regionIds: readonly string[]): OperatorContext => {
  const { control, clock, ids, limits, vault } = core.context
  return { control, clock, ids, limits, regionIds, vault: async () => vault }
}

const toKeys = ({ credential, pair }: Awaited<ReturnType<typeof createCredential>>): Keys => ({
  id: credential.id,
  accessKeyId: pair.publicId,
  accessKeySecret: pair.secret,
  securityToken: pair.securityToken,
})

export const makeKeys = async (
  app: FakeApp,
  change: Partial<Parameters<typeof createCredential>[1]> = {},
  regionIds: readonly string[] = ['default'],
): Promise<Keys> =>
  toKeys(
    await createCredential(operatorOf(app, regionIds), {
      protocol: 'alibaba',
      tenantId: 'default',
      regionId: 'default',
      ...change,
    }),
  )
export const makeSubUser = async (app: FakeApp, parentId: string, deniedActions: readonly string[]): Promise<Keys> =>
  toKeys(await createSubUser(operatorOf(app, ['default']), { parentId, deniedActions }))
export const makeTemporaryKeys = async (app: FakeApp, parentId: string, seconds = 900): Promise<Keys> =>
  toKeys(await createTemporary(operatorOf(app, ['default']), { parentId, seconds }))
export { operatorOf }

/** Over a running server. */
export const makeKeysWith = async (
  operator: OperatorContext,
  change: Partial<Parameters<typeof createCredential>[1]> = {},
): Promise<Keys> =>
  toKeys(await createCredential(operator, { protocol: 'alibaba', tenantId: 'default', regionId: 'default', ...change }))

/** The beginning of a JPEG of this size, as far as it says how large it is. */
const jpegHead = (width: number, height: number): Buffer => {
  const head = Buffer.from('ffd8ffc0000b080000000001011100', 'hex')
  head.writeUInt16BE(height, 7)
  head.writeUInt16BE(width, 9)
  return head
}
const HEAD_BYTES = jpegHead(1, 1).length

export const picture = (
  person: string,
  { width = 480, height = 640, ...rest }: { width?: number; height?: number } & Partial<FakeFace> = {},
): Buffer =>
  Buffer.concat([
    jpegHead(width, height),
    Buffer.from(JSON.stringify(person === '' ? [] : [{ person, ...rest, width: 100 }])),
  ])
export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** The fake engine behind the JPEG's head; `judge` gives its faces qualities. */
export const readingHeads =
  (change: Partial<FaceEngine> = {}, see: (person: string) => object = () => ({})) =>
  (ports: FakePorts): FakePorts => ({
    ...ports,
    engine: {
      ...ports.engine,
      ...change,
      async analyse(image, options) {
        const analysis = await ports.engine.analyse(image.slice(HEAD_BYTES), options)
        const people: FakeFace[] = JSON.parse(Buffer.from(image.subarray(HEAD_BYTES)).toString())
        return {
          ...analysis,
          faces: analysis.faces.map((face, at) => ({ ...face, ...see(people[at].person) })),
        }
      },
    },
  })

export const assertSuccess = (answer: VendorAnswer): void => {
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.body.Code, 'Success', answer.text)
  assert.equal(answer.body.Message, 'The request was successful.')
  assert.match(answer.body.RequestId, /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/)
  assert.equal(answer.headers.get('content-type'), 'application/json;charset=utf-8')
}

export const assertRefused = (answer: VendorAnswer, status: number, code: string, message = /./): void => {
  assert.equal(`${answer.status} ${answer.body?.Code}`, `${status} ${code}`, answer.text)
  assert.match(answer.body.Message, message)
  assert.deepEqual(Object.keys(answer.body).slice(0, 5), ['RequestId', 'HostId', 'Code', 'Message', 'Recommend'])
  assert.equal(answer.headers.get('content-type'), 'application/json;charset=utf-8')
  assert.doesNotMatch(answer.text, /node_modules|\/src\/|\bat \w+ \(/, 'nothing of the inside shows')
}
