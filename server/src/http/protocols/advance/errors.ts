// Every error of the catalogue in the vendor's codes, and the answer that says so, with status 200. A new core error breaks the
// build until it has a line here.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { AppError, type ErrorCode } from '../../../errors.ts'
import { noteError, toAppError } from '../../errors.ts'
import { type Family, isRefusalName, type RefusalName, type Words, wordsOf } from './codes.ts'
import { envelop } from './envelope.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The product that the route belongs to. */
    family?: Family
  }
}

/** A refusal that the core has no word for, by its name or in words of its own. */
export class Refusal extends AppError {
  readonly refused: RefusalName | Words
  constructor(refused: RefusalName | Words, cause?: unknown) {
    super(isFailure(refused) ? 'internal' : 'request_invalid', undefined, cause === undefined ? {} : { cause })
    this.refused = refused
  }
}

const isFailure = (refused: RefusalName | Words): boolean => refused === 'enrollFailed'

const SPELLING = {
  request_invalid: 'parameter',
  body_malformed: 'badRequest',
  body_too_large: 'imageSize',
  headers_too_large: 'badRequest',
  address_too_long: 'badRequest',
  request_timeout: 'badRequest',
  media_type_unsupported: 'badRequest',
  image_missing: 'imageNull',
  image_empty: 'imageZero',
  image_not_base64: 'imageDecode',
  image_url_invalid: 'imageDownload',
  image_url_refused: 'imageDownload',
  image_url_unreachable: 'imageDownload',
  image_url_timeout: 'imageDownload',
  image_url_status: 'imageDownload',
  image_url_redirects: 'imageDownload',
  image_url_not_image: 'imageFormat',
  image_url_truncated: 'imageDownload',
  image_format_unsupported: 'imageFormat',
  image_corrupt: 'imageDecode',
  image_too_large: 'imageSize',
  image_too_many_pixels: 'imageDimension',
  image_too_complex: 'imageDecode',
  image_too_small: 'imageDimension',
  face_not_detected: 'faceNone',
  several_faces: 'faceMany',
  face_refused: 'faceQuality',
  subject_not_found: 'userId',
  threshold_conflict: 'parameter',
  route_not_found: 'notFound',
  key_missing: 'tokenUnknown',
  key_invalid: 'tokenUnknown',
  tenant_suspended: 'accountDisabled',
  region_unavailable: 'otherCountry',
  scope_missing: 'tokenUnknown',
  rate_limited: 'busy',
  quota_exceeded: 'quota',
  busy: 'busy',
  deadline_exceeded: 'busy',
  not_ready: 'busy',
  stopping: 'busy',
  // Nothing that a caller of this API could mend, or that its calls lead to.
  assessment_unavailable: 'serverError',
  gallery_not_found: 'serverError',
  face_not_found: 'serverError',
  gallery_exists: 'serverError',
  subject_exists: 'serverError',
  subject_full: 'serverError',
  duplicate_face: 'serverError',
  precondition_failed: 'serverError',
  pack_mismatch: 'serverError',
  picture_not_kept: 'serverError',
  picture_link_invalid: 'serverError',
  picture_link_expired: 'serverError',
  picture_erased: 'serverError',
  session_not_found: 'serverError',
  session_link_invalid: 'serverError',
  session_link_used: 'serverError',
  session_ended: 'serverError',
  session_locked: 'serverError',
  session_unfinished: 'serverError',
  session_attempt_stale: 'serverError',
  session_frames_exceeded: 'serverError',
  session_result_required: 'serverError',
  session_result_invalid: 'serverError',
  webhook_not_found: 'serverError',
  batch_too_long: 'serverError',
  idempotency_conflict: 'serverError',
  idempotency_in_progress: 'serverError',
  idempotency_answer_erased: 'serverError',
  tenant_not_found: 'serverError',
  tenant_exists: 'serverError',
  region_not_found: 'serverError',
  credential_not_found: 'serverError',
  transaction_not_found: 'serverError',
  sealed_data_corrupt: 'serverError',
  storage_full: 'serverError',
  erasure_unfinished: 'serverError',
  internal: 'serverError',
  config_invalid: 'serverError',
  pack_source_missing: 'serverError',
  pack_source_corrupt: 'serverError',
  pack_not_installed: 'serverError',
  pack_download_failed: 'serverError',
  pack_operation_unknown: 'serverError',
  pack_invalid: 'serverError',
  master_key_missing: 'serverError',
  master_key_wrong: 'serverError',
  master_key_exposed: 'serverError',
  erasure_log_corrupt: 'serverError',
  backup_invalid: 'serverError',
  data_folder_in_use: 'serverError',
  data_folder_unusable: 'serverError',
  capture_page_missing: 'serverError',
  store_damaged: 'serverError',
  store_newer: 'serverError',
} as const satisfies Record<ErrorCode, RefusalName>

/** The vendor's code and message for an error of one of its products; only calls that take a picture blame the picture. */
export const spell = (error: AppError, family: Family | undefined, takesPicture = true): Words => {
  if (error instanceof Refusal)
    return typeof error.refused === 'string' ? wordsOf(error.refused, family) : error.refused
  if (error.code === 'body_too_large' && !takesPicture) return wordsOf('badRequest', family)
  return wordsOf(isSeveral(error) ? 'faceMany' : SPELLING[error.code], family)
}

/** Of several reasons, that there are other people is the one that the vendor has a sentence of its own for. */
const isSeveral = ({ code, details }: AppError): boolean =>
  code === 'face_refused' &&
  (details.reasons as readonly { readonly name: string }[]).some(({ name }) => name === 'severalFaces')

export const handleError = async (
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const error = toRefusal(thrown)
  const { family, pictures = 0 } = request.routeOptions.config
  const words = spell(error, family, pictures > 0)
  noteError({ thrown, error, status: error.kind === 'internal' ? 500 : 200 }, request, reply)
  return reply
    .code(200)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(envelop(request, words)))
}

/** What the schemas say of a body is the name of a refusal; what they say nothing of is no body of the expected form. */
const toRefusal = (thrown: unknown): AppError => {
  if (!hasZodFastifySchemaValidationErrors(thrown)) return toAppError(thrown)
  const named = thrown.validation.map(({ message }) => message).filter(isRefusalName)
  return new Refusal(named.includes('empty') ? 'empty' : (named[0] ?? 'badRequest'), thrown)
}
