// Every error of the catalogue in the vendor's codes, and the answer that says so. A new core error breaks the build until it
// has one here.
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { Clock } from '../../../core/ports.ts'
import { AppError, type ErrorCode } from '../../../errors.ts'
import { noteError, STATUS, toAppError } from '../../errors.ts'
import { fail } from './answers.ts'
import { codeOf, type Product, type WireCode } from './codes.ts'
import { describeFailOn, type FailOnNumber } from './fail-on.ts'
import { codeOfIssues } from './wire.ts'

/** A refusal that the core has no word for. */
export class Refusal extends AppError {
  readonly wire: WireCode
  constructor(wire: WireCode, cause?: unknown) {
    super(wire === 'UNAUTHORIZED' ? 'key_invalid' : 'request_invalid', codeOf(wire).message, { cause })
    this.wire = wire
  }
}

/** A face that a validation of the call refuses; nothing is stored. */
export class FailOn extends AppError {
  readonly number: FailOnNumber
  /** Wire fields that the answer keeps. */
  readonly results: object
  constructor(number: FailOnNumber, results: object) {
    super('face_refused', describeFailOn(number))
    this.number = number
    this.results = results
  }
}

const SPELLING = {
  request_invalid: 'INVALID_PAYLOAD',
  body_malformed: 'INVALID_PAYLOAD',
  body_too_large: 'INVALID_PAYLOAD_IMAGE_SIZE',
  headers_too_large: 'INVALID_PAYLOAD',
  address_too_long: 'INVALID_PAYLOAD',
  request_timeout: 'INVALID_PAYLOAD',
  media_type_unsupported: 'INVALID_PAYLOAD',
  image_missing: 'MISSING_PAYLOAD_IMAGE',
  image_not_base64: 'INVALID_PAYLOAD_IMAGE_MISSING',
  // By its port: the form was checked with the payload.
  image_url_invalid: 'INVALID_PAYLOAD_IMAGE_FORMAT',
  image_url_refused: 'INVALID_PAYLOAD_IMAGE_FORMAT',
  image_url_unreachable: 'INVALID_PAYLOAD_IMAGE_FORMAT',
  image_url_timeout: 'INVALID_PAYLOAD_IMAGE_TIMEOUT',
  image_url_status: 'INVALID_PAYLOAD_IMAGE_FORMAT',
  image_url_redirects: 'INVALID_PAYLOAD_IMAGE_FORMAT',
  image_url_not_image: 'INVALID_PAYLOAD_IMAGE_FORMAT',
  image_url_truncated: 'INVALID_PAYLOAD_IMAGE_FORMAT',
  image_empty: 'INVALID_PAYLOAD_IMAGE_FORMAT',
  image_format_unsupported: 'INVALID_PAYLOAD_IMAGE_FORMAT',
  image_corrupt: 'INVALID_PAYLOAD_IMAGE_FORMAT',
  image_too_large: 'INVALID_PAYLOAD_IMAGE_SIZE',
  image_too_many_pixels: 'INVALID_PAYLOAD_IMAGE_SIZE',
  image_too_complex: 'INVALID_PAYLOAD_IMAGE_FORMAT',
  image_too_small: 'INVALID_PAYLOAD_IMAGE_FORMAT',
  face_not_detected: 'FACE_NOT_DETECTED',
  subject_not_found: 'INVALID_PAYLOAD_SUBJECT_ID',
  key_missing: 'UNAUTHORIZED',
  key_invalid: 'UNAUTHORIZED',
  tenant_suspended: 'UNAUTHORIZED',
  region_unavailable: 'UNAUTHORIZED',
  route_not_found: 'NOT_FOUND',
  rate_limited: 'TOO_MANY_REQUESTS',
  quota_exceeded: 'INSUFFICIENT_QUOTA',
  threshold_conflict: 'INVALID_PAYLOAD_THRESHOLD',
  // Nothing that a caller of this API could mend, or that its calls lead to.
  several_faces: 'INTERNAL_SERVER_ERROR',
  face_refused: 'INTERNAL_SERVER_ERROR',
  assessment_unavailable: 'INTERNAL_SERVER_ERROR',
  gallery_not_found: 'INTERNAL_SERVER_ERROR',
  face_not_found: 'INTERNAL_SERVER_ERROR',
  gallery_exists: 'INTERNAL_SERVER_ERROR',
  subject_exists: 'INTERNAL_SERVER_ERROR',
  subject_full: 'INTERNAL_SERVER_ERROR',
  duplicate_face: 'INTERNAL_SERVER_ERROR',
  precondition_failed: 'INTERNAL_SERVER_ERROR',
  pack_mismatch: 'INTERNAL_SERVER_ERROR',
  picture_not_kept: 'INTERNAL_SERVER_ERROR',
  picture_link_invalid: 'INTERNAL_SERVER_ERROR',
  picture_link_expired: 'INTERNAL_SERVER_ERROR',
  picture_erased: 'INTERNAL_SERVER_ERROR',
  session_not_found: 'INTERNAL_SERVER_ERROR',
  session_link_invalid: 'INTERNAL_SERVER_ERROR',
  session_link_used: 'INTERNAL_SERVER_ERROR',
  session_ended: 'INTERNAL_SERVER_ERROR',
  session_locked: 'INTERNAL_SERVER_ERROR',
  session_unfinished: 'INTERNAL_SERVER_ERROR',
  session_attempt_stale: 'INTERNAL_SERVER_ERROR',
  session_frames_exceeded: 'INTERNAL_SERVER_ERROR',
  session_result_required: 'INTERNAL_SERVER_ERROR',
  session_result_invalid: 'INTERNAL_SERVER_ERROR',
  webhook_not_found: 'INTERNAL_SERVER_ERROR',
  batch_too_long: 'INTERNAL_SERVER_ERROR',
  idempotency_conflict: 'INTERNAL_SERVER_ERROR',
  idempotency_in_progress: 'INTERNAL_SERVER_ERROR',
  idempotency_answer_erased: 'INTERNAL_SERVER_ERROR',
  scope_missing: 'INTERNAL_SERVER_ERROR',
  tenant_not_found: 'INTERNAL_SERVER_ERROR',
  tenant_exists: 'INTERNAL_SERVER_ERROR',
  region_not_found: 'INTERNAL_SERVER_ERROR',
  credential_not_found: 'INTERNAL_SERVER_ERROR',
  transaction_not_found: 'INTERNAL_SERVER_ERROR',
  busy: 'INTERNAL_SERVER_ERROR',
  deadline_exceeded: 'INTERNAL_SERVER_ERROR',
  not_ready: 'INTERNAL_SERVER_ERROR',
  stopping: 'INTERNAL_SERVER_ERROR',
  sealed_data_corrupt: 'INTERNAL_SERVER_ERROR',
  storage_full: 'INTERNAL_SERVER_ERROR',
  erasure_unfinished: 'INTERNAL_SERVER_ERROR',
  internal: 'INTERNAL_SERVER_ERROR',
  config_invalid: 'INTERNAL_SERVER_ERROR',
  pack_source_missing: 'INTERNAL_SERVER_ERROR',
  pack_source_corrupt: 'INTERNAL_SERVER_ERROR',
  pack_not_installed: 'INTERNAL_SERVER_ERROR',
  pack_download_failed: 'INTERNAL_SERVER_ERROR',
  pack_operation_unknown: 'INTERNAL_SERVER_ERROR',
  pack_invalid: 'INTERNAL_SERVER_ERROR',
  master_key_missing: 'INTERNAL_SERVER_ERROR',
  master_key_wrong: 'INTERNAL_SERVER_ERROR',
  master_key_exposed: 'INTERNAL_SERVER_ERROR',
  erasure_log_corrupt: 'INTERNAL_SERVER_ERROR',
  backup_invalid: 'INTERNAL_SERVER_ERROR',
  data_folder_in_use: 'INTERNAL_SERVER_ERROR',
  data_folder_unusable: 'INTERNAL_SERVER_ERROR',
  capture_page_missing: 'INTERNAL_SERVER_ERROR',
  store_damaged: 'INTERNAL_SERVER_ERROR',
  store_newer: 'INTERNAL_SERVER_ERROR',
} as const satisfies Record<ErrorCode, WireCode>

