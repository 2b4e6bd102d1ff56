// The hooks of a route that takes pictures, in the vendor's order of checks: payload, subject, flag dependencies, quota, then
// what is fetched, its size and its format. Decodes no picture.
import type { FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import { takeTesting } from '../../../core/application-modes.ts'
import { AppError } from '../../../errors.ts'
import type { Limits } from '../../../limits.ts'
import { checkSize, decodeBase64, fetchImages, type PictureUrls } from '../../images.ts'
import { isPictureUrl } from '../../picture-url/fetch.ts'
import { parseTarget } from '../../picture-url/url-rules.ts'
import type { ProtocolDeps } from '../guards.ts'
import type { Product } from './codes.ts'
import { Refusal } from './errors.ts'
import { readScenario, type Scenario } from './sandbox.ts'
import { dependencyOf, type Flags, flagsOf } from './wire.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the call computes and validates. */
    flags: Flags
    /** Of an application in sandbox mode, in the place of `images`. */
    scenarios: Readonly<Record<string, Scenario>>
    /** Takes back what the call used of its quota; called where it comes to nothing. */
    giveBack?: () => Promise<void>
  }
  interface FastifyContextConfig {
    /** What a call of the route uses in testing mode. */
    product?: Product
  }
}

export interface PictureRoute {
  readonly fields: readonly string[]
  readonly product: Product
  /** What flags the route has by default that differ from the vendor's usual ones. */
  readonly flags?: Parameters<typeof flagsOf>[1]
  /** Checked before flags, quota and pictures. */
  readonly subject?: preHandlerAsyncHookHandler
}

/** What the payload held in the place of a picture that was taken out. */
const TAKEN = 'taken'

export const takePictures = ({ fields, product, flags, subject }: PictureRoute, deps: ProtocolDeps) => {
  const { admission, pictureUrls, limits, control } = deps
  const own = { ...limits, maxImageBytes: Math.min(limits.maxImageBytes, limits.verihubsImageBytes) }
  const fetchAll = fetchImages(withinTime(pictureUrls, limits.verihubsUrlTimeoutMs), own)

  return {
    config: { pictures: fields.length, product },
    async onRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      admission.admit(request, reply, fields.length)
    },
    async preValidation(request: FastifyRequest): Promise<void> {
      const body = asPayload(request.body)
      if (request.credential.mode !== 'sandbox') readPictures(request, body, fields, limits)
      else for (const field of fields) textOf(body, field)
      request.body = body
    },
    preHandler: [
      ...(subject ? [subject] : []),
      async (request: FastifyRequest): Promise<void> => {
        request.flags = flagsOf(request.body as object, flags)
        const missing = dependencyOf(request.flags)
        if (missing) throw new Refusal(missing)
      },
      async (request: FastifyRequest): Promise<void> => {
        const isLiveness = request.flags.liveness && product !== 'LIVENESS'
        const products = isLiveness ? [product, 'LIVENESS'] : [product]
        request.giveBack = await takeTesting(control, request.credential, products)
      },
      async (request: FastifyRequest): Promise<void> => {
        if (request.credential.mode === 'sandbox') return readScenarios(request, fields)
        await fetchAll(request)
        for (const field of fields) checkPicture(checkSize(request.images[field], field, own), field)
        request.places?.confirm()
      },
    ],
  }
}

/** The vendor gives a URL its own time; the server's is the most. */
const withinTime = ({ fetch, policyOf }: PictureUrls, timeoutMs: number): PictureUrls => ({
  fetch,
  policyOf: principal => ({ ...policyOf(principal), timeoutMs }),
})

/** @throws Refusal INVALID_PAYLOAD: no object, nothing in it, or more than one empty text */
const asPayload = (body: unknown): Record<string, unknown> => {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Refusal('INVALID_PAYLOAD')
  const values = Object.values(body)
  if (values.length === 0 || values.filter(value => value === '').length > 1) throw new Refusal('INVALID_PAYLOAD')
  return { ...body }
}

/** @throws AppError image_missing, image_not_base64 */
const textOf = (payload: Record<string, unknown>, field: string): string => {
  const value = payload[field]
  if (value === undefined) throw new AppError('image_missing', undefined, { details: { image: field } })
  if (typeof value !== 'string' || value.trim() === '') throw noPicture(field)
  return value
}

const noPicture = (field: string): AppError =>
  new AppError('image_not_base64', undefined, { details: { image: field } })

/** @throws AppError image_missing, image_not_base64 */
const readPictures = (
  request: FastifyRequest,
  payload: Record<string, unknown>,
  fields: readonly string[],
  { maxUrlCharacters }: Pick<Limits, 'maxUrlCharacters'>,
): void => {
  const images: Record<string, Uint8Array> = {}
  const imageUrls: Record<string, string> = {}
  for (const field of fields) {
    const text = textOf(payload, field)
    if (isPictureUrl(text)) imageUrls[field] = checkUrl(text, field, maxUrlCharacters)
    else images[field] = decodeBase64(text, field)
    if (images[field]?.length === 0) throw noPicture(field)
    payload[field] = TAKEN
  }
  request.images = images
  request.imageUrls = imageUrls
}

/** A URL by its form; whether it may be asked, and leads to a picture, is found out when it is fetched. */
const checkUrl = (text: string, field: string, maxUrlCharacters: number): string => {
  try {
    parseTarget(text, maxUrlCharacters)
  } catch {
    throw noPicture(field)
  }
  return text
}

const JPEG = [0xff, 0xd8, 0xff]
const PNG = [0x89, 0x50, 0x4e, 0x47]

/** The vendor takes no other format. @throws AppError image_format_unsupported */
const checkPicture = (bytes: Uint8Array, field: string): void => {
  if ([JPEG, PNG].some(magic => magic.every((byte, index) => bytes[index] === byte))) return
  throw new AppError('image_format_unsupported', `"${field}" is neither JPEG nor PNG.`, { details: { image: field } })
}

const readScenarios = (request: FastifyRequest, fields: readonly string[]): void => {
  const body = request.body as Record<string, string>
  request.scenarios = Object.fromEntries(fields.map(field => [field, readScenario(body[field], field)]))
}
