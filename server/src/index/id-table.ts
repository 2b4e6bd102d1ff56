// A hash table from face id (four words) to slot, open addressing in typed arrays: 5 to 11 bytes per face. It holds slots
// only; the ids themselves stay with its owner, who lends them through `readId`.

const SHARDS = 64
const SHARD_SHIFT = 26
const SMALLEST_TABLE = 16

export interface IdTable {
  /** The slot of this id, or -1. */
  find(words: Uint32Array): number
  /** The id must not be there yet, and `readId(slot)` must give it already. */
  insert(slot: number): void
  /** `readId(slot)` must still give the id. */
  remove(slot: number): void
  bytes(): number
}

/** Loads the id of a slot into `words[0..3]`. */
export type ReadId = (slot: number, words: Uint32Array) => void

/**
 * Sixty-four shards by the hash's top bits, each doubling on its own at three quarters full, so that growing never stops
 * the thread for long: a shard of a million-face gallery has 16,000 entries, rehashed in well under a millisecond.
 */
export function createIdTable(readId: ReadId): IdTable {
  const tables: Int32Array[] = Array.from({ length: SHARDS }, () => new Int32Array(0))
  const used = new Int32Array(SHARDS)
  const other = new Uint32Array(4)

  const hashOfSlot = (slot: number): number => {
    readId(slot, other)
    return hashOf(other)
  }

  const grow = (shard: number): Int32Array => {
    const before = tables[shard]!
    const after = new Int32Array(Math.max(SMALLEST_TABLE, before.length * 2))
    for (const entry of before) if (entry !== 0) place(after, hashOfSlot(entry - 1), entry - 1)
    tables[shard] = after
    return after
  }

  return {
    find(words) {
      const hash = hashOf(words)
      const table = tables[hash >>> SHARD_SHIFT]!
      if (table.length === 0) return -1
      const mask = table.length - 1
      for (let at = hash & mask; table[at] !== 0; at = (at + 1) & mask) {
        readId(table[at]! - 1, other)
        if (isSame(words, other)) return table[at]! - 1
      }
      return -1
    },

    insert(slot) {
      const hash = hashOfSlot(slot)
      const shard = hash >>> SHARD_SHIFT
      const isFull = (used[shard]! + 1) * 4 > tables[shard]!.length * 3
      place(isFull ? grow(shard) : tables[shard]!, hash, slot)
      used[shard]! += 1
    },

    remove(slot) {
      const hash = hashOfSlot(slot)
      const table = tables[hash >>> SHARD_SHIFT]!
      const mask = table.length - 1
      let gap = hash & mask
      while (table[gap] !== slot + 1) gap = (gap + 1) & mask
      // Later entries of the run move up into the gap, so that no marker is left behind and lookups stay short.
      for (let at = (gap + 1) & mask; table[at] !== 0; at = (at + 1) & mask) {
        const home = hashOfSlot(table[at]! - 1) & mask
        if (((at - home) & mask) < ((at - gap) & mask)) continue
        table[gap] = table[at]!
        gap = at
      }
      table[gap] = 0
      used[hash >>> SHARD_SHIFT]! -= 1
    },

    bytes: () => tables.reduce((sum, table) => sum + table.byteLength, used.byteLength),
  }
}

/** Puts slot + 1 (0 means empty) at the first gap. */
function place(table: Int32Array, hash: number, slot: number): void {
  const mask = table.length - 1
  let at = hash & mask
  while (table[at] !== 0) at = (at + 1) & mask
  table[at] = slot + 1
}

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0]
}

/** 32 bits, each depending on all 128: xor, multiply by an odd constant, shift down, word by word. */
function hashOf(words: Uint32Array): number {
  let hash = 0
  for (let i = 0; i < 4; i += 1) {
    hash = Math.imul(hash ^ words[i]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash, 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
