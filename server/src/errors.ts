// The error catalogue: code, kind, what it means, how to mend it. Knows nothing about HTTP: each protocol spells these in
// its own words and status.
import { SESSION_ERRORS } from './session-errors.ts'
import { SETUP_ERRORS } from './setup-errors.ts'

/** What sort of failure it is; transports choose a status by kind, never by code. */
export type ErrorKind =
  | 'input'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'busy'
  | 'internal'
  | 'setup'

interface CatalogueEntry {
  readonly kind: ErrorKind
  readonly title: string
  /** What the reader of the error can do about it; Markdown. */
  readonly cure: string
}

/** Every error that Likeness raises on purpose. Documented in docs/reference/errors.md, which a test compares with this. */
export const CATALOGUE = {
  // What the caller sent
  request_invalid: {
    kind: 'input',
    title: 'The request does not have the expected form',
    cure: 'Mend the field that `details` names.',
  },
  body_malformed: {
    kind: 'input',
    title: 'The body is not well-formed JSON or multipart',
    cure: 'Send valid JSON, or the multipart form that the operation describes.',
  },
  body_too_large: {
    kind: 'input',
    title: 'The body is larger than the server takes',
    cure: 'Send smaller pictures; a body takes two pictures of the largest size in base64.',
  },
  headers_too_large: {
    kind: 'input',
    title: 'The headers of the request are larger or more than the server takes',
    cure: 'Send fewer or shorter headers; the limits are in the [operating guide](../guide/operating.md).',
  },
  address_too_long: {
    kind: 'input',
    title: 'The address of the request is longer than the server takes',
    cure: 'Send a shorter address; no id and no cursor of the server needs one as long.',
  },
  request_timeout: {
    kind: 'input',
    title: 'The request did not arrive in time',
    cure: 'Send the request in one go; a picture that is smaller arrives sooner.',
  },
  media_type_unsupported: {
    kind: 'input',
    title: 'The body has a content type that the server does not take',
    cure: 'Send `application/json` or `multipart/form-data`.',
  },
  image_missing: {
    kind: 'input',
    title: 'There is no image in the request',
    cure: 'Send the picture in the field that `details.image` names.',
  },
  image_empty: { kind: 'input', title: 'The image has no bytes', cure: 'Send a picture that has bytes.' },
  image_not_base64: {
    kind: 'input',
    title: 'The image is not valid base64',
    cure: 'Send standard or URL-safe base64, or a data URL with `;base64`.',
  },
  image_url_invalid: {
    kind: 'input',
    title: 'The address of the picture is not one that can be fetched',
    cure: 'Send an `http` or `https` URL without a user name, on port 80 or 443.',
  },
  image_url_refused: {
    kind: 'input',
    title: 'The server does not fetch pictures from this address',
    cure: 'Send the picture itself, or let the operator name the host in `LIKENESS_IMAGE_URL_ALLOW`.',
  },
  image_url_unreachable: {
    kind: 'input',
    title: 'The host of the picture cannot be reached',
    cure: 'Check the name, the host and its certificate; `details.reason` says which of them failed.',
  },
  image_url_timeout: {
    kind: 'input',
    title: 'The picture took too long to arrive',
    cure: 'Send the picture itself, or put it on a faster host.',
  },
  image_url_status: {
    kind: 'input',
    title: 'The address of the picture answered with another status than 200',
    cure: 'Check the address; `details.status` is what it answered.',
  },
  image_url_redirects: {
    kind: 'input',
    title: 'The address of the picture redirects too often, or to nowhere',
    cure: 'Send the address that it redirects to in the end.',
  },
  image_url_not_image: {
    kind: 'input',
    title: 'The address leads to something that is not a picture',
    cure: 'Send the address of the picture file; it is served as `image/*` or `application/octet-stream`, not compressed.',
  },
  image_url_truncated: {
    kind: 'input',
    title: 'The picture broke off on its way',
    cure: 'Try again, or send the picture itself.',
  },
  image_format_unsupported: {
    kind: 'input',
    title: 'The bytes are not a picture in a format that the server takes',
    cure: 'Send JPEG, PNG, WebP, AVIF or GIF.',
  },
  image_corrupt: {
    kind: 'input',
    title: 'The picture is truncated or corrupt',
    cure: 'Take or save the picture again.',
  },
  image_too_large: {
    kind: 'input',
    title: 'The picture has more bytes than the server takes',
    cure: 'Send a smaller file; the limit is the setting `maxImageBytes`.',
  },
  image_too_many_pixels: {
    kind: 'input',
    title: 'The picture has more pixels than the server takes',
    cure: 'Scale the picture down; the limit is the setting `maxImagePixels`.',
  },
  image_too_complex: {
    kind: 'input',
    title: 'The picture takes longer to analyse than the server allows',
    cure: 'Save the picture again as a plain JPEG; the limits are in the [operating guide](../guide/operating.md).',
  },
  image_too_small: { kind: 'input', title: 'The picture is too small to hold a face', cure: 'Send a larger picture.' },
  face_not_detected: {
    kind: 'input',
    title: 'No face was found in the picture',
    cure: 'Send a picture in which a face is visible and at least about 30 pixels wide.',
  },
  several_faces: {
    kind: 'input',
    title: 'The picture shows several people',
    cure: 'Send a picture of one person, or set `severalFaces` in the policy of the gallery to `largest`.',
  },
  face_refused: {
    kind: 'input',
    title: 'The face is not as the gallery wants it',
    cure: '`details.reasons` lists each reason with its value, its threshold and what the person can do; what is minded is in the policy of the gallery.',
  },
  assessment_unavailable: {
    kind: 'conflict',
    title: 'The server is not set up to judge what was asked for',
    cure: 'Switch it on (`LIKENESS_ATTRIBUTES`, `LIKENESS_LIVENESS`), do not ask for it, or set the rule of the gallery to `ignore`.',
  },
  threshold_conflict: {
    kind: 'input',
    title: 'Two ways to set the threshold were given',
    cure: 'Give one of the two.',
  },
  // What was addressed
  gallery_not_found: {
    kind: 'not-found',
    title: 'There is no such gallery',
    cure: 'Check the id, or create the gallery first.',
  },
  subject_not_found: {
    kind: 'not-found',
    title: 'There is no such subject in the gallery',
    cure: 'Check the id; to verify, the subject needs at least one face.',
  },
  face_not_found: { kind: 'not-found', title: 'There is no such face in the gallery', cure: 'Check the id.' },
  route_not_found: { kind: 'not-found', title: 'There is no such address', cure: 'See the API reference at `/docs`.' },
  gallery_exists: {
    kind: 'conflict',
    title: 'A gallery with this id exists already',
    cure: 'Choose another id, or use the gallery that is there.',
  },
  subject_exists: {
    kind: 'conflict',
    title: 'The subject is in the gallery already',
    cure: 'Choose another id, delete the subject first, or change `existingSubject` in the policy of the gallery.',
  },
  subject_full: {
    kind: 'conflict',
    title: 'The subject has as many faces as the gallery allows',
    cure: 'Delete a face of the subject first, or change `maxFacesPerSubject` or `whenFull` in the policy of the gallery.',
  },
  duplicate_face: {
    kind: 'conflict',
    title: 'Another subject of the gallery has this face',
    cure: 'Use the subject that `details.candidates` names, or change `duplicates` in the policy of the gallery.',
  },
  precondition_failed: {
    kind: 'conflict',
    title: 'It was changed since the version that `If-Match` names',
    cure: 'Read it again, and repeat the change with the `ETag` of that answer.',
  },
  pack_mismatch: {
    kind: 'conflict',
    title: 'The templates come from different model packs and cannot be compared',
    cure: 'Search galleries of one pack at a time. Where the pack of a gallery is not installed, install it with `npx likeness packs install` and start the server again.',
  },
  picture_not_kept: {
    kind: 'not-found',
    title: 'The picture of this face was not kept',
    cure: 'Pictures are kept while the setting `keepPictures` is on; a face that was enrolled before has none.',
  },
  picture_link_invalid: {
    kind: 'not-found',
    title: 'The link to the picture is not one that this server made',
    cure: 'Use the link exactly as the answer had it, or ask for a new one.',
  },
  picture_link_expired: {
    kind: 'not-found',
    title: 'The link to the picture has expired',
    cure: 'Repeat the call that answered with the link: a new one is good for an hour.',
  },
  picture_erased: {
    kind: 'not-found',
    title: 'The picture of this link was erased',
    cure: 'Nothing can bring it back; enrol the person again.',
  },
  batch_too_long: {
    kind: 'input',
    title: 'The batch has more lines than the server takes',
    cure: 'Send the lines from the one that `details.line` names in another batch.',
  },
  idempotency_conflict: {
    kind: 'conflict',
    title: 'The idempotency key came with another request before',
    cure: 'Use a new key for a new request; send a request again exactly as it was.',
  },
  idempotency_in_progress: {
    kind: 'conflict',
    title: 'The first call with this idempotency key is still running',
    cure: 'Send it again after `Retry-After` seconds.',
  },
  idempotency_answer_erased: {
    kind: 'conflict',
    title: 'The call was carried out, and its answer was erased with those it was about',
    cure: 'Do not send it again; a new request needs a new key.',
  },
  ...SESSION_ERRORS,
  // Who is calling
  key_missing: {
    kind: 'unauthenticated',
    title: 'The request carries no API key',
    cure: 'Send `Authorization: Bearer KEY`.',
  },
  key_invalid: {
    kind: 'unauthenticated',
    title: 'The API key is not known or was revoked',
    cure: 'Make a new key with `npx likeness keys create`.',
  },
  scope_missing: {
    kind: 'forbidden',
    title: 'The API key is not good for this operation',
    cure: 'Use a key with the scope that `details.scope` names; `npx likeness keys create --scope` makes one.',
  },
  tenant_suspended: {
    kind: 'forbidden',
    title: 'The tenant of this credential is suspended',
    cure: 'Ask the operator of the server; `npx likeness tenants resume` lifts it.',
  },
  rate_limited: {
    kind: 'busy',
    title: 'The credential calls faster than it may',
    cure: 'Try again after `Retry-After` seconds; `npx likeness keys limits` shows and changes the rate.',
  },
  quota_exceeded: {
    kind: 'forbidden',
    title: 'The credential has used up its calls of the day or month',
    cure: 'Wait until `details.resetsAt`; `npx likeness keys limits` shows and changes the quotas.',
  },
  region_unavailable: {
    kind: 'forbidden',
    title: 'The server does not hold the region that this credential is bound to',
    cure: 'Ask the operator of the server: the file of the setting `regionsFile` has to name the region again, or you need a credential of another one.',
  },
  // Tenants, credentials, records
  tenant_not_found: {
    kind: 'not-found',
    title: 'There is no such tenant',
    cure: 'Check the id, or make the tenant with `npx likeness tenants create`.',
  },
  tenant_exists: {
    kind: 'conflict',
    title: 'A tenant with this id exists already',
    cure: 'Choose another id, or use the tenant that is there.',
  },
  region_not_found: {
    kind: 'not-found',
    title: 'This server holds no such region',
    cure: 'Check the id against the file that the setting `regionsFile` names.',
  },
  credential_not_found: {
    kind: 'not-found',
    title: 'There is no such credential',
    cure: 'Check the id; `npx likeness credentials list` shows them.',
  },
  transaction_not_found: {
    kind: 'not-found',
    title: 'There is no such transaction',
    cure: 'Check the id; transactions are kept for the days of the setting `transactionDays`.',
  },
  // The state of the server
  busy: {
    kind: 'busy',
    title: 'The server has more work than it can take now',
    cure: 'Try again after `Retry-After` seconds.',
  },
  deadline_exceeded: {
    kind: 'busy',
    title: 'The call was not done in time, and was given up',
    cure: 'Try again later, or give it more time in the header `Request-Timeout`, up to the setting `callTimeoutMs`.',
  },
  not_ready: {
    kind: 'busy',
    title: 'The server is still loading its models and index',
    cure: 'Wait until `/health/ready` answers 200.',
  },
  stopping: {
    kind: 'busy',
    title: 'The server is about to stop and takes nothing new',
    cure: 'Try again after `Retry-After` seconds, over a new connection.',
  },
  sealed_data_corrupt: {
    kind: 'internal',
    title: 'Sealed data cannot be opened: it was altered, or belongs elsewhere',
    cure: 'Find what is damaged with `npx likeness doctor`, and restore it from a backup or enrol it again.',
  },
  storage_full: {
    kind: 'internal',
    title: 'There is no space left on the disk of the server',
    cure: 'Free some space on the disk of the data folder; nothing was stored, and the call can be repeated as it was.',
  },
  erasure_unfinished: {
    kind: 'internal',
    title: 'It is erased and no call finds it, but what it left behind could not all be removed yet',
    cure: 'Nothing has to be repeated: the server goes on removing it, also after a restart. Its log says what is in the way.',
  },
  internal: {
    kind: 'internal',
    title: 'Something went wrong inside the server',
    cure: "Look at the server's log with the id in `instance`.",
  },
  ...SETUP_ERRORS,
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof CATALOGUE

/** An error of the catalogue. `message` is one sentence: what was expected, for which name, what was found, and the cure where there is one. */
export class AppError extends Error {
  readonly code: ErrorCode
  /** Machine-readable particulars, safe to show to the caller: the field's name, the limit, the value found. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message?: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message ?? `${CATALOGUE[code].title}.`, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.details = options.details ?? {}
  }

  get kind(): ErrorKind {
    return CATALOGUE[this.code].kind
  }
}
