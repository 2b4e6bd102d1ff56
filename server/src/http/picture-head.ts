// Format and size of a JPEG or PNG by its first bytes, for protocols that bound both before a picture is worked on. Decodes
// nothing and trusts nothing: what is read here may still be no picture.

export interface PictureHead {
  readonly mediaType: 'image/jpeg' | 'image/png'
  /** Pixels of the upright picture. */
  readonly width: number
  readonly height: number
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')

/** Null where the bytes are neither, or break off before they say how large the picture is. */
export const readPictureHead = (bytes: Uint8Array): PictureHead | null => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length >= 4 && buffer.readUInt16BE(0) === 0xffd8) return readJpeg(buffer)
  return buffer.subarray(0, 8).equals(PNG_SIGNATURE) ? readPng(buffer) : null
}

/** The first chunk is IHDR and begins with both sides (PNG, section 11.2.1). */
const readPng = (buffer: Buffer): PictureHead | null => {
  if (buffer.length < 24 || buffer.toString('latin1', 12, 16) !== 'IHDR') return null
  return { mediaType: 'image/png', width: buffer.readUInt32BE(16), height: buffer.readUInt32BE(20) }
}

/** Marker codes of ITU-T T.81, table B.1: start of frame, without the three in between that are none. */
const isFrameStart = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
const hasNoLength = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
const APP1 = 0xe1
const START_OF_SCAN = 0xda

const readJpeg = (buffer: Buffer): PictureHead | null => {
  let isTurned = false
  for (let at = 2; at + 4 <= buffer.length; ) {
    if (buffer[at] !== 0xff) return null
    const marker = buffer[at + 1]
    // Any number of fill bytes may stand before a marker.
    if (marker === 0xff || hasNoLength(marker)) {
      at += marker === 0xff ? 1 : 2
      continue
    }
    const length = buffer.readUInt16BE(at + 2)
    if (isFrameStart(marker)) return at + 9 <= buffer.length ? toHead(buffer, at, isTurned) : null
    if (marker === START_OF_SCAN || length < 2) return null
    if (marker === APP1) isTurned ||= readOrientation(buffer.subarray(at + 4, at + 2 + length)) >= 5
    at += 2 + length
  }
  return null
}

const toHead = (buffer: Buffer, at: number, isTurned: boolean): PictureHead | null => {
  const [height, width] = [buffer.readUInt16BE(at + 5), buffer.readUInt16BE(at + 7)]
  if (width === 0 || height === 0) return null
  return isTurned
    ? { mediaType: 'image/jpeg', width: height, height: width }
    : { mediaType: 'image/jpeg', width, height }
}

const ORIENTATION_TAG = 0x0112

/** 1-8 as EXIF has it; from 5 on the picture lies on its side. 1 where nothing is said. */
const readOrientation = (segment: Buffer): number => {
  if (segment.toString('latin1', 0, 6) !== 'Exif\0\0' || segment.length < 20) return 1
  const tiff = segment.subarray(6)
  const isLittle = tiff.toString('latin1', 0, 2) === 'II'
  const read16 = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const first = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  if (first + 2 > tiff.length) return 1
  const entries = read16(first)
  for (let at = first + 2; at + 12 <= tiff.length && at < first + 2 + entries * 12; at += 12)
    if (read16(at) === ORIENTATION_TAG) return read16(at + 8)
  return 1
}
