// The vendor's codes with their statuses and sentences, and how each error of the catalogue is spelt here. Knows no request.
import type { AppError, ErrorCode } from '../../../errors.ts'

/** Statuses as the vendor's tables have them; a family such as "MissingProductCode" is written with its name left out. */
export const CODES = {
  // The product's own
  MissingParameter: 400,
  InvalidParameter: 400,
  UnqualifiedPhoto: 401,
  DataDuplication: 401,
  ToolargeImage: 401,
  DownloadTimeout: 401,
  NoFaceDetected: 401,
  'Forbidden.RAMUserAccessDenied': 403,
  'Forbidden.AccountAccessDenied': 403,
  'Throttling.Api': 403,
  InternalError: 500,
  ServiceUnavailable: 503,
  // The gateway's, which come before the product
  'InvalidAction.NotFound': 404,
  'InvalidProduct.NotFound': 404,
  'InvalidAccessKeyId.NotFound': 404,
  'InvalidAccessKeyId.Inactive': 400,
  'InvalidTimeStamp.Format': 400,
  'InvalidTimeStamp.Expired': 400,
  SignatureNonceUsed: 400,
  InvalidSignatureMethod: 400,
  SignatureDoesNotMatch: 400,
  'Throttling.User': 400,
  MissingAccessKeyId: 400,
  MissingSignatureNonce: 400,
  MissingTimestamp: 400,
  MissingSecurityToken: 400,
  InvalidSecurityToken: 400,
  MissingVersion: 400,
  InvalidVersion: 400,
} as const
export type VendorCode = keyof typeof CODES

/** The gateway's sentences, word for word; callers look for them in logs. */
const SENTENCES: Readonly<Partial<Record<VendorCode, string>>> = {
  'InvalidAction.NotFound': 'Specified api is not found, please check your url and method.',
  'InvalidProduct.NotFound': 'Cannot find product according to your specified domain.',
  'InvalidAccessKeyId.NotFound': 'Specified access key is not found.',
  'InvalidAccessKeyId.Inactive': 'Specified access key is disabled.',
  'InvalidTimeStamp.Format': 'Specified time stamp or date value is not well formatted.',
  'InvalidTimeStamp.Expired': 'Specified time stamp or date value is expired.',
  SignatureNonceUsed: 'Specified signature nonce was used already.',
  InvalidSignatureMethod: 'Specified signature method is not valid.',
  'Throttling.User': 'Request was denied due to user flow control.',
  MissingAccessKeyId: 'AccessKeyId is mandatory for this action.',
  MissingSignatureNonce: 'SignatureNonce is mandatory for this action.',
  MissingTimestamp: 'Timestamp is mandatory for this action.',
  MissingSecurityToken: 'SecurityToken is mandatory for this action.',
  InvalidSecurityToken: 'Specified parameter SecurityToken is not valid.',
  MissingVersion: 'Version is mandatory for this action.',
  InvalidVersion: 'Specified parameter Version is not valid.',
  'Throttling.Api': 'The API call was throttled.',
  'Forbidden.RAMUserAccessDenied': 'The RAM user lacks the permission to call this action.',
  'Forbidden.AccountAccessDenied': 'Access to the account is denied.',
  NoFaceDetected: 'No face was found in the picture.',
  InternalError: 'An internal system error occurred.',
  ServiceUnavailable: 'The service is unavailable; try again in a moment.',
}

/** An answer of the vendor's that is no success. */
export class GatewayError extends Error {
  readonly code: VendorCode
  /** Of a throttled call: milliseconds, the header x-acs-retry-after. */
  readonly retryAfterMs: number | null
  /** Of a sub-user's: the action that it is denied. */
  readonly deniedAction: string | null

  constructor(
    code: VendorCode,
    message?: string,
    { retryAfterMs, deniedAction }: { retryAfterMs?: number; deniedAction?: string } = {},
  ) {
    super(message ?? SENTENCES[code] ?? code)
    this.name = 'GatewayError'
    this.code = code
    this.retryAfterMs = retryAfterMs ?? null
    this.deniedAction = deniedAction ?? null
  }

  get status(): number {
    return CODES[this.code]
  }
}

