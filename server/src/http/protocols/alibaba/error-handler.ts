// Any failure of a request to this protocol's address → an answer in the words of whoever asked: the gateway's, the object
// store's, or the server's own where no action was named.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../../../errors.ts'
import { sendProblem, toAppError } from '../../errors.ts'
import { formatOf, isVendorCall } from './call.ts'
import { JSON_TYPE, toJsonBody, toXmlBody, wantsXml, XML_TYPE } from './error-bodies.ts'
import { GatewayError, toGatewayError, type VendorCode } from './errors.ts'
import { toRequestId } from './map.ts'
import { isUpload, sendUploadError, toUploadError } from './upload-actions.ts'
import { UploadError } from './uploads.ts'

export const createErrorHandler =
  () =>
  (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const isVendors = thrown instanceof GatewayError || isVendorCall(request)
    if (!isVendors && !isUpload(request)) return sendProblem(thrown, request, reply)
    if (thrown instanceof GatewayError) return send(thrown, request, reply)
    if (thrown instanceof UploadError) {
      request.outcome = 'request_invalid'
      return sendUploadError(thrown, request, reply)
    }
    const error = toAppError(thrown)
    request.outcome = error.code
    // A caller who hung up made the failure, and nobody reads the answer.
    if (error.kind === 'internal' && !request.signal.aborted)
      request.log.error({ err: thrown, code: error.code }, 'request failed')
    return isVendors
      ? send(toGatewayError(error), request, reply)
      : sendUploadError(toUploadError(error), request, reply)
  }

const send = (error: GatewayError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  if (request.outcome === 'ok') request.outcome = OUTCOMES[error.code] ?? 'request_invalid'
  request.callNotes = { ...request.callNotes, outcome: error.code }
  if (error.retryAfterMs !== null) reply.header('x-acs-retry-after', String(Math.ceil(error.retryAfterMs)))
  const facts = {
    requestId: toRequestId(request.id),
    hostId: request.hostname,
    recommend: `${request.protocol}://${request.host}/docs/alibaba#${error.code}`,
  }
  const isXml = wantsXml({ accept: request.headers.accept, ...formatOf(request) })
  return reply
    .code(error.status)
    .type(isXml ? XML_TYPE : JSON_TYPE)
    .send(isXml ? toXmlBody(error, facts) : toJsonBody(error, facts))
}

/** What metrics call the gateway's own refusals. */
const OUTCOMES: Readonly<Partial<Record<VendorCode, ErrorCode>>> = {
  'InvalidAction.NotFound': 'route_not_found',
  'InvalidProduct.NotFound': 'route_not_found',
  'InvalidAccessKeyId.NotFound': 'key_invalid',
  'InvalidAccessKeyId.Inactive': 'key_invalid',
  SignatureDoesNotMatch: 'key_invalid',
  MissingAccessKeyId: 'key_missing',
  'Forbidden.RAMUserAccessDenied': 'scope_missing',
  'Forbidden.AccountAccessDenied': 'tenant_suspended',
  'Throttling.Api': 'rate_limited',
  ServiceUnavailable: 'busy',
}
