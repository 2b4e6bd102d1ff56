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
  image_too_small: { kind: 'input', title: 'The picture is too small to hold a face', cure: 'Send a larger picture.' },
  face_not_detected: {
    kind: 'input',
    title: 'No face was found in the picture',
    cure: 'Send a picture in which a face is visible and at least about 30 pixels wide.',
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
  pack_mismatch: {
    kind: 'conflict',
    title: 'The templates come from different model packs and cannot be compared',
    cure: 'Run the server with the pack of the gallery, or enrol into a new gallery.',
  },
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
  // The state of the server
  busy: {
    kind: 'busy',
    title: 'The server has more work than it can take now',
    cure: 'Try again after `Retry-After` seconds.',
  },
  not_ready: {
    kind: 'busy',
    title: 'The server is still loading its models and index',
    cure: 'Wait until `/health/ready` answers 200.',
  },
  internal: {
    kind: 'internal',
    title: 'Something went wrong inside the server',
    cure: "Look at the server's log with the id in `instance`.",
  },
  // Setting up
  config_invalid: {
    kind: 'setup',
    title: 'A setting is wrong',
    cure: 'Mend the setting; `npx likeness config` lists them all.',
  },
  pack_source_missing: {
    kind: 'setup',
    title: 'A weight file that the pack is built from is missing',
    cure: 'Install the npm packages again: `npm ci`.',
  },
  pack_source_corrupt: {
    kind: 'setup',
    title: 'A weight file that the pack is built from is corrupt',
    cure: 'Install the npm packages again: `npm ci`.',
  },
  pack_operation_unknown: {
    kind: 'setup',
    title: 'A network uses an operation that the importer does not know',
    cure: 'Use the version of the package that `pack.json` names.',
  },
  pack_invalid: {
    kind: 'setup',
    title: 'An installed model pack is damaged',
    cure: "Delete the pack's folder and start again.",
  },
  store_newer: {
    kind: 'setup',
    title: 'The data folder was written by a newer version',
    cure: 'Start the newer version, or restore a backup of this one.',
  },
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