/** How each error of the catalogue is spelt here; a new one breaks the build until it has a line. */
const VENDOR_CODES = {
  request_invalid: 'InvalidParameter',
  body_malformed: 'InvalidParameter',
  body_too_large: 'ToolargeImage',
  headers_too_large: 'InvalidParameter',
  address_too_long: 'InvalidParameter',
  request_timeout: 'ServiceUnavailable',
  media_type_unsupported: 'InvalidParameter',
  image_missing: 'MissingParameter',
  image_empty: 'MissingParameter',
  image_not_base64: 'InvalidParameter',
  image_url_invalid: 'InvalidParameter',
  image_url_refused: 'InvalidParameter',
  image_url_unreachable: 'DownloadTimeout',
  image_url_timeout: 'DownloadTimeout',
  image_url_status: 'DownloadTimeout',
  image_url_redirects: 'DownloadTimeout',
  image_url_not_image: 'UnqualifiedPhoto',
  image_url_truncated: 'DownloadTimeout',
  image_format_unsupported: 'UnqualifiedPhoto',
  image_corrupt: 'UnqualifiedPhoto',
  image_too_large: 'ToolargeImage',
  image_too_many_pixels: 'UnqualifiedPhoto',
  image_too_complex: 'UnqualifiedPhoto',
  image_too_small: 'UnqualifiedPhoto',
  face_not_detected: 'NoFaceDetected',
  several_faces: 'UnqualifiedPhoto',
  face_refused: 'UnqualifiedPhoto',
  assessment_unavailable: 'InvalidParameter',
  threshold_conflict: 'InvalidParameter',
  gallery_not_found: 'InvalidParameter',
  subject_not_found: 'InvalidParameter',
  face_not_found: 'InvalidParameter',
  route_not_found: 'InvalidAction.NotFound',
  gallery_exists: 'InvalidParameter',
  subject_exists: 'InvalidParameter',
  subject_full: 'InvalidParameter',
  duplicate_face: 'InvalidParameter',
  precondition_failed: 'InvalidParameter',
  pack_mismatch: 'InvalidParameter',
  picture_not_kept: 'InvalidParameter',
  picture_link_invalid: 'InvalidParameter',
  picture_link_expired: 'InvalidParameter',
  picture_erased: 'InvalidParameter',
  session_not_found: 'InvalidParameter',
  session_link_invalid: 'InvalidParameter',
  session_link_used: 'InvalidParameter',
  session_ended: 'InvalidParameter',
  session_locked: 'InvalidParameter',
  session_unfinished: 'InvalidParameter',
  session_attempt_stale: 'InvalidParameter',
  session_frames_exceeded: 'InvalidParameter',
  session_result_required: 'InvalidParameter',
  session_result_invalid: 'InvalidParameter',
  webhook_not_found: 'InvalidParameter',
  batch_too_long: 'InvalidParameter',
  idempotency_conflict: 'InvalidParameter',
  idempotency_in_progress: 'ServiceUnavailable',
  idempotency_answer_erased: 'InvalidParameter',
  key_missing: 'MissingAccessKeyId',
  key_invalid: 'InvalidAccessKeyId.NotFound',
  scope_missing: 'Forbidden.RAMUserAccessDenied',
  tenant_suspended: 'Forbidden.AccountAccessDenied',
  region_unavailable: 'ServiceUnavailable',
  rate_limited: 'Throttling.User',
  quota_exceeded: 'Forbidden.AccountAccessDenied',
  tenant_not_found: 'InvalidParameter',
  tenant_exists: 'InvalidParameter',
  region_not_found: 'InvalidParameter',
  credential_not_found: 'InvalidParameter',
  transaction_not_found: 'InvalidParameter',
  busy: 'ServiceUnavailable',
  deadline_exceeded: 'ServiceUnavailable',
  not_ready: 'ServiceUnavailable',
  stopping: 'ServiceUnavailable',
  sealed_data_corrupt: 'InternalError',
  storage_full: 'InternalError',
  erasure_unfinished: 'InternalError',
  internal: 'InternalError',
  config_invalid: 'InternalError',
  pack_source_missing: 'InternalError',
  pack_source_corrupt: 'InternalError',
  pack_not_installed: 'InternalError',
  pack_download_failed: 'InternalError',
  pack_operation_unknown: 'InternalError',
  pack_invalid: 'InternalError',
  master_key_missing: 'InternalError',
  master_key_wrong: 'InternalError',
  master_key_exposed: 'InternalError',
  erasure_log_corrupt: 'InternalError',
  backup_invalid: 'InternalError',
  data_folder_in_use: 'InternalError',
  data_folder_unusable: 'InternalError',
  capture_page_missing: 'InternalError',
  store_damaged: 'InternalError',
  store_newer: 'InternalError',
} as const satisfies Record<ErrorCode, VendorCode>

/** Callers here know no galleries, subjects and images, and how the server names them is not theirs to read. */
const WORDS: Readonly<Partial<Record<ErrorCode, (details: AppError['details']) => string>>> = {
  gallery_not_found: () => 'There is no such face group.',
  subject_exists: ({ subject }) => `The face group has the MerchantUserId "${subject}" already.`,
  subject_not_found: ({ subject }) => `The face group does not have the MerchantUserId "${subject}".`,
  face_not_found: () => 'There is no such face record.',
  image_not_base64: ({ image }) => `${image} is not base64.`,
}

/** Enrolment has no name for its one picture. */
const toWords = ({ code, message, details }: AppError): string =>
  WORDS[code]?.(details) ?? message.replace('"image"', 'FacePicture')

/** What went wrong inside is nobody's to read. */
const HIDDEN: readonly VendorCode[] = ['InternalError', 'ServiceUnavailable', 'Throttling.User']

/** An error of the catalogue in the vendor's words. */
export const toGatewayError = (error: AppError): GatewayError => {
  const code = VENDOR_CODES[error.code]
  const { retryAfterSeconds } = error.details
  const retryAfterMs =
    error.kind === 'busy' && typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1000 : undefined
  return new GatewayError(code, HIDDEN.includes(code) ? undefined : toWords(error), { retryAfterMs })
}
