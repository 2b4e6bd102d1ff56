// Errors as RFC 9457 problem documents: which status each code has, and how foreign errors map to the catalogue.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { AppError, CATALOGUE, type ErrorCode } from '../errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** How the request ended: "ok", or the code of the problem that it was answered with. */
    outcome: 'ok' | ErrorCode
  }
}

/** The HTTP status of each code of the catalogue; a new code breaks the build until it has one. */
export const STATUS = {
  request_invalid: 400,
  body_malformed: 400,
  body_too_large: 413,
  headers_too_large: 431,
  address_too_long: 414,
  request_timeout: 408,
  media_type_unsupported: 415,
  image_missing: 400,
  image_empty: 400,
  image_not_base64: 400,
  image_url_invalid: 400,
  image_url_refused: 400,
  image_url_unreachable: 422,
  image_url_timeout: 422,
  image_url_status: 422,
  image_url_redirects: 422,
  image_url_not_image: 422,
  image_url_truncated: 422,
  image_format_unsupported: 422,
  image_corrupt: 422,
  image_too_large: 413,
  image_too_many_pixels: 422,
  image_too_complex: 422,
  image_too_small: 422,
  face_not_detected: 422,
  several_faces: 422,
  face_refused: 422,
  assessment_unavailable: 409,
  threshold_conflict: 400,
  gallery_not_found: 404,
  subject_not_found: 404,
  face_not_found: 404,
  route_not_found: 404,
  gallery_exists: 409,
  subject_exists: 409,
  subject_full: 409,
  duplicate_face: 409,
  precondition_failed: 412,
  pack_mismatch: 409,
  picture_not_kept: 404,
  picture_link_invalid: 404,
  picture_link_expired: 410,
  picture_erased: 410,
  batch_too_long: 413,
  idempotency_conflict: 409,
  idempotency_in_progress: 409,
  idempotency_answer_erased: 410,
  session_not_found: 404,
  session_link_invalid: 404,
  session_link_used: 409,
  session_ended: 410,
  session_locked: 423,
  session_unfinished: 409,
  session_attempt_stale: 409,
  session_frames_exceeded: 409,
  session_result_required: 422,
  session_result_invalid: 422,
  webhook_not_found: 404,
  key_missing: 401,
  key_invalid: 401,
  scope_missing: 403,
  tenant_suspended: 403,
  region_unavailable: 403,
  rate_limited: 429,
  quota_exceeded: 403,
  tenant_not_found: 404,
  tenant_exists: 409,
  region_not_found: 404,
  credential_not_found: 404,
  transaction_not_found: 404,
  busy: 503,
  deadline_exceeded: 504,
  not_ready: 503,
  stopping: 503,
  sealed_data_corrupt: 500,
  storage_full: 507,
  erasure_unfinished: 500,
  internal: 500,
  config_invalid: 500,
  pack_source_missing: 500,
  pack_source_corrupt: 500,
  pack_not_installed: 500,
  pack_download_failed: 500,
  pack_operation_unknown: 500,
  pack_invalid: 500,
  master_key_missing: 500,
  master_key_wrong: 500,
  master_key_exposed: 500,
  erasure_log_corrupt: 500,
  backup_invalid: 500,
  data_folder_in_use: 500,
  data_folder_unusable: 500,
  capture_page_missing: 503,
  store_damaged: 500,
  store_newer: 500,
} as const satisfies Record<ErrorCode, number>

const RETRY_AFTER_SECONDS = 1

/** What Fastify and its plugins throw for bad requests, in the catalogue's words. */
const FOREIGN: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'body_malformed',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body_malformed',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'body_malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'address_too_long',
  FST_REQ_FILE_TOO_LARGE: 'image_too_large',
  FST_FILES_LIMIT: 'request_invalid',
  FST_PARTS_LIMIT: 'request_invalid',
  FST_FIELDS_LIMIT: 'request_invalid',
}

/** Any thrown value as an error of the catalogue; what is not known is internal and says nothing of itself. */
export const toAppError = (error: unknown): AppError => {
  if (error instanceof AppError) return error
  if (hasZodFastifySchemaValidationErrors(error)) return describeValidation(error)
  const { code, statusCode, message } = error as Partial<FastifyError>
  const known = code === undefined ? undefined : FOREIGN[code]
  // Some of their messages repeat the whole address.
  if (known) return new AppError(known, undefined, { cause: error, details: { reason: message?.slice(0, 200) } })
  if (error instanceof SyntaxError && statusCode === 400)
    return new AppError('body_malformed', undefined, { cause: error, details: { reason: message } })
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new AppError('request_invalid', message && toSentence(message), { cause: error })
  return new AppError('internal', undefined, { cause: error })
}

/** Other people's messages often lack the capital and the full stop. */
const toSentence = (message: string): string =>
  message.charAt(0).toUpperCase() + message.slice(1) + (message.endsWith('.') ? '' : '.')

/** What is said of a field besides is the consequence: a text in the place of a list also has too many letters for one. */
export const isFirstOfField = ({ field }: { field: string }, at: number, all: readonly { field: string }[]): boolean =>
  all.findIndex(other => other.field === field) === at

const describeValidation = (error: {
  validation: { instancePath: string; message?: string }[]
  validationContext?: string
}): AppError => {
  const issues = error.validation.map(({ instancePath, message }) => ({
    field: instancePath.split('/').filter(Boolean).join('.') || (error.validationContext ?? 'body'),
    problem: message ?? 'is not as expected',
  }))
  const [first] = issues
  return new AppError('request_invalid', `"${first.field}": ${first.problem}.`, {
    details: { issues: issues.filter(isFirstOfField) },
  })
}

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly detail: string
  readonly instance: string
  readonly transactionId: string
  readonly details?: Readonly<Record<string, unknown>>
}

export const toProblem = (error: AppError, requestId: string): Problem => ({
  type: `urn:likeness:error:${error.code}`,
  title: CATALOGUE[error.code].title,
  status: STATUS[error.code],
  code: error.code,
  detail: error.message,
  instance: `urn:uuid:${requestId}`,
  transactionId: requestId,
  ...(Object.keys(error.details).length > 0 && { details: error.details }),
})

/** However an error is spelt: its code is the request's outcome, a failure of ours is logged, and who is to wait is told how long. */
export const noteError = (
  { thrown, error, status }: { readonly thrown: unknown; readonly error: AppError; readonly status: number },
  request: FastifyRequest,
  reply: FastifyReply,
): void => {
  request.outcome = error.code
  // A caller who hung up made the failure, and nobody reads the answer.
  if (status >= 500 && error.kind !== 'busy' && !request.signal.aborted)
    request.log.error({ err: thrown, code: error.code }, 'request failed')
  if (error.kind === 'busy' || error.code === 'idempotency_in_progress')
    reply.header('retry-after', String(error.details.retryAfterSeconds ?? RETRY_AFTER_SECONDS))
}

export const sendProblem = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const error = toAppError(thrown)
  const problem = toProblem(error, request.id)
  noteError({ thrown, error, status: problem.status }, request, reply)
  if (error.kind === 'unauthenticated') reply.header('www-authenticate', 'Bearer')
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}
