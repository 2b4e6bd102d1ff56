// The vendor's codes and sentences, by the name that this folder has for each. Facts of the wire; decides nothing.

/** Of the products that spell some things differently. */
export type Family = 'token' | 'faceAuthentication' | 'faceSearch' | H5Family
/** The hosted pages: their links, and what is asked of a transaction afterwards. */
type H5Family = 'h5' | 'h5Result' | 'h5Enroll'

export type WireCode =
  | 'SUCCESS'
  | 'PARAMETER_ERROR'
  | 'REGION_WRONG'
  | 'ENROLL_FAILED'
  | 'SIGNATURE_NOT_EXIST'
  | 'SIGNATURE_ALREADY_ENROLLED'
  | 'REQUEST_IN_PROCESSING'
  | 'IAM_FAILED'
  | 'ACCOUNT_DISABLED'
  | 'SERVICE_BUSY'
  | 'OVER_QUERY_LIMIT'
  | 'CLIENT_ERROR'
  | 'ERROR'

export interface Words {
  readonly code: WireCode
  readonly message: string
}

const parameter = (message: string): Words => ({ code: 'PARAMETER_ERROR', message })
const client = (message: string): Words => ({ code: 'CLIENT_ERROR', message })
const iam = (message: string): Words => ({ code: 'IAM_FAILED', message })

const FORMAT =
  'Invalid image format, image format should be one of jpeg/jpg/png, and request content type should be image/jpeg or image/png'
const SIZE =
  'Invalid image size, max image size should be less than 2M, and image dimension should be between 256 x 256 and 4096 x 4096'

const COMMON = {
  badRequest: client('HTTP 400 - Bad Request'),
  notFound: client('HTTP 404 - Not Found'),
  methodNotAllowed: client('HTTP 405 - Method Not Allowed'),
  parameter: parameter('Parameter error,please check you input.'),
  empty: parameter('Parameter should not be empty'),
  tokenUnknown: iam('Token not found or expired'),
  keyUnknown: iam('Access Key not found'),
  keyRevoked: iam('Access Key not found or expired'),
  accountDisabled: iam('Account is disabled. Please contact your sales manager for help'),
  otherHost: iam('Account not authorized for this domain'),
  otherCountry: iam('Account not authorized for this country'),
  busy: {
    code: 'SERVICE_BUSY',
    message: 'Rate limit is exceeded, please retry after the suggested time in HTTP Header.',
  },
  quota: { code: 'OVER_QUERY_LIMIT', message: 'The quota of queries is used up' },
  serverError: { code: 'ERROR', message: 'Server error' },
  // Of the token page
  timestamp: parameter('Timestamp error'),
  signature: parameter('Signature error'),
  // Of Face Authentication
  userId: parameter('UserId is invalid'),
  region: { code: 'REGION_WRONG', message: 'Region is wrong' },
  imageEmpty: parameter('Face image is empty'),
  imageNull: parameter('The Image is null'),
  imageDownload: parameter('Face image cannot download'),
  imageDecode: parameter('Face image cannot decode'),
  imageZero: parameter('The Image file length is zero'),
  imageSize: parameter(SIZE),
  imageDimension: parameter(SIZE),
  imageFormat: parameter(FORMAT),
  faceNone: parameter('No face detected'),
  faceMany: parameter('Too many faces detected'),
  faceQuality: parameter('Face quality is too low in the uploaded picture'),
  enrollFailed: { code: 'ENROLL_FAILED', message: 'Enroll failed' },
  // Of the hosted pages
  notOffered: client('HTTP 501 - Not Implemented: this product is not offered'),
  signatureMissing: { code: 'SIGNATURE_NOT_EXIST', message: 'This signatureId is not exist.' },
  signatureEmpty: parameter('SignatureId is empty'),
  signatureUnknown: parameter('SignatureId is not exist'),
  notFinished: parameter('Transaction is not finished'),
  inProcessing: {
    code: 'REQUEST_IN_PROCESSING',
    message: 'Your request is currently being processed. Please do not submit it repeatedly',
  },
  notPass: parameter('Transaction is not pass'),
  notEnrolled: parameter('Transaction is not be enrolled.'),
  alreadyEnrolled: { code: 'SIGNATURE_ALREADY_ENROLLED', message: 'This signatureId is already enrolled.' },
} as const satisfies Record<string, Words>

export type RefusalName = keyof typeof COMMON

const FILE = parameter('File should be an image file, like jpg, png, jpeg.')

/** Where a product has other words. */
const OF_FAMILY: Readonly<Record<Family, Readonly<Partial<Record<RefusalName, Words>>>>> = {
  token: { accountDisabled: { code: 'ACCOUNT_DISABLED', message: 'Account Disabled' } },
  faceAuthentication: {},
  faceSearch: {
    parameter: parameter('Parameter error, please check your request whether has illegal parameters.'),
    imageZero: FILE,
    imageFormat: FILE,
    imageDecode: FILE,
    imageSize: parameter('File size should be less than 2MB'),
    imageDimension: parameter('Image resolution should be 256 * 256 to 4096 * 4096'),
    faceNone: parameter('Failed to embed image: No face detected'),
  },
  h5: {},
  h5Result: { serverError: { code: 'ERROR', message: 'Server error.' } },
  h5Enroll: {
    empty: parameter('Parameter should not be empty.'),
    notPass: parameter('Transaction is not pass.'),
  },
}

export const wordsOf = (name: RefusalName, family: Family | undefined): Words =>
  (family && OF_FAMILY[family][name]) ?? COMMON[name]

export const isRefusalName = (text: string | undefined): text is RefusalName =>
  text !== undefined && Object.hasOwn(COMMON, text)

/** Of what is named by number and is not there. */
export const notFoundWords = (what: 'FaceSet' | 'FaceReference', id: string): Words =>
  parameter(`${what} not found, id: ${id}`)
