// One picture out of three ways to send it: base64, an address, or a file that was sent before. Checks what the vendor's
// pages say of format and size; decodes nothing.
import type { Limits } from '../../../limits.ts'
import { decodeBase64, type PictureUrls } from '../../images.ts'
import { readPictureHead } from '../../picture-head.ts'
import type { Call } from './call.ts'
import { GatewayError } from './errors.ts'
import type { Uploads } from './uploads.ts'

/** The parameters that one picture may come in, by the names that the action gives them. */
export interface PictureSources {
  readonly base64?: string
  readonly url?: string
  readonly file?: string
}

export interface PictureRules {
  /** What the picture is called in refusals. */
  readonly name: string
  readonly formats: readonly ('image/jpeg' | 'image/png')[]
  readonly maxBytes: number
  /** Whether a picture must be higher than it is wide. */
  readonly isPortraitOnly?: boolean
}

export interface PictureDeps {
  readonly pictureUrls: PictureUrls
  readonly uploads: Uploads
  readonly limits: Pick<Limits, 'alibabaUrlTimeoutMs' | 'alibabaLongerSidePixels' | 'alibabaShorterSidePixels'>
}

/**
 * Null where none is given.
 * @throws GatewayError DataDuplication, InvalidParameter, ToolargeImage, UnqualifiedPhoto; AppError image_url_*, busy
 */
export const takePicture = async (
  deps: PictureDeps,
  call: Call,
  sources: PictureSources,
  rules: PictureRules,
): Promise<Uint8Array | null> => {
  const bytes = await readSource(deps, call, sources, rules)
  if (bytes) checkPicture(bytes, rules, deps.limits)
  return bytes
}

/** A file goes before the others, which then do not count. */
const readSource = async (
  { pictureUrls, uploads, limits }: PictureDeps,
  { principal, request }: Call,
  { base64, url, file }: PictureSources,
  { name }: PictureRules,
): Promise<Uint8Array | null> => {
  if (file !== undefined) {
    // Taken out at once: of two calls at the same time only one has it.
    const bytes = uploads.take(principal, file)
    if (bytes) return bytes
    throw new GatewayError('InvalidParameter', `${name}File is no file that was uploaded here and not used yet.`)
  }
  if (base64 !== undefined && url !== undefined)
    throw new GatewayError('DataDuplication', `Give ${name} as base64 or as a URL, not both.`)
  // Some clients forget to encode "+", which then arrives as a space.
  if (base64 !== undefined) return decodeBase64(base64.replaceAll(' ', '+'), name)
  if (url === undefined) return null
  const policy = { ...pictureUrls.policyOf(principal), timeoutMs: limits.alibabaUrlTimeoutMs }
  return pictureUrls.fetch(url, policy, request.signal)
}

const checkPicture = (
  bytes: Uint8Array,
  { name, formats, maxBytes, isPortraitOnly = false }: PictureRules,
  { alibabaLongerSidePixels, alibabaShorterSidePixels }: PictureDeps['limits'],
): void => {
  if (bytes.length > maxBytes)
    throw new GatewayError('ToolargeImage', `${name} has ${bytes.length} bytes; at most ${maxBytes} are taken.`)
  const head = readPictureHead(bytes)
  if (!head || !formats.includes(head.mediaType))
    throw new GatewayError('UnqualifiedPhoto', `${name} is no ${formats.map(toWord).join(' or ')} picture.`)
  const { width, height } = head
  if (Math.max(width, height) > alibabaLongerSidePixels || Math.min(width, height) > alibabaShorterSidePixels)
    throw new GatewayError(
      'UnqualifiedPhoto',
      `${name} has ${width}x${height} pixels; at most ${alibabaLongerSidePixels} by ${alibabaShorterSidePixels} are taken.`,
    )
  if (isPortraitOnly && width >= height)
    throw new GatewayError(
      'UnqualifiedPhoto',
      `${name} has ${width}x${height} pixels; it must be higher than it is wide.`,
    )
}

const toWord = (mediaType: string): string => (mediaType === 'image/png' ? 'PNG' : 'JPEG')

/** Runs the work of a call; the files that it names are deleted afterwards, however it ended. */
export const withUploads = async <T>(
  uploads: Uploads,
  { principal }: Pick<Call, 'principal'>,
  files: readonly (string | undefined)[],
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work()
  } finally {
    for (const file of files) if (file !== undefined) uploads.discard(principal, file)
  }
}
