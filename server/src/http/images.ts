// Pictures out of request bodies: base64, data URLs, multipart parts and URLs → bytes. Decodes no picture.
import type { MultipartFile } from '@fastify/multipart'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../core/types.ts'
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { Admission } from './admission.ts'
import { parseJson } from './json.ts'
import { type FetchPicture, isPictureUrl, type PictureUrlPolicy } from './picture-url/fetch.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's pictures by field name; filled by `takeImages`. */
    images: Readonly<Record<string, Uint8Array>>
    /** The URLs of the pictures that are still to be fetched, by field name. */
    imageUrls: Readonly<Record<string, string>>
  }
}

/** What a picture field holds after its bytes were taken out, so that the schema still sees a text. */
const TAKEN = 'taken'

/** How pictures are fetched, and from where for whom. */
export interface PictureUrls {
  readonly fetch: FetchPicture
  readonly policyOf: (principal: Principal) => PictureUrlPolicy
}

export interface ImageDeps {
  readonly limits: Limits
  readonly pictureUrls: PictureUrls
  readonly admission: Admission
}

export interface TakeOptions {
  /** The field in whose presence pictures may be left out. */
  readonly unless?: string
}

/**
 * The hooks of a route that takes pictures: a full server refuses before the body is read, what is sent is read before the
 * body is validated, URLs are fetched after.
 */
export const takeImages = (
  fields: readonly string[],
  { limits, pictureUrls, admission }: ImageDeps,
  options: TakeOptions = {},
) => {
  const fetchAll = fetchImages(pictureUrls, limits)
  return {
    config: { pictures: fields.length },
    async onRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      admission.admit(request, reply, fields.length)
    },
    preValidation: readImages(fields, limits, options),
    async preHandler(request: FastifyRequest): Promise<void> {
      await fetchAll(request)
      request.places?.confirm()
    },
  }
}

/**
 * Takes the pictures out of the body before it is validated: JSON with base64 or data URLs, or multipart with one part a
 * picture. Other multipart fields are read as JSON where they are JSON, else as text.
 * @throws AppError image_missing, image_empty, image_not_base64, image_too_large, body_malformed, body_too_large
 */
export const readImages =
  (fields: readonly string[], limits: Limits, { unless }: TakeOptions = {}) =>
  async (request: FastifyRequest): Promise<void> => {
    const body = request.isMultipart()
      ? await readParts(request, fields, limits).catch(refuseBrokenForm)
      : asObject(request.body)
    const images: Record<string, Uint8Array> = {}
    const imageUrls: Record<string, string> = {}
    for (const field of fields) {
      const value = body[field]
      if (value === undefined && unless !== undefined && body[unless] !== undefined) continue
      if (typeof value === 'string' && isPictureUrl(value)) imageUrls[field] = value
      else images[field] = toBytes(value, field, limits)
      body[field] = TAKEN
    }
    request.images = images
    request.imageUrls = imageUrls
    request.body = body
  }

/** Fetches all pictures at once; the first that fails ends the others. @throws AppError image_url_*, image_*, busy */
export const fetchImages =
  ({ fetch, policyOf }: PictureUrls, limits: Limits) =>
  async (request: FastifyRequest): Promise<void> => {
    const urls = Object.entries(request.imageUrls)
    if (urls.length === 0) return
    const policy = policyOf(request.principal)
    const failed = new AbortController()
    const signal = AbortSignal.any([failed.signal, request.signal])
    const fetchOne = async ([field, url]: [string, string]): Promise<[string, Uint8Array]> => [
      field,
      checkSize(await fetch(url, policy, signal).catch(nameField(field)), field, limits),
    ]
    try {
      request.images = { ...request.images, ...Object.fromEntries(await Promise.all(urls.map(fetchOne))) }
    } finally {
      failed.abort()
    }
  }

/** The fetcher does not know which of two pictures it is asked for. */
const nameField =
  (field: string) =>
  (error: unknown): never => {
    if (!(error instanceof AppError)) throw error
    const { code, message, details, cause } = error
    throw new AppError(code, message, { cause, details: { image: field, ...details } })
  }

const asObject = (body: unknown): Record<string, unknown> => {
  if (body === undefined || body === null) return {}
  if (typeof body !== 'object' || Array.isArray(body))
    throw new AppError('request_invalid', 'The body must be a JSON object.')
  return { ...body }
}

