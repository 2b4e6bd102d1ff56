// One call of AddFaceRecord as bytes, signed in either way, and the gateway's work on it without a server around it.
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { decodeBase64 } from '../server/src/http/images.ts'
import { readStatement } from '../server/src/http/protocols/alibaba/call.ts'
import { checkSignature, encode, readClaim } from '../server/src/http/protocols/alibaba/signatures.ts'
import * as wire from '../server/src/http/protocols/alibaba/wire.ts'

export type Scheme = 'ACS3-HMAC-SHA256' | 'HMAC-SHA1'

export type RawCall = Pick<FastifyRequest, 'method' | 'headers' | 'host' | 'body' | 'raw'>

const SECRET = 'secret'
const HOST = '127.0.0.1:8470'
const hashOf = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
const write = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&')

export const signRawCall = (scheme: Scheme, pictureBytes: number): RawCall => {
  const fields = {
    ProductCode: 'FACE_ENROLL',
    FaceGroupCode: 'sg0a1b2c3d4e',
    MerchantUserId: 'user',
    FacePicture: randomBytes(pictureBytes).toString('base64'),
  }
  return scheme === 'HMAC-SHA1' ? signRpc(fields) : signAcs3(fields)
}

const toCall = (body: string, headers: Readonly<Record<string, string>>): RawCall => ({
  method: 'POST',
  host: HOST,
  headers: { ...headers, host: HOST, 'content-type': 'application/x-www-form-urlencoded' },
  body: Buffer.from(body),
  raw: { url: '/' } as FastifyRequest['raw'],
})

const signAcs3 = (fields: Readonly<Record<string, string>>): RawCall => {
  const body = write(fields)
  const signed: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    host: HOST,
    'x-acs-action': 'AddFaceRecord',
    'x-acs-content-sha256': hashOf(body),
    'x-acs-date': '2026-11-20T10:15:19Z',
    'x-acs-signature-nonce': 'nonce',
    'x-acs-version': '2022-08-09',
  }
  return toCall(body, { ...signed, authorization: authorise('key', SECRET, signed, hashOf(body)) })
}

/** The beginning of a JPEG of 480 by 640 pixels, as far as it says how large it is. */
export const JPEG_HEAD = Buffer.from('ffd8ffc0000b08028001e001011100', 'hex')

/** Whole requests to a server, each with a nonce of its own; the body is hashed once. */
export const signForServer = (
  address: string,
  { publicId, secret }: { readonly publicId: string; readonly secret: string },
  action: string,
  fields: Readonly<Record<string, string>>,
): (() => Buffer) => {
  const body = Buffer.from(write(fields))
  const bodyHash = hashOf(body)
  const { host } = new URL(address)
  return () => {
    const signed: Record<string, string> = {
      'content-type': 'application/x-www-form-urlencoded',
      host,
      'x-acs-action': action,
      'x-acs-content-sha256': bodyHash,
      'x-acs-date': `${new Date().toISOString().slice(0, 19)}Z`,
      'x-acs-signature-nonce': randomBytes(16).toString('hex'),
      'x-acs-version': '2022-08-09',
    }
    const headers = { ...signed, authorization: authorise(publicId, secret, signed, bodyHash) }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const head = `POST / HTTP/1.1\r\n${lines.join('')}content-length: ${body.length}\r\n\r\n`
    return Buffer.concat([Buffer.from(head), body])
  }
}

const authorise = (
  keyId: string,
  secret: string,
  signed: Readonly<Record<string, string>>,
  bodyHash: string,
): string => {
  const names = Object.keys(signed).sort()
  const lines = names.map(name => `${name}:${signed[name]}`)
  const canonical = ['POST', '/', '', ...lines, '', names.join(';'), bodyHash].join('\n')
  const signature = createHmac('sha256', secret)
    .update(`ACS3-HMAC-SHA256\n${hashOf(canonical)}`)
    .digest('hex')
  return `ACS3-HMAC-SHA256 Credential=${keyId},SignedHeaders=${names.join(';')},Signature=${signature}`
}

const signRpc = (fields: Readonly<Record<string, string>>): RawCall => {
  const all = {
    ...fields,
    Action: 'AddFaceRecord',
    Version: '2022-08-09',
    AccessKeyId: 'key',
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: 'nonce',
    Timestamp: '2026-11-20T10:15:19Z',
  }
  const text = `POST&%2F&${encode(write(all))}`
  const Signature = createHmac('sha1', `${SECRET}&`).update(text).digest('base64')
  return toCall(write({ ...all, Signature }), {})
}

/** From the bytes of a call to its picture. */
export const readCall = (call: RawCall): Uint8Array => {
  const statement = readStatement(call as FastifyRequest)
  const claim = statement && readClaim(statement.signed)
  if (!claim || typeof claim === 'string') throw new Error('The call claims nothing.')
  if (!checkSignature(statement.signed, claim, SECRET).isValid) throw new Error('The signature is wrong.')
  const { FacePicture = '' } = wire.readParameters(wire.AddFaceRecord, statement.parameters)
  return decodeBase64(FacePicture, 'FacePicture')
}
