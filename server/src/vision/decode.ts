// Stage "decode": encoded bytes → an upright RGB raster. The only importer of sharp; knows nothing of faces.
import sharp from 'sharp'
import type { ImageFacts } from '../core/types.ts'
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { tooComplex } from './deadline.ts'
import { countScans } from './jpeg-scans.ts'
import type { Raster } from './tensor.ts'

sharp.cache(false)
sharp.concurrency(1)
// The bytes decide which decoder takes them, by other rules than ours: one for drawings or documents must never be it.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map(format => `VipsForeignLoad${format}`),
})

export interface DecodedImage {
  readonly facts: ImageFacts
  /** The picture at working size: at most MAX_WORKING_SIDE pixels on its longer side. */
  readonly raster: Raster
  /** Picture pixels per raster pixel, ≥ 1. */
  readonly reduction: number
}

/** Longer side of the raster that is searched for faces; beyond it a face worth matching is found just as well. */
const MAX_WORKING_SIDE = 2560

/**
 * Formats whose decoder needs that many times the memory of the others, a pixel: they may have so many fewer. Measured at
 * 49 million pixels: AVIF up to 1,300 MB, the others up to 460 MB.
 */
const MEMORY_WEIGHTS: Readonly<Record<string, number>> = { 'image/avif': 2, 'image/heic': 2 }

