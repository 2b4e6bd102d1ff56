// The vendor's codes: the status of each, and the text of its message. Pure data, in the order of the vendor's page.

interface Code {
  readonly status: number
  /** The description of the vendor's table; where its own samples say something else, that. */
  readonly message: string
  /** False where the vendor's answer has a message only. */
  readonly isSent?: false
}

const input = (message: string): Code => ({ status: 400, message })

/** Of one of the pictures of a call: "image", or "image 1" and "image 2". */
const pictureCodes = <const Field extends string>(field: Field, name: string) =>
  ({
    [`INVALID_PAYLOAD_${field}_MISSING`]: input(
      `invalid payload ${name} not a standard b64/url or ${name} empty string`,
    ),
    [`INVALID_PAYLOAD_${field}_SIZE`]: input(`invalid payload ${name} size too large`),
    [`MISSING_PAYLOAD_${field}`]: input(`missing payload ${name}`),
    [`INVALID_PAYLOAD_${field}_TIMEOUT`]: input(`timeout getting ${name} from url in 15 seconds`),
    [`INVALID_PAYLOAD_${field}_FORMAT`]: input(
      `${name} unable to be decoded/got from url OR invalid ${name} extension`,
    ),
  }) as Record<
    | `INVALID_PAYLOAD_${Field}_MISSING`
    | `INVALID_PAYLOAD_${Field}_SIZE`
    | `MISSING_PAYLOAD_${Field}`
    | `INVALID_PAYLOAD_${Field}_TIMEOUT`
    | `INVALID_PAYLOAD_${Field}_FORMAT`,
    Code
  >

/** What an application in testing mode has a number of uses of. */
export const PRODUCTS = ['ENROLL', 'LIVENESS', 'VERIFY', 'SEARCH', 'COMPARE'] as const
export type Product = (typeof PRODUCTS)[number]

const quotaCodes = Object.fromEntries(
  PRODUCTS.map(product => [
    `INSUFFICIENT_QUOTA_${product}`,
    { status: 403, message: `usage reach it quota limit for ${product.toLowerCase()}` },
  ]),
) as Record<`INSUFFICIENT_QUOTA_${Product}`, Code>

export const CODES = {
  INVALID_PAYLOAD: input('no value in payload or empty string more than 1'),
  INVALID_PAYLOAD_SUBJECT_ID_MISSING: input('invalid payload subject id is empty string'),
  ...pictureCodes('IMAGE', 'image'),
  ...pictureCodes('IMAGE_1', 'image 1'),
  ...pictureCodes('IMAGE_2', 'image 2'),
  FACE_NOT_DETECTED: input('face not detected from image'),
  INVALID_PAYLOAD_QUALITY_VALIDATION_DEPENDENCY: input('is_quality must be true if validate_quality true'),
  INVALID_PAYLOAD_ATTRIBUTE_VALIDATION_DEPENDENCY: input('is_attribute must be true if validate_attribute true'),
  INVALID_PAYLOAD_LIVENESS_VALIDATION_DEPENDENCY: input('is_liveness must be true if validate_liveness true'),
  MISSING_PAYLOAD_SUBJECT_ID: input('missing payload subject id'),
  INVALID_PAYLOAD_SUBJECT_ID: input('Subject id is not found'),
  INVALID_PAYLOAD_THRESHOLD: input('threshold cannot lower than 0 or more than 100'),
  INVALID_PAYLOAD_LIMIT: input('limit cannot lower than 1 or more than 10'),
  INVALID_SANDBOX_SUBJECT_ID: input('subject id is not one of the sandbox'),
  ...quotaCodes,
  INTERNAL_SERVER_ERROR: { status: 500, message: 'Internal server error' },
  // What the vendor says nothing of.
  UNAUTHORIZED: { status: 401, message: 'Unauthorized', isSent: false },
  NOT_FOUND: { status: 404, message: 'Not found', isSent: false },
  METHOD_NOT_ALLOWED: { status: 405, message: 'Method not allowed', isSent: false },
  INSUFFICIENT_QUOTA: { status: 403, message: 'usage reach it quota limit' },
  TOO_MANY_REQUESTS: { status: 429, message: 'Too many requests' },
} as const satisfies Record<string, Code>

export type WireCode = keyof typeof CODES

export const codeOf = (code: WireCode): Code => CODES[code]
