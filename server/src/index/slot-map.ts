// Which face sits in which row ("slot") of a gallery: 16 bytes per slot for the id, a hash table for the way back, and a
// queue of free slots that lives inside the freed slots themselves. Holds no templates.
import { formatFaceId, parseFaceId, WORDS_PER_ID } from './face-id.ts'
import { createIdTable } from './id-table.ts'
import { createIdWords } from './id-words.ts'

export interface SlotMap {
  /** The face's slot, or -1. */
  find(id: string): number
  /**
   * A slot for a face that has none yet: the one freed first, if every scan older than its removal has ended
   * (`oldestScan`: number of the oldest scan under way, Infinity for none), else a new one. TypeError when the id is no lower-case UUID.
   */
  take(id: string, oldestScan: number): number
  /** Frees the face's slot and returns it, -1 for an unknown face. `nextScan`: the number that the next scan will get. */
  release(id: string, nextScan: number): number
  /** The face in this slot, null for a free one. */
  idAt(slot: number): string | null
  /** Faces. */
  size(): number
  /** Slots ever handed out: the rows that a scan has to cover. */
  rows(): number
  bytes(): number
}

const NONE = 0xffffffff
const TWO_TO_32 = 2 ** 32

/**
 * A free slot's id words hold: the next free slot, then the number of the first scan that cannot have seen the old face
 * (low word, high word). Whether a slot is free needs no mark: the table leads from a taken slot's id back to the slot.
 */
export function createSlotMap(): SlotMap {
  const ids = createIdWords()
  const wanted = new Uint32Array(WORDS_PER_ID)
  const found = new Uint32Array(WORDS_PER_ID)
  let size = 0
  let firstFree = NONE
  let lastFree = NONE

  const table = createIdTable(ids.read)

  const reuse = (oldestScan: number): number => {
    if (firstFree === NONE) return -1
    ids.read(firstFree, found)
    if (found[1]! + found[2]! * TWO_TO_32 > oldestScan) return -1
    const slot = firstFree
    firstFree = found[0]!
    if (firstFree === NONE) lastFree = NONE
    return slot
  }

  const retire = (slot: number, nextScan: number): void => {
    ids.write(slot, NONE, nextScan % TWO_TO_32, Math.floor(nextScan / TWO_TO_32), 0)
    if (lastFree === NONE) {
      firstFree = slot
    } else {
      ids.read(lastFree, found)
      ids.write(lastFree, slot, found[1]!, found[2]!, 0)
    }
    lastFree = slot
  }

  return {
    find: id => (parseFaceId(id, wanted) ? table.find(wanted) : -1),

    take(id, oldestScan) {
      if (!parseFaceId(id, wanted)) throw new TypeError(`Expected a lower-case UUID as face id, got ${String(id)}.`)
      const reused = reuse(oldestScan)
      const slot = reused < 0 ? ids.append() : reused
      ids.write(slot, wanted[0]!, wanted[1]!, wanted[2]!, wanted[3]!)
      table.insert(slot)
      size += 1
      return slot
    },

    release(id, nextScan) {
      const slot = parseFaceId(id, wanted) ? table.find(wanted) : -1
      if (slot < 0) return -1
      table.remove(slot)
      retire(slot, nextScan)
      size -= 1
      return slot
    },

    idAt(slot) {
      ids.read(slot, wanted)
      return table.find(wanted) === slot ? formatFaceId(wanted, 0) : null
    },

    size: () => size,
    rows: () => ids.slots(),
    bytes: () => ids.bytes() + table.bytes(),
  }
}
