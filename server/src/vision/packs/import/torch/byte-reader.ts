// Reads numbers and runs of bytes one after another, never past the end. Knows no format.
import { corruptDownload } from '../download-errors.ts'

export interface ByteReader {
  readonly offset: number
  /** The next `count` bytes, as a view. Throws `pack_source_corrupt` where there are fewer. */
  bytes(count: number): Uint8Array
  unsigned8(): number
  unsigned16(): number
  signed32(): number
  unsigned32(): number
  /** As a number; what no double can hold exactly is refused. */
  unsigned64(): number
  /** UTF-8 text of `count` bytes. */
  text(count: number): string
  /** ASCII text up to the next line feed. */
  line(): string
}

const LINE_FEED = 10
const ASCII = /^[\x20-\x7e]*$/

/** `path` is for messages. All numbers are little-endian. */
export function createByteReader(source: Uint8Array, path: string, from = 0): ByteReader {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength)
  let offset = from
  const advance = (count: number): number => {
    if (!(count >= 0 && offset + count <= source.length))
      throw corruptDownload(path, `ends at byte ${source.length} where ${count} more were to follow byte ${offset}`)
    const start = offset
    offset += count
    return start
  }
  const bytes = (count: number): Uint8Array => {
    const start = advance(count)
    return source.subarray(start, start + count)
  }
  return {
    get offset() {
      return offset
    },
    bytes,
    unsigned8: () => view.getUint8(advance(1)),
    unsigned16: () => view.getUint16(advance(2), true),
    signed32: () => view.getInt32(advance(4), true),
    unsigned32: () => view.getUint32(advance(4), true),
    unsigned64() {
      const value = Number(view.getBigUint64(advance(8), true))
      if (!Number.isSafeInteger(value)) throw corruptDownload(path, `gives the size ${value} before byte ${offset}`)
      return value
    },
    text(count) {
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes(count))
      } catch (cause) {
        if (cause instanceof TypeError) throw corruptDownload(path, `has no UTF-8 text before byte ${offset}`, cause)
        throw cause
      }
    },
    line() {
      const end = source.indexOf(LINE_FEED, offset)
      const text = end < 0 ? '' : Buffer.from(bytes(end - offset)).toString('latin1')
      if (end < 0 || !ASCII.test(text)) throw corruptDownload(path, `has no line of text at byte ${offset}`)
      offset += 1
      return text
    },
  }
}
