// Files that are no good pictures, made from good ones or byte by byte.
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { cutPerson } from '../src/vision/pictures.fixture.ts'

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

const chunk = (type: string, data: Uint8Array): Buffer => {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, checksum])
}

/** A PNG whose header promises this size; its pixel data are a few bytes that do not even decompress to one row. */
export const pngThatPromises = (width: number, height: number): Buffer => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(64))), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([PNG_SIGNATURE, ...parts])
}

/** A JPEG's frame header says 65,500 x 65,500 pixels; the data are those of the small picture. */
export const jpegThatPromisesMuch = async (): Promise<Buffer> => {
  const bytes = await cutPerson('ada').jpeg().toBuffer()
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0, 0x00, 0x11, 0x08]))
  bytes.writeUInt16BE(65_500, frame + 5)
  bytes.writeUInt16BE(65_500, frame + 7)
  return bytes
}

export const blank = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#777777' } })
    .png()
    .toBuffer()

/** The first part of the file, as a broken upload leaves it. */
export const cutOff = (bytes: Buffer, share: number): Buffer => bytes.subarray(0, Math.floor(bytes.length * share))

/** Some bytes in the middle are others. */
export const damage = (bytes: Buffer): Buffer => {
  const damaged = Buffer.from(bytes)
  const middle = Math.floor(bytes.length / 2)
  for (let i = 0; i < 400; i++) damaged[middle + i] ^= 0x5a
  return damaged
}

const uncompressedBmp = (): Buffer => {
  const bytes = Buffer.alloc(54 + 64 * 64 * 3, 0x80)
  bytes.write('BM', 0, 'latin1')
  bytes.writeUInt32LE(bytes.length, 2)
  bytes.writeUInt32LE(0, 6)
  bytes.writeUInt32LE(54, 10)
  bytes.writeUInt32LE(40, 14)
  bytes.writeInt32LE(64, 18)
  bytes.writeInt32LE(64, 22)
  bytes.writeUInt16LE(1, 26)
  bytes.writeUInt16LE(24, 28)
  bytes.fill(0, 30, 54)
  return bytes
}

const icoAround = (png: Buffer): Buffer => {
  const head = Buffer.from([0, 0, 1, 0, 1, 0, 64, 64, 0, 0, 1, 0, 32, 0, 0, 0, 0, 0, 22, 0, 0, 0])
  head.writeUInt32LE(png.length, 14)
  return Buffer.concat([head, png])
}

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>'
const PDF = '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n'

/** Whole files of formats that are not taken, and things that are no pictures. */
export const foreignFiles = async (): Promise<Record<string, Buffer>> => ({
  BMP: uncompressedBmp(),
  TIFF: await cutPerson('ada').tiff().toBuffer(),
  ICO: icoAround(await blank(64, 64)),
  SVG: Buffer.from(SVG),
  'SVG with an XML declaration': Buffer.from(`<?xml version="1.0"?>${SVG}`),
  PDF: Buffer.from(PDF),
  text: Buffer.from('This is a text and no picture.'),
  'a web page': Buffer.from('<!doctype html><title>Sign in</title>'),
  'zero bytes in a row': Buffer.alloc(5000),
  'a RIFF file that is sound': Buffer.from('RIFF\x24\x00\x00\x00WAVEfmt ', 'latin1'),
})

/** Files that begin like pictures of a format that is taken, and are broken. */
export const brokenFiles = async (): Promise<Record<string, Buffer>> => {
  const [jpeg, progressive, png, webp, avif, gif] = await Promise.all([
    cutPerson('ada').jpeg({ quality: 92 }).toBuffer(),
    cutPerson('ada').jpeg({ quality: 92, progressive: true }).toBuffer(),
    cutPerson('ada').png().toBuffer(),
    cutPerson('ada').webp().toBuffer(),
    cutPerson('ada').resize(96).avif({ effort: 0 }).toBuffer(),
    cutPerson('ada').resize(96).gif().toBuffer(),
  ])
  return {
    'truncated JPEG': cutOff(jpeg, 0.5),
    'JPEG without its last two bytes': jpeg.subarray(0, -2),
    'corrupt progressive JPEG': damage(progressive),
    'JPEG that ends after its header': jpeg.subarray(0, 640),
    'JPEG signature alone': jpeg.subarray(0, 3),
    'truncated PNG': cutOff(png, 0.5),
    'PNG signature alone': png.subarray(0, 8),
    'corrupt PNG': damage(png),
    'PNG without its pixels': pngThatPromises(300, 300),
    'truncated WebP': cutOff(webp, 0.5),
    'corrupt WebP': damage(webp),
    'truncated AVIF': cutOff(avif, 0.6),
    'truncated GIF': cutOff(gif, 0.5),
    'GIF signature alone': Buffer.from('GIF89a', 'latin1'),
  }
}
