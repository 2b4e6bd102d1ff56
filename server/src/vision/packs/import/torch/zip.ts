// Reads the entries of a zip archive: stored or deflated, checksums verified, nothing larger than it says. Does not know
// what the entries are for.
import { crc32, inflateRawSync } from 'node:zlib'
import type { Limits } from '../../../../limits.ts'
import { corruptDownload, unknownInDownload } from '../download-errors.ts'
import { type ByteReader, createByteReader } from './byte-reader.ts'

interface Entry {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packedBytes: number
  readonly bytes: number
  readonly headerOffset: number
}

// Signatures and fixed sizes as the ZIP application note (APPNOTE.TXT 6.3) gives them.
const END_SIGNATURE = 0x06054b50
const CENTRAL_SIGNATURE = 0x02014b50
const LOCAL_SIGNATURE = 0x04034b50
const END_BYTES = 22
const MAX_COMMENT_BYTES = 0xffff
const ENCRYPTED = 1
const STORED = 0
const DEFLATED = 8
/** Stands for "see the 64-bit record", which only archives above 4 GB have. */
const ELSEWHERE = 0xffffffff

export function isZip(source: Uint8Array): boolean {
  return source.length >= 4 && createByteReader(source, 'zip').unsigned32() === LOCAL_SIGNATURE
}

/** The bytes of every entry by name. Throws `pack_source_corrupt` or `pack_operation_unknown`. */
export function readZip(
  source: Uint8Array,
  path: string,
  limits: Pick<Limits, 'maxUnpackedBytes'>,
): ReadonlyMap<string, Uint8Array> {
  const entries = readDirectory(source, path)
  const total = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  if (total > limits.maxUnpackedBytes)
    throw corruptDownload(path, `unpacks to ${total} bytes, more than ${limits.maxUnpackedBytes}`)
  const contents = new Map<string, Uint8Array>()
  for (const entry of entries) {
    if (contents.has(entry.name)) throw corruptDownload(path, `has two entries ${entry.name}`)
    contents.set(entry.name, unpack(source, entry, path))
  }
  return contents
}

function readDirectory(source: Uint8Array, path: string): Entry[] {
  const end = createByteReader(source, path, findEnd(source, path) + 10)
  const count = end.unsigned16()
  end.unsigned32()
  const reader = createByteReader(source, path, end.unsigned32())
  return Array.from({ length: count }, () => readEntry(reader, path))
}

/** The end record is the last thing but for a comment. */
function findEnd(source: Uint8Array, path: string): number {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength)
  const last = source.length - END_BYTES
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at--)
    if (view.getUint32(at, true) === END_SIGNATURE) return at
  throw corruptDownload(path, 'has no end of a zip archive')
}

function readEntry(reader: ByteReader, path: string): Entry {
  if (reader.unsigned32() !== CENTRAL_SIGNATURE)
    throw corruptDownload(path, `has no zip entry before byte ${reader.offset}`)
  reader.bytes(4)
  const flags = reader.unsigned16()
  const method = reader.unsigned16()
  reader.bytes(4)
  const crc = reader.unsigned32()
  const packedBytes = reader.unsigned32()
  const bytes = reader.unsigned32()
  const [nameBytes, extraBytes, commentBytes] = [reader.unsigned16(), reader.unsigned16(), reader.unsigned16()]
  reader.bytes(8)
  const headerOffset = reader.unsigned32()
  const name = reader.text(nameBytes)
  reader.bytes(extraBytes + commentBytes)
  return { name, flags, method, crc, packedBytes, bytes, headerOffset }
}

function unpack(source: Uint8Array, entry: Entry, path: string): Uint8Array {
  const what = `the zip entry ${entry.name}`
  if (entry.flags & ENCRYPTED) throw unknownInDownload(path, `${what}, which is encrypted`)
  if ([entry.packedBytes, entry.bytes, entry.headerOffset].includes(ELSEWHERE))
    throw unknownInDownload(path, `${what} of more than 4 GB`)
  const reader = createByteReader(source, path, entry.headerOffset)
  if (reader.unsigned32() !== LOCAL_SIGNATURE) throw corruptDownload(path, `has no content of ${what}`)
  // The local header repeats the directory, with an extra field of a length of its own.
  reader.bytes(22)
  const [nameBytes, extraBytes] = [reader.unsigned16(), reader.unsigned16()]
  reader.bytes(nameBytes + extraBytes)
  const packed = reader.bytes(entry.packedBytes)
  const content = decompress(packed, entry, path)
  if (content.length !== entry.bytes || crc32(content) !== entry.crc)
    throw corruptDownload(path, `has other bytes in ${what} than it says`)
  return content
}

function decompress(packed: Uint8Array, entry: Entry, path: string): Uint8Array {
  if (entry.method === STORED) return packed
  if (entry.method !== DEFLATED)
    throw unknownInDownload(path, `the zip entry ${entry.name}, compressed by method ${entry.method}`)
  try {
    // One byte more than promised is enough to see that the promise does not hold.
    return inflateRawSync(packed, { maxOutputLength: entry.bytes + 1 })
  } catch (cause) {
    throw corruptDownload(path, `has other bytes in the zip entry ${entry.name} than it says`, cause)
  }
}