/** Formats by their first bytes; what is not here is refused before any decoder sees it. */
const SIGNATURES: readonly { mediaType: string; matches: (head: Uint8Array) => boolean }[] = [
  { mediaType: 'image/jpeg', matches: head => startsWith(head, [0xff, 0xd8, 0xff]) },
  { mediaType: 'image/png', matches: head => startsWith(head, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) },
  { mediaType: 'image/webp', matches: head => ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WEBP' },
  { mediaType: 'image/gif', matches: head => ['GIF87a', 'GIF89a'].includes(ascii(head, 0, 6)) },
  { mediaType: 'image/avif', matches: head => ascii(head, 4, 8) === 'ftyp' && /^avi[fs]$/.test(ascii(head, 8, 12)) },
  {
    mediaType: 'image/heic',
    matches: head => ascii(head, 4, 8) === 'ftyp' && /^(hei|hev|mif1|msf1)/.test(ascii(head, 8, 12)),
  },
]

const startsWith = (head: Uint8Array, signature: readonly number[]): boolean =>
  signature.every((byte, index) => head[index] === byte)

const ascii = (head: Uint8Array, from: number, to: number): string => String.fromCharCode(...head.subarray(from, to))

/** The media type by magic bytes, or null when it is none that the server takes. */
export const detectMediaType = (bytes: Uint8Array): string | null =>
  SIGNATURES.find(signature => signature.matches(bytes))?.mediaType ?? null

/**
 * Decodes a picture: header first, then pixels; EXIF orientation applied, metadata dropped, any colour space, depth and
 * transparency (over white) turned into 8-bit RGB, a GIF's first frame taken.
 * @throws AppError image_empty, image_format_unsupported, image_corrupt, image_too_large, image_too_many_pixels, image_too_small,
 * image_too_complex
 */
export const decodeImage = async (bytes: Uint8Array, limits: Limits): Promise<DecodedImage> => {
  const mediaType = checkBytes(bytes, limits)
  const { width, height } = await readHeader(bytes, mediaType, limits)
  const longer = Math.max(width, height)
  const reduction = Math.max(1, longer / MAX_WORKING_SIDE)
  let pipeline = sharp(bytes, { failOn: 'error', limitInputPixels: limits.maxImagePixels, pages: 1 })
    .timeout({ seconds: Math.ceil(limits.imageDeadlineMs / 1000) })
    .autoOrient()
  if (reduction > 1)
    pipeline = pipeline.resize({
      width: Math.round(width / reduction),
      height: Math.round(height / reduction),
      fit: 'fill',
    })
  try {
    const { data, info } = await pipeline
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    const raster = { width: info.width, height: info.height, data: toRgb(data, info.channels) }
    return { facts: { width, height, mediaType }, raster, reduction: width / info.width }
  } catch (cause) {
    if (cause instanceof Error && TIMED_OUT.test(cause.message)) throw tooComplex(limits.imageDeadlineMs)
    throw refuseCorrupt(mediaType, cause)
  }
}

/** What the decoder says of a picture that it gave up. */
const TIMED_OUT = /^timeout: \d+% complete/m

const checkBytes = (bytes: Uint8Array, limits: Limits): string => {
  if (bytes.length === 0) throw new AppError('image_empty')
  if (bytes.length > limits.maxImageBytes)
    throw new AppError(
      'image_too_large',
      `The picture has ${bytes.length} bytes; at most ${limits.maxImageBytes} are taken.`,
      {
        details: { bytes: bytes.length, maxBytes: limits.maxImageBytes },
      },
    )
  const mediaType = detectMediaType(bytes)
  if (mediaType === null)
    throw new AppError('image_format_unsupported', 'The bytes are not a JPEG, PNG, WebP, AVIF, HEIC or GIF picture.')
  if (mediaType === 'image/jpeg') checkScans(bytes, limits)
  return mediaType
}

/** Each scan goes over all pixels again, and one of a few bytes is enough for that. */
const checkScans = (bytes: Uint8Array, { maxJpegScans }: Limits): void => {
  const scans = countScans(bytes)
  if (scans > maxJpegScans)
    throw new AppError('image_too_complex', `The JPEG picture has ${scans} scans; at most ${maxJpegScans} are taken.`, {
      details: { scans, maxScans: maxJpegScans },
    })
}

/** Upright width and height from the header, checked against the limits before a pixel is decoded. */
const readHeader = async (
  bytes: Uint8Array,
  mediaType: string,
  limits: Limits,
): Promise<{ width: number; height: number }> => {
  const metadata = await sharp(bytes, { limitInputPixels: false, pages: 1 })
    .metadata()
    .catch(cause => {
      throw refuseCorrupt(mediaType, cause)
    })
  const { width, height } = metadata.autoOrient
  const facts = { width, height }
  const maxPixels = Math.floor(limits.maxImagePixels / (MEMORY_WEIGHTS[mediaType] ?? 1))
  if (width * height > maxPixels)
    throw new AppError(
      'image_too_many_pixels',
      `The picture has ${width}x${height} pixels; at most ${maxPixels} in all are taken.`,
      { details: { ...facts, maxPixels } },
    )
  const minSide = limits.minImageSidePixels
  if (Math.min(width, height) < minSide)
    throw new AppError(
      'image_too_small',
      `The picture has ${width}x${height} pixels; both sides must have at least ${minSide}.`,
      { details: { ...facts, minSide } },
    )
  if (Math.min(width, height) < (minSide * Math.max(width, height)) / MAX_WORKING_SIDE)
    throw new AppError(
      'image_too_small',
      `The picture has ${width}x${height} pixels; that is too narrow to look at as a whole.`,
      { details: { ...facts, minSide } },
    )
  return facts
}

const refuseCorrupt = (mediaType: string, cause: unknown): AppError => {
  const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
  if (mediaType === 'image/heic')
    return new AppError(
      'image_format_unsupported',
      'This HEIC picture cannot be decoded here; send it as JPEG, PNG, WebP or AVIF.',
      { cause },
    )
  return new AppError(
    'image_corrupt',
    `The ${mediaType.slice(6).toUpperCase()} picture cannot be decoded: it is truncated or corrupt.`,
    {
      details: { reason },
      cause,
    },
  )
}

const toRgb = (data: Uint8Array, channels: number): Uint8Array => {
  if (channels === 3) return data
  const pixels = data.length / channels
  const rgb = new Uint8Array(pixels * 3)
  for (let i = 0; i < pixels; i++) {
    const from = i * channels
    const grey = channels < 3
    rgb[i * 3] = data[from]
    rgb[i * 3 + 1] = data[grey ? from : from + 1]
    rgb[i * 3 + 2] = data[grey ? from : from + 2]
  }
  return rgb
}

/** The whole raster at `width`×`height` pixels, area-averaged. */
export const resizeRaster = async (raster: Raster, width: number, height: number): Promise<Raster> => {
  const data = await sharp(raster.data, { raw: { width: raster.width, height: raster.height, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer()
  return { width, height, data }
}

/**
 * Gives a raster's memory back at once; the raster must not be used afterwards. Left to the garbage collector, megabytes
 * outside its heap make it collect everything every few pictures, which took a twentieth of the processor time.
 */
export const releaseRaster = ({ data }: Raster): void => {
  const { buffer } = data
  // A part of a larger buffer shares it with others.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === data.byteLength) buffer.transfer(0)
}