/** The vendor's code of an error, with the picture or product that it is about. */
export const spell = (error: AppError, { product, pictures = 0 }: FastifyContextConfig): WireCode => {
  if (error instanceof Refusal) return error.wire
  const code = SPELLING[error.code]
  if (code === 'INSUFFICIENT_QUOTA') {
    const used = (error.details.product as Product | undefined) ?? product
    return used ? `INSUFFICIENT_QUOTA_${used}` : code
  }
  // Nobody knows which of two pictures makes a body too large, and without one none does.
  if (error.code === 'body_too_large' && pictures !== 1) return 'INVALID_PAYLOAD'
  return ofPicture(code, error.details.image)
}

/** "…_IMAGE_…" → "…_IMAGE_1_…" where the call has two pictures. */
const ofPicture = (code: WireCode, field: unknown): WireCode =>
  field === 'image_1' || field === 'image_2'
    ? (code.replace(/_IMAGE(?=_|$)/, `_${field.toUpperCase()}`) as WireCode)
    : code

/** A busy server says so by its status; the vendor has no code for it. */
const statusOf = (error: AppError, wire: WireCode): number =>
  error.kind === 'busy' && wire === 'INTERNAL_SERVER_ERROR' ? STATUS[error.code] : codeOf(wire).status

/** FAIL_ON_n with its results, everything else as `{message, error_code}`. What came to nothing uses nothing of a quota. */
export const createErrorHandler =
  ({ clock }: { readonly clock: Clock }) =>
  async (thrown: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (thrown instanceof FailOn) {
      request.outcome = thrown.code
      return sendJson(reply, 200, fail(request, clock, thrown.number, thrown.results))
    }
    await request
      .giveBack?.()
      .catch(error => request.log.error({ err: error }, 'a use of a quota could not be taken back'))
    const error = toRefusal(thrown, request)
    const wire = spell(error, request.routeOptions.config)
    const status = statusOf(error, wire)
    const { message, isSent = true } = codeOf(wire)
    noteError({ thrown, error, status }, request, reply)
    request.callNotes = { ...request.callNotes, outcome: wire }
    return sendJson(reply, status, { message, ...(isSent && { error_code: wire }) })
  }

const sendJson = (reply: FastifyReply, status: number, body: object): FastifyReply =>
  reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body))

/** A body that does not fit its schema has a code of its own. */
const toRefusal = (thrown: unknown, { body, routeOptions }: FastifyRequest): AppError => {
  if (!hasZodFastifySchemaValidationErrors(thrown)) return toAppError(thrown)
  return new Refusal(codeOfIssues(thrown.validation, body, routeOptions.config.product !== 'ENROLL'), thrown)
}
