// What may come once: remembers nonces until the calls that carry them are too old to be taken anyway. In memory, bounded; a
// restart forgets them.
import { createHash } from 'node:crypto'
import type { Clock } from './ports.ts'

/** Full: nothing is forgotten early, as that would let a call through twice. Also where the owner has used its share. */
export type NonceOutcome = 'new' | 'used' | 'full'

export interface Nonces {
  /** Remembers the nonce of this owner until then. */
  use(owner: string, nonce: string, until: Date): NonceOutcome
}

/** Nonces are forgotten by the minute. */
const SLOT_MS = 60_000
/** Of all, what one owner may fill: the others must get in as well. */
const OWNER_SHARE = 0.5
/** Of SHA-256, enough that no two meet by chance. */
const KEPT_BYTES = 16

export const createNonces = (clock: Clock, most: number): Nonces => {
  /** By the minute in which the last of them may be forgotten, and by owner. */
  const slots = new Map<number, Map<string, Set<string>>>()
  let count = 0

  const forget = (nowMs: number): void => {
    for (const [slot, owners] of slots)
      if (slot * SLOT_MS <= nowMs) {
        for (const nonces of owners.values()) count -= nonces.size
        slots.delete(slot)
      }
  }

  return {
    use(owner, nonce, until) {
      forget(clock.now().getTime())
      const key = createHash('sha256').update(nonce).digest().toString('latin1', 0, KEPT_BYTES)
      let owned = 0
      for (const owners of slots.values()) {
        const nonces = owners.get(owner)
        if (nonces?.has(key)) return 'used'
        owned += nonces?.size ?? 0
      }
      if (count >= most || owned >= most * OWNER_SHARE) return 'full'
      const slot = Math.floor(until.getTime() / SLOT_MS) + 1
      const owners = slots.get(slot) ?? new Map<string, Set<string>>()
      slots.set(slot, owners.set(owner, (owners.get(owner) ?? new Set()).add(key)))
      count++
      return 'new'
    },
  }
}
