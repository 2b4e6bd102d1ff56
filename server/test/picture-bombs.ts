// Pictures that promise little and cost much, and files that try to be taken for pictures. All are made here, byte by byte
// or out of good pictures.
import { crc32, deflateSync, gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { cutPerson } from '../src/vision/pictures.fixture.ts'

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const bytes = (...values: readonly number[]): Buffer => Buffer.from(values)
const latin = (text: string): Buffer => Buffer.from(text, 'latin1')
const uint16 = (value: number): Buffer => bytes(value >> 8, value & 255)
const uint32 = (value: number): Buffer => Buffer.concat([uint16(value >>> 16), uint16(value & 0xffff)])

export const pngChunk = (type: string, data: Uint8Array): Buffer => {
  const named = Buffer.concat([latin(type), data])
  return Buffer.concat([uint32(data.length), named, uint32(crc32(named))])
}

const IHDR_LENGTH = 25

/** Chunks put right after the header of a good PNG. */
const pngWith = (png: Buffer, ...chunks: readonly Buffer[]): Buffer => {
  const end = PNG_SIGNATURE.length + IHDR_LENGTH
  return Buffer.concat([png.subarray(0, end), ...chunks, png.subarray(end)])
}

const adaPng = (): Promise<Buffer> => cutPerson('ada').png().toBuffer()
const adaJpeg = (): Promise<Buffer> => cutPerson('ada').jpeg().toBuffer()

/** A whole PNG of one colour: a few bytes a million pixels. */
export const plainPng = (width: number, height: number): Buffer =>
  Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', Buffer.concat([uint32(width), uint32(height), bytes(8, 2, 0, 0, 0)])),
    pngChunk('IDAT', deflateSync(Buffer.alloc((width * 3 + 1) * height))),
    pngChunk('IEND', Buffer.alloc(0)),
  ])

/** Text or a colour profile that inflates to 64 MB. */
export const pngWithBomb = async (type: 'zTXt' | 'iCCP'): Promise<Buffer> =>
  pngWith(await adaPng(), pngChunk(type, Buffer.concat([latin('x\0\0'), deflateSync(Buffer.alloc(64 << 20))])))

export const pngWithManyChunks = async (count: number): Promise<Buffer> =>
  pngWith(await adaPng(), ...Array(count).fill(pngChunk('tEXt', latin('x\0y'))))

/** An animated PNG that announces 10,000 frames and has the first. */
export const animatedPng = async (): Promise<Buffer> =>
  pngWith(await adaPng(), pngChunk('acTL', Buffer.concat([uint32(10_000), uint32(0)])))

export const animatedWebp = async (): Promise<Buffer> => {
  const people = [await adaPng(), ...Array(20).fill(await cutPerson('bea').resize(468).png().toBuffer())]
  return sharp(people, { join: { animated: true } })
    .webp({ effort: 0 })
    .toBuffer()
}

/** Lossless WebP: a header for 16,383 x 16,383 pixels, and nothing after it. */
export const webpThatPromises = (): Buffer => {
  const data = Buffer.concat([bytes(0x2f), Buffer.from('febfff0f', 'hex'), Buffer.alloc(21)])
  const size = Buffer.alloc(8)
  size.writeUInt32LE(12 + data.length, 0)
  size.writeUInt32LE(data.length, 4)
  return Buffer.concat([latin('RIFF'), size.subarray(0, 4), latin('WEBPVP8L'), size.subarray(4), data])
}

/** Ada, and 9,999 more frames of one pixel. */
export const gifOfManyFrames = async (): Promise<Buffer> => {
  const gif = await cutPerson('ada').resize(300).gif().toBuffer()
  const control = bytes(0x21, 0xf9, 4, 0, 1, 0, 0, 0)
  const pixel = bytes(0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0)
  const frames = Array(9_999).fill(Buffer.concat([control, pixel]))
  return Buffer.concat([gif.subarray(0, -1), ...frames, bytes(0x3b)])
}

/** The screen is larger than the picture on it. */
export const gifOnLargeScreen = async (): Promise<Buffer> => {
  const gif = await cutPerson('ada').resize(300).gif().toBuffer()
  gif.fill(0xff, 6, 10)
  return gif
}

/** A JPEG's frame header says other measures; its data stay. */
export const jpegThatPromises = async (width: number, height: number): Promise<Buffer> => {
  const jpeg = await adaJpeg()
  const frame = jpeg.indexOf(bytes(0xff, 0xc0, 0x00, 0x11, 0x08))
  jpeg.writeUInt16BE(height, frame + 5)
  jpeg.writeUInt16BE(width, frame + 7)
  return jpeg
}

const jpegSegment = (marker: number, data: Uint8Array): Buffer =>
  Buffer.concat([bytes(0xff, marker), uint16(data.length + 2), data])

const ofOneCode = (kind: number, symbol: number): Buffer => bytes(kind, 1, ...Array(15).fill(0), symbol)

/** The longest run of blocks without anything: one bit for the only code, fourteen for the length. */
const EMPTY_RUN = 32_767

/**
 * A progressive JPEG of one colour by the rules: a first scan, then one for each bit of each coefficient of each component,
 * a few bytes each, and each a walk over all blocks.
 */
