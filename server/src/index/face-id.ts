// Face ids (lower-case UUIDs) as four 32-bit words, so that the index keeps 16 bytes per id instead of a string.
// Knows nothing about rows or tables.

export const WORDS_PER_ID = 4

const ID_CHARACTERS = 36
const HYPHENS = [8, 13, 18, 23]
const HYPHEN = 45

/** Character code to the value of the hexadecimal digit, -1 for everything else. Capitals are left out on purpose: an id has one spelling. */
const DIGIT_VALUES = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)))

/** Position of each of the 32 digits in the text. */
const DIGIT_POSITIONS = Uint8Array.from(
  Array.from({ length: ID_CHARACTERS }, (_, position) => position).filter(position => !HYPHENS.includes(position)),
)

const BYTE_TEXTS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Writes the id's words to `words[0..3]`; false, with `words` in no particular state, when it is no lower-case UUID. */
export function parseFaceId(id: string, words: Uint32Array): boolean {
  if (id.length !== ID_CHARACTERS) return false
  for (const position of HYPHENS) if (id.charCodeAt(position) !== HYPHEN) return false
  let digit = 0
  for (let word = 0; word < WORDS_PER_ID; word += 1) {
    let bits = 0
    for (let i = 0; i < 8; i += 1) {
      const value = DIGIT_VALUES[id.charCodeAt(DIGIT_POSITIONS[digit]!)] ?? -1
      if (value < 0) return false
      bits = (bits << 4) | value
      digit += 1
    }
    words[word] = bits
  }
  return true
}

export function isFaceId(id: string): boolean {
  return parseFaceId(id, new Uint32Array(WORDS_PER_ID))
}

/** The id whose words begin at `words[at]`. */
export function formatFaceId(words: Uint32Array, at: number): string {
  const [a, b, c, d] = [textOf(words[at]!), textOf(words[at + 1]!), textOf(words[at + 2]!), textOf(words[at + 3]!)]
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`
}

function textOf(word: number): string {
  return (
    BYTE_TEXTS[word >>> 24]! +
    BYTE_TEXTS[(word >>> 16) & 255]! +
    BYTE_TEXTS[(word >>> 8) & 255]! +
    BYTE_TEXTS[word & 255]!
  )
}
