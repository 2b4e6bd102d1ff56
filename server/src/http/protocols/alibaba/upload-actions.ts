// File upload: the action that announces a file, and the form that sends it.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../../errors.ts'
import type { Run } from './actions.ts'
import { element } from './error-bodies.ts'
import { GatewayError } from './errors.ts'
import { boundaryOf, parseFileForm } from './form-file.ts'
import { type SplitHost, splitHost, UPLOAD_CODES, UploadError, type Uploads } from './uploads.ts'
import * as wire from './wire.ts'

const PRODUCT = 'cloudauth-intl'

export const authorizeFileUpload: Run = async ({ uploads }, { principal, parameters, request }) => {
  const { Product } = wire.readParameters(wire.AuthorizeFileUpload, parameters)
  if (Product.toLowerCase() !== PRODUCT) throw new GatewayError('InvalidProduct.NotFound')
  const ticket = uploads.announce(principal, hostFor(request))
  if (!ticket) throw new AppError('busy', 'Too many files are announced and not used yet.')
  return {
    AccessKeyId: ticket.accessKeyId,
    Bucket: ticket.bucket,
    Endpoint: ticket.endpoint,
    EncodedPolicy: ticket.encodedPolicy,
    Signature: ticket.signature,
    ObjectKey: ticket.objectKey,
    UseAccelerate: false,
  }
}

/** Clients put the host together from two halves with a dot in between; a name without one gives way to the address. */
const hostFor = ({ host, socket }: FastifyRequest): SplitHost => {
  const port = /:\d+$/.exec(host)?.[0] ?? ''
  const address = (socket.localAddress ?? '').replace(/^::ffff:/, '')
  const split = splitHost(host) ?? splitHost((address === '::1' ? '127.0.0.1' : address) + port)
  if (split) return split
  throw new GatewayError('InvalidParameter', 'Files cannot be sent to a host whose name has no dot; use its address.')
}

export const isUpload = ({ method, headers }: FastifyRequest): boolean =>
  method === 'POST' && /^multipart\/form-data\b/i.test(headers['content-type'] ?? '')

const XML = 'application/xml'
const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>'

/** Answers in the words of the vendor's object store. @throws UploadError */
export const postObject = (uploads: Uploads, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const boundary = boundaryOf(request.headers['content-type'] ?? '')
  const form = boundary === null || !Buffer.isBuffer(request.body) ? null : parseFileForm(request.body, boundary)
  if (!form) throw new UploadError('MalformedPOSTRequest', 'The body is not a complete multipart form.')
  const { key, bucket, etag } = uploads.receive(form)
  const status = Number(form.fields.get('success_action_status'))
  reply.header('etag', `"${etag}"`)
  if (status !== 201) return reply.code(status === 200 ? 200 : 204).send()
  const location = `${request.protocol}://${request.host}/${key}`
  const body = `${PROLOGUE}<PostResponse>${element('Bucket', bucket)}${element('Location', location)}${element('Key', key)}${element('ETag', `"${etag}"`)}</PostResponse>`
  return reply.code(201).type(XML).send(body)
}

/** Any failure of an upload in the words of the object store. */
export const sendUploadError = (error: UploadError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const { code, message } = error
  const parts = { Code: code, Message: message, RequestId: request.id.toUpperCase(), HostId: request.host }
  const inner = Object.entries(parts).map(([name, text]) => element(name, text))
  return reply
    .code(UPLOAD_CODES[code])
    .type(XML)
    .send(`${PROLOGUE}<Error>${inner.join('')}</Error>`)
}

/** An error of the server as an upload's. */
export const toUploadError = (error: AppError): UploadError => {
  if (error.code === 'body_too_large') return new UploadError('EntityTooLarge', error.message)
  return error.kind === 'input'
    ? new UploadError('MalformedPOSTRequest', error.message)
    : new UploadError('ServiceUnavailable', 'The server cannot take the file now; try again in a moment.')
}