export const jpegOfScans = (side: number, scans: number): Buffer => {
  const blocks = Math.ceil(side / 8) ** 2
  const run = '0'.concat('1'.repeat(14))
  const bits = run.repeat(Math.ceil(blocks / EMPTY_RUN))
  const filled = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1')
  const data = (filled.match(/.{8}/g) ?? []).flatMap(octet => {
    const byte = Number.parseInt(octet, 2)
    // A byte of ones would begin a marker.
    return byte === 0xff ? [0xff, 0] : [byte]
  })
  return Buffer.concat([
    bytes(0xff, 0xd8),
    jpegSegment(0xdb, bytes(0, ...Array(64).fill(1))),
    jpegSegment(0xc2, Buffer.concat([bytes(8), uint16(side), uint16(side), bytes(3, 1, 17, 0, 2, 17, 0, 3, 17, 0)])),
    jpegSegment(0xc4, ofOneCode(0x00, 0)),
    jpegSegment(0xc4, ofOneCode(0x10, 0xe0)),
    jpegSegment(0xda, bytes(3, 1, 0, 2, 0, 3, 0, 0, 0, 0)),
    Buffer.alloc(Math.ceil((blocks * 3) / 8)),
    ...laterScans(scans - 1).flatMap(header => [jpegSegment(0xda, header), Buffer.from(data)]),
    bytes(0xff, 0xd9),
  ])
}

/** The headers of scans that each send one bit of one coefficient of one component, the highest bit first. */
const laterScans = (count: number): readonly Buffer[] => {
  const headers: Buffer[] = []
  for (let coefficient = 1; coefficient < 64; coefficient++)
    for (let component = 1; component <= 3; component++)
      for (let bit = 13; bit >= 0; bit--) {
        const bitsBefore = bit === 13 ? 0 : bit + 1
        headers.push(bytes(1, component, 0, coefficient, coefficient, (bitsBefore << 4) | bit))
      }
  return headers.slice(0, count)
}

/** A segment put at the front of a good JPEG. */
export const jpegWith = async (marker: number, data: Uint8Array): Promise<Buffer> => {
  const jpeg = await adaJpeg()
  return Buffer.concat([jpeg.subarray(0, 2), jpegSegment(marker, data), jpeg.subarray(2)])
}

const EXIF = 0xe1

/** EXIF data with this orientation; `next` is where the directory after the first one is said to be. */
export const jpegOfOrientation = (orientation: number, next = 0): Promise<Buffer> =>
  jpegWith(
    EXIF,
    Buffer.concat([
      latin('Exif\0\0MM\0*'),
      uint32(8),
      uint16(1),
      Buffer.concat([uint16(0x0112), uint16(3), uint32(1), uint16(orientation), uint16(0)]),
      uint32(next),
    ]),
  )

const SVG_BODY = 'xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>'

/** Drawings, which would be drawn if a decoder for them were ever asked. */
export const drawings = (): Record<string, Buffer> => ({
  'with an entity of a file': Buffer.from(
    `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>`,
  ),
  'with a picture from elsewhere': Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:9/x.png" width="64" height="64"/></svg>`,
  ),
  'with entities of entities': Buffer.from(
    `<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><svg ${SVG_BODY}`,
  ),
  'after a byte order mark': Buffer.from(`\ufeff<svg ${SVG_BODY}`),
  'after white space': Buffer.from(`${' \n'.repeat(100)}<svg ${SVG_BODY}`),
  compressed: gzipSync(`<svg ${SVG_BODY}`),
})

/** Each begins as a picture of another format does, for who looks at the magic bytes only. */
export const disguisedDrawings = (): Record<string, Buffer> =>
  Object.fromEntries(['avif', 'avis'].map(brand => [brand, Buffer.from(`<!--ftyp${brand}--><svg ${SVG_BODY}`)]))

const box = (type: string, data: Uint8Array): Buffer => Buffer.concat([uint32(data.length + 8), latin(type), data])

/** The beginnings of formats that are not taken, as far as any decoder would look to know them. */
export const otherFormats = (): Record<string, Buffer> => ({
  'JPEG 2000': Buffer.concat([box('jP  ', bytes(13, 10, 0x87, 10)), box('ftyp', latin('jp2 \0\0\0\0jp2 '))]),
  'a JPEG 2000 stream': bytes(0xff, 0x4f, 0xff, 0x51, 0, 47, 0, 0, 0, 0, 0, 64),
  'JPEG XL': bytes(0xff, 0x0a, 0xfa, 0x1f, 0x41, 0x91, 0x08, 0x06),
  HEIC: Buffer.concat([box('ftyp', latin('heic\0\0\0\0mif1heic')), box('meta', Buffer.alloc(4))]),
  'a HEIC drawing': Buffer.from(`<!--ftypheix--><svg ${SVG_BODY}`),
  'a film': box('ftyp', latin('isom\0\0\0\0isomavc1')),
  Photoshop: Buffer.concat([latin('8BPS'), bytes(0, 1), Buffer.alloc(20)]),
  PostScript: latin('%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\nshowpage\n'),
  'portable pixels': Buffer.concat([latin('P6\n64 64\n255\n'), Buffer.alloc(64 * 64 * 3)]),
  'a Radiance picture': latin('#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 64 +X 64\n'),
  FITS: latin('SIMPLE  =                    T'.padEnd(2880)),
  OpenEXR: bytes(0x76, 0x2f, 0x31, 0x01, 2, 0, 0, 0),
  'a CSV file as libvips reads': latin('1,2,3\n'.repeat(64)),
})
