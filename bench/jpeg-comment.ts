// A JPEG with a comment in it: other bytes, the same picture. Pure.

const START = 2
const COMMENT = 0xfe
const MOST_BYTES = 65_533

/** Right behind the start of the image, where decoders skip it. @throws RangeError for what is no JPEG or too long a comment */
export const withComment = (jpeg: Uint8Array, comment: string): Buffer => {
  const text = Buffer.from(comment)
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) throw new RangeError('A JPEG was expected.')
  if (text.length > MOST_BYTES) throw new RangeError(`A comment has at most ${MOST_BYTES} bytes.`)
  const head = Buffer.from([0xff, COMMENT, 0, 0])
  head.writeUInt16BE(text.length + 2, 2)
  return Buffer.concat([jpeg.subarray(0, START), head, text, jpeg.subarray(START)])
}
