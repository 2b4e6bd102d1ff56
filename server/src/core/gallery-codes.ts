// The short code of a gallery, for protocols that know galleries by one. Follows from the uid, so that every gallery has one
// without anybody choosing it, and a gallery made anew under an old id has another.
import { createHash } from 'node:crypto'

/** As the vendor's: "sg" and ten more of digits and lower-case letters, 51 bits. */
const PREFIX = 'sg'
const CHARACTERS = 10

export const codeOf = (uid: string): string => {
  const number = createHash('sha256').update(`gallery-code:${uid}`).digest().readBigUInt64BE()
  return PREFIX + number.toString(36).padStart(CHARACTERS, '0').slice(-CHARACTERS)
}
