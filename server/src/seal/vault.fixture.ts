// Vaults over keys in memory, for the tests of other parts and for benchmarks. No tests here.
import { randomBytes } from 'node:crypto'
import type { Vault, WrappedKey, WrappedKeyStore, WrappedKeys } from '../core/ports.ts'
import { createMasterKeySource, type MasterKeySource } from './master-key.ts'
import { openVault } from './vault.ts'

export const CLOCK = { now: () => new Date('2031-02-03T04:05:06.789Z') }

/** A source of one master key, as from a variable. */
export function createTestSource(masterKey = randomBytes(32).toString('base64')): MasterKeySource {
  return createMasterKeySource({ masterKeyFile: '/nowhere', masterKey })
}

/** All that a database does for wrapped keys: one change after the other, all of it or nothing. */
export function createMemoryKeyStore(): WrappedKeyStore {
  let state: { check: Uint8Array | null; keys: readonly WrappedKey[]; next: number } = {
    check: null,
    keys: [],
    next: 1,
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    change(work) {
      const run = async () => {
        const draft = { ...state }
        const result = await work({
          ...state,
          async add(tenantId, check, _at, wrap) {
            const number = draft.next++
            const key = { number, tenantId, wrapped: wrap(number), retired: false }
            draft.keys = [...draft.keys, key]
            draft.check = check
            return key
          },
          async rewrap(check, keys) {
            const changed = new Map(keys.map(key => [key.number, key]))
            draft.keys = draft.keys.map(key => changed.get(key.number) ?? key)
            draft.check = check
          },
          async remove(tenantId) {
            draft.keys = draft.keys.filter(key => key.tenantId !== tenantId)
          },
        })
        state = draft
        return result
      }
      const done = last.then(run)
      last = done.catch(() => {})
      return done
    },
  }
}

export function readKeys(keys: WrappedKeyStore): Promise<WrappedKeys> {
  return keys.change(async held => held)
}

export function createTestVault(): Promise<Vault> {
  return openVault({ keys: createMemoryKeyStore(), source: createTestSource(), clock: CLOCK })
}
