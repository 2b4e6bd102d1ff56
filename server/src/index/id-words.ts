// Four words per slot, in segments that grow without copying. What the words mean is its owner's business.
import { WORDS_PER_ID } from './face-id.ts'
import { firstRowOf, rowsIn, segmentOf } from './segments.ts'

export interface IdWords {
  /** A new slot behind the last. */
  append(): number
  read(slot: number, words: Uint32Array): void
  write(slot: number, a: number, b: number, c: number, d: number): void
  /** Slots appended so far. */
  slots(): number
  bytes(): number
}

export function createIdWords(): IdWords {
  const segments: Uint32Array[] = []
  let slots = 0

  return {
    append() {
      if (segmentOf(slots) === segments.length) segments.push(new Uint32Array(rowsIn(segments.length) * WORDS_PER_ID))
      slots += 1
      return slots - 1
    },

    read(slot, words) {
      const segment = segmentOf(slot)
      const from = segments[segment]!
      const at = (slot - firstRowOf(segment)) * WORDS_PER_ID
      words[0] = from[at]!
      words[1] = from[at + 1]!
      words[2] = from[at + 2]!
      words[3] = from[at + 3]!
    },

    write(slot, a, b, c, d) {
      const segment = segmentOf(slot)
      const to = segments[segment]!
      const at = (slot - firstRowOf(segment)) * WORDS_PER_ID
      to[at] = a
      to[at + 1] = b
      to[at + 2] = c
      to[at + 3] = d
    },

    slots: () => slots,
    bytes: () => segments.reduce((sum, words) => sum + words.byteLength, 0),
  }
}
