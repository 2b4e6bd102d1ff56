// Pictures out of request bodies: base64, data URLs and multipart parts → bytes. Decodes no picture.
import type { FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's pictures by field name; filled by `readImages`. */
    images: Readonly<Record<string, Uint8Array>>
  }
}

/** What a picture field holds after its bytes were taken out, so that the schema still sees a text. */
const TAKEN = 'taken'

/**
 * Takes the pictures out of the body before it is validated: JSON with base64 or data URLs, or multipart with one part a
 * picture. Other multipart fields are read as JSON where they are JSON, else as text.
 * @throws AppError image_missing, image_empty, image_not_base64, image_too_large, body_malformed, body_too_large
 */
export const readImages =
  (fields: readonly string[], limits: Limits) =>
  async (request: FastifyRequest): Promise<void> => {
    const body = request.isMultipart()
      ? await readParts(request, fields, limits).catch(refuseBrokenForm)
      : asObject(request.body)
    const images: Record<string, Uint8Array> = {}
    for (const field of fields) {
      images[field] = toBytes(body[field], field, limits)
      body[field] = TAKEN
    }
    request.images = images
    request.body = body
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
    if (part.type === 'file') {
      body[part.fieldname] = await part.toBuffer()
      continue
    }
    const { fieldname, value, valueTruncated } = part
    textBytes += Buffer.byteLength(String(value))
    if (valueTruncated || textBytes > limits.maxBodyBytes) throw new AppError('body_too_large')
    body[fieldname] = fields.includes(fieldname) || fieldname === 'subjectId' ? value : readJson(value)
  }
  return body
}

/** The multipart parser's errors have no code where the form itself is broken. */
const refuseBrokenForm = (error: unknown): never => {
  if (error instanceof Error && 'code' in error) throw error
  throw new AppError('body_malformed', 'The multipart body is cut off or not well-formed.', { cause: error })
}

/** Text fields of one form; no operation has as many. */
const MAX_FIELDS = 20

const readJson = (value: unknown): unknown => {
  try {
    return JSON.parse(String(value))
  } catch {
    return value
  }
}

const toBytes = (value: unknown, field: string, limits: Limits): Uint8Array => {
  if (value === undefined || value === null)
    throw new AppError(
      'image_missing',
      `"${field}" is missing: send a picture as base64, as a data URL or as a multipart part.`,
      { details: { image: field } },
    )
  if (value instanceof Uint8Array) return checkSize(value, field, limits)
  if (typeof value !== 'string')
    throw new AppError('request_invalid', `"${field}" must be a text (base64 or data URL).`, { details: { field } })
  return checkSize(decodeBase64(value, field), field, limits)
}

const checkSize = (bytes: Uint8Array, field: string, limits: Limits): Uint8Array => {
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
    throw new AppError('image_not_base64', `"${field}" is neither base64 nor a base64 data URL.`, {
      details: { image: field },
    })
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