const readParts = async (
  request: FastifyRequest,
  fields: readonly string[],
  limits: Limits,
): Promise<Record<string, unknown>> => {
  const body: Record<string, unknown> = {}
  const bounds = {
    fileSize: limits.maxImageBytes,
    fieldSize: limits.maxBodyBytes,
    files: fields.length,
    fields: MAX_FIELDS,
  }
  let textBytes = 0
  for await (const part of request.parts({ limits: bounds })) {
    if (Object.hasOwn(body, part.fieldname))
      throw new AppError('request_invalid', `"${part.fieldname}" must be given once.`, {
        details: { field: part.fieldname },
      })
    if (part.type === 'file') {
      body[part.fieldname] = await readFilePart(part, request, limits)
      continue
    }
    const { fieldname, value, valueTruncated } = part
    const bytes = Buffer.byteLength(String(value))
    request.countBodyBytes(bytes)
    textBytes += bytes
    if (valueTruncated || textBytes > limits.maxBodyBytes) throw new AppError('body_too_large')
    if (String(value).includes(SUBSTITUTE))
      throw new AppError('body_malformed', `"${fieldname}" is not UTF-8.`, { details: { field: fieldname } })
    body[fieldname] = fields.includes(fieldname) || fieldname === 'subjectId' ? value : readJson(value)
  }
  return body
}

/**
 * A file of a form. What is too much for the moment is read on and not kept: the parser waits for the end of each part.
 * @throws AppError image_too_large, busy
 */
export const readFilePart = async (
  { file, fieldname }: MultipartFile,
  request: FastifyRequest,
  limits: Pick<Limits, 'maxImageBytes'>,
): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let refusal: unknown
  for await (const chunk of file as AsyncIterable<Buffer>) {
    if (refusal) continue
    try {
      request.countBodyBytes(chunk.length)
      chunks.push(chunk)
    } catch (error) {
      refusal = error
      chunks.length = 0
    }
  }
  if (refusal) throw refusal
  if (file.truncated)
    throw new AppError('image_too_large', `"${fieldname}" has more than ${limits.maxImageBytes} bytes.`, {
      details: { image: fieldname, maxBytes: limits.maxImageBytes },
    })
  return Buffer.concat(chunks)
}

/** The multipart parser's errors have no code where the form itself is broken. */
const refuseBrokenForm = (error: unknown): never => {
  if (error instanceof Error && 'code' in error) throw error
  throw new AppError('body_malformed', 'The multipart body is cut off or not well-formed.', { cause: error })
}

/** What the parser puts in the place of bytes that are no UTF-8, and a text of sense does not have. */
const SUBSTITUTE = '\ufffd'

/** Text fields of one form; no operation has as many. */
const MAX_FIELDS = 20

const readJson = (value: unknown): unknown => {
  try {
    return parseJson(String(value))
  } catch {
    return value
  }
}

/** A picture as it stands in a body. @throws AppError image_missing, image_empty, image_not_base64, image_too_large, request_invalid */
export const toBytes = (value: unknown, field: string, limits: Limits): Uint8Array => {
  if (value === undefined || value === null)
    throw new AppError(
      'image_missing',
      `"${field}" is missing: send a picture as base64, as a data URL, as a URL or as a multipart part.`,
      { details: { image: field } },
    )
  if (value instanceof Uint8Array) return checkSize(value, field, limits)
  if (typeof value !== 'string')
    throw new AppError('request_invalid', `"${field}" must be a text (base64, data URL or URL).`, {
      details: { field },
    })
  return checkSize(decodeBase64(value, field), field, limits)
}

/** @throws AppError image_empty, image_too_large */
export const checkSize = (bytes: Uint8Array, field: string, limits: Limits): Uint8Array => {
  if (bytes.length === 0) throw new AppError('image_empty', `"${field}" has no bytes.`, { details: { image: field } })
  if (bytes.length > limits.maxImageBytes)
    throw new AppError(
      'image_too_large',
      `"${field}" has ${bytes.length} bytes; at most ${limits.maxImageBytes} are taken.`,
      {
        details: { image: field, bytes: bytes.length, maxBytes: limits.maxImageBytes },
      },
    )
  return bytes
}

const DATA_URL = /^data:[^,]{0,200};base64,/i

/** Standard or URL-safe alphabet, padded or not, line breaks allowed. @throws AppError image_not_base64 */
export const decodeBase64 = (text: string, field: string): Uint8Array => {
  const head = DATA_URL.exec(text.slice(0, 256))
  const payload = (head ? text.slice(head[0].length) : text).replace(/[\r\n\t ]+/g, '')
  const bytes = Buffer.from(payload, 'base64')
  // The decoder skips what is no base64; if anything was skipped, fewer bytes come out than the length promises.
  const digits = payload.length - (payload.endsWith('==') ? 2 : payload.endsWith('=') ? 1 : 0)
  if (bytes.length !== Math.floor((digits * 3) / 4) || digits % 4 === 1)
    throw new AppError(
      'image_not_base64',
      `"${field}" is neither base64, nor a base64 data URL, nor an http or https URL.`,
      {
        details: { image: field },
      },
    )
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
