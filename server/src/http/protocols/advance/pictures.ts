// The picture of a call: out of a text or a form, fetched where it is an address, and held against the vendor's bounds. Decodes
// no picture.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../../errors.ts'
import { decodeBase64, fetchImages, readFilePart } from '../../images.ts'
import { readPictureHead } from '../../picture-head.ts'
import { isPictureUrl } from '../../picture-url/fetch.ts'
import type { ProtocolDeps } from '../guards.ts'
import { Refusal } from './errors.ts'

const FIELD = 'faceImage'
/** What a body holds in the place of a picture that was taken out. */
const TAKEN = 'taken'
/** Fields of one form; no call has as many. */
const MAX_FIELDS = 40

/** A place in the line for one picture, before the body is read; bodies that say that they are too long are not read at all. */
export const admitPicture = ({ admission, limits }: ProtocolDeps) => ({
  config: { pictures: 1 },
  bodyLimit: limits.advanceBodyBytes,
  async onRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (Number(request.headers['content-length'] ?? 0) > limits.advanceBodyBytes) throw new AppError('body_too_large')
    admission.admit(request, reply, 1)
  },
})

/** The bytes of a text that is base64 or an address. @throws AppError image_*; Refusal */
export const readTextPicture = async (
  deps: ProtocolDeps,
  request: FastifyRequest,
  text: string,
): Promise<Uint8Array> => {
  const trimmed = text.trim()
  if (isPictureUrl(trimmed)) {
    request.images = {}
    request.imageUrls = { [FIELD]: trimmed }
    await fetchImages(deps.pictureUrls, deps.limits)(request)
  } else request.images = { [FIELD]: decodeBase64(trimmed, FIELD) }
  return checkPicture(deps, request)
}

/**
 * A preValidation hook for forms: the texts become the body, the file the request's picture. It is a file whatever its part
 * calls itself, and a text is none.
 * @throws AppError image_too_large, body_malformed; Refusal
 */
export const readForm =
  ({ limits }: ProtocolDeps) =>
  async (request: FastifyRequest): Promise<void> => {
    if (!request.isMultipart()) throw new Refusal('badRequest')
    request.images = {}
    request.body = await readParts(request, { ...limits, maxImageBytes: limits.advanceImageBytes }).catch(refuseBroken)
  }

/** For calls without a picture: a form or JSON. */
export const readFormOrJson =
  (deps: ProtocolDeps) =>
  async (request: FastifyRequest): Promise<void> => {
    if (request.isMultipart()) return readForm(deps)(request)
    request.body ??= {}
  }

const readParts = async (request: FastifyRequest, limits: ProtocolDeps['limits']): Promise<object> => {
  const body: Record<string, unknown> = {}
  const bounds = { fileSize: limits.maxImageBytes, fieldSize: limits.advanceBodyBytes, files: 1, fields: MAX_FIELDS }
  for await (const part of request.parts({ limits: bounds })) {
    const { fieldname } = part
    if (Object.hasOwn(body, fieldname)) throw new Refusal('parameter')
    if (part.type === 'file') {
      const bytes = await readFilePart(part, request, limits)
      if (fieldname === FIELD) request.images = { [FIELD]: bytes }
      body[fieldname] = TAKEN
      continue
    }
    request.countBodyBytes(Buffer.byteLength(String(part.value)))
    // Neither a text in the place of the file nor one that was cut off.
    if (fieldname === FIELD || part.valueTruncated || isNoUtf8(part.value)) throw new Refusal('parameter')
    body[fieldname] = part.value
  }
  return body
}

/** The parser puts a substitute in the place of bytes that are none. */
const isNoUtf8 = (value: unknown): boolean => String(value).includes('\ufffd')

/** The parser's errors have no code where the form itself is broken. */
const refuseBroken = (error: unknown): never => {
  if (error instanceof Error && 'code' in error) throw error
  throw new AppError('body_malformed', undefined, { cause: error })
}

/** The picture that was taken, within the vendor's bounds. @throws Refusal imageZero, imageSize, imageFormat, … */
export const checkPicture = (
  { limits }: Pick<ProtocolDeps, 'limits'>,
  { images, places }: FastifyRequest,
): Uint8Array => {
  const bytes = images[FIELD]
  if (!bytes) throw new Refusal('parameter')
  if (bytes.length === 0) throw new Refusal('imageZero')
  if (bytes.length > limits.advanceImageBytes) throw new Refusal('imageSize')
  if (!beginsAsPicture(bytes)) throw new Refusal('imageFormat')
  const head = readPictureHead(bytes)
  if (!head) throw new Refusal('imageDecode')
  const { advanceLeastSidePixels: least, advanceMostSidePixels: most } = limits
  if ([head.width, head.height].some(side => side < least || side > most)) throw new Refusal('imageDimension')
  places?.confirm()
  return bytes
}

/** As JPEG or PNG; what follows may still be broken. */
const beginsAsPicture = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0xff && bytes[1] === 0xd8) || Buffer.from(bytes.subarray(0, 4)).toString('hex') === '89504e47'
