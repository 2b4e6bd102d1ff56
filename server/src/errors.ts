// The error catalogue: code, kind, what it means, how to mend it. Knows nothing about HTTP: each protocol spells these in
// its own words and status.

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
}

/** Every error that Likeness raises on purpose. Documented in docs/reference/errors.md, which a test compares with this. */
export const CATALOGUE = {
  // What the caller sent
  request_invalid: { kind: 'input', title: 'The request does not have the expected form' },
  body_malformed: { kind: 'input', title: 'The body is not valid JSON' },
  body_too_large: { kind: 'input', title: 'The body is larger than the server takes' },
  media_type_unsupported: { kind: 'input', title: 'The body has a content type that the server does not take' },
  image_missing: { kind: 'input', title: 'There is no image in the request' },
  image_empty: { kind: 'input', title: 'The image has no bytes' },
  image_not_base64: { kind: 'input', title: 'The image is not valid base64' },
  image_format_unsupported: { kind: 'input', title: 'The bytes are not a picture in a format that the server takes' },
  image_corrupt: { kind: 'input', title: 'The picture is truncated or corrupt' },
  image_too_large: { kind: 'input', title: 'The picture has more bytes than the server takes' },
  image_too_many_pixels: { kind: 'input', title: 'The picture has more pixels than the server takes' },
  image_too_small: { kind: 'input', title: 'The picture is too small to hold a face' },
  face_not_detected: { kind: 'input', title: 'No face was found in the picture' },
  threshold_conflict: { kind: 'input', title: 'Two ways to set the threshold were given' },
  // What was addressed
  gallery_not_found: { kind: 'not-found', title: 'There is no such gallery' },
  subject_not_found: { kind: 'not-found', title: 'There is no such subject in the gallery' },
  face_not_found: { kind: 'not-found', title: 'There is no such face in the gallery' },
  route_not_found: { kind: 'not-found', title: 'There is no such address' },
  gallery_exists: { kind: 'conflict', title: 'A gallery with this id exists already' },
  pack_mismatch: { kind: 'conflict', title: 'The templates come from different model packs and cannot be compared' },
  // Who is calling
  key_missing: { kind: 'unauthenticated', title: 'The request carries no API key' },
  key_invalid: { kind: 'unauthenticated', title: 'The API key is not known or was revoked' },
  // The state of the server
  busy: { kind: 'busy', title: 'The server has more work than it can take now' },
  not_ready: { kind: 'busy', title: 'The server is still loading its models and index' },
  internal: { kind: 'internal', title: 'Something went wrong inside the server' },
  // Setting up
  config_invalid: { kind: 'setup', title: 'A setting is wrong' },
  pack_source_missing: { kind: 'setup', title: 'A weight file that the pack is built from is missing' },
  pack_source_corrupt: { kind: 'setup', title: 'A weight file that the pack is built from is corrupt' },
  pack_operation_unknown: { kind: 'setup', title: 'A network uses an operation that the importer does not know' },
  pack_invalid: { kind: 'setup', title: 'An installed model pack is damaged' },
  store_newer: { kind: 'setup', title: 'The data folder was written by a newer version' },
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
