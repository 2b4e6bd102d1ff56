// The port Vault over keys that lie wrapped in the control database. Holds the tenants' keys in memory; writes them nowhere
// unwrapped.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { Clock, Vault, WrappedKey, WrappedKeyStore, WrappedKeys } from '../core/ports.ts'
import { AppError } from '../errors.ts'
import { decrypt, encrypt, KEY_BYTES } from './aes.ts'
import { findMasterKey, type MasterKey, type MasterKeySource, unwrapKey, wrapKey } from './master-key.ts'

const VERSION = 1
/** The version and, big-endian, the number of the key. */
const HEADER_BYTES = 5

interface TenantKey {
  readonly row: WrappedKey
  readonly key: KeyObject
}

export interface VaultParts {
  readonly keys: WrappedKeyStore
  readonly source: MasterKeySource
  readonly clock: Clock
}

/**
 * Loads every tenant's key, and finishes a change of the master key that was cut short.
 * @throws AppError master_key_missing, master_key_wrong, master_key_exposed, sealed_data_corrupt (a tenant's key)
 */
export async function openVault({ keys, source, clock }: VaultParts): Promise<Vault> {
  const ring = await keys.change(async held => {
    await source.promote(held.check)
    const opened = createKeyRing(await findMasterKey(source, held), source)
    for (const row of held.keys) opened.add(row)
    return opened
  })
  const making = new Map<string, Promise<void>>()

  /** One key a tenant, whoever asks first: the row is made under the lock that all processes share. */
  async function makeKey(tenantId: string): Promise<void> {
    const row = await keys.change(async held => {
      const known = held.keys.find(key => key.tenantId === tenantId && !key.retired)
      const master = await ring.masterOf(held)
      const make = () =>
        held.add(tenantId, master.check, clock.now(), number =>
          wrapKey(master, number, tenantId, randomBytes(KEY_BYTES)),
        )
      return known ?? make()
    })
    ring.add(row)
  }

  async function ensureTenant(tenantId: string): Promise<void> {
    if (ring.currentOf(tenantId)) return
    const made = making.get(tenantId) ?? makeKey(tenantId).finally(() => making.delete(tenantId))
    making.set(tenantId, made)
    await made
  }

  async function ensureKeysOf(sealed: readonly Uint8Array[]): Promise<void> {
    if (sealed.every(bytes => isUnknownForm(bytes) || ring.has(numberOf(bytes)))) return
    await keys.change(held => ring.load(held))
  }

  function seal(tenantId: string, plaintext: Uint8Array, context: string): Uint8Array {
    const current = ring.currentOf(tenantId)
    if (!current) throw new AppError('internal', `The key of tenant "${tenantId}" was not loaded before its first use.`)
    return encrypt(current.key, plaintext, context, createHeader(current.row.number))
  }

  function open(sealed: Uint8Array, context: string): Uint8Array {
    const key = isUnknownForm(sealed) ? null : ring.get(numberOf(sealed))
    const plaintext = key && decrypt(key, sealed, context, HEADER_BYTES)
    if (plaintext) return plaintext
    const reason = key === undefined ? 'the key that sealed it is gone' : 'it was altered, or sealed as something else'
    throw new AppError('sealed_data_corrupt', `What is stored as "${context}" cannot be opened: ${reason}.`, {
      details: { sealed: context },
    })
  }

  async function forgetTenant(tenantId: string): Promise<void> {
    await keys.change(held => held.remove(tenantId))
    ring.remove(tenantId)
  }

  return { ensureTenant, ensureKeysOf, seal, open, forgetTenant }
}

/** The unwrapped keys by number and by tenant, and the master key that they were unwrapped with last. */
function createKeyRing(first: MasterKey, source: MasterKeySource) {
  let master = first
  const byNumber = new Map<number, TenantKey>()
  const current = new Map<string, TenantKey>()

  /**
   * Read anew each time: another process may have changed it, and a key is wrapped with nothing but a master key that lies
   * where the next start will find it.
   */
  async function masterOf(stored: WrappedKeys): Promise<MasterKey> {
    master = await findMasterKey(source, stored)
    return master
  }

  function add(row: WrappedKey): void {
    const known = byNumber.get(row.number)
    const entry = { row, key: known?.key ?? createSecretKey(unwrapKey(master, row)) }
    byNumber.set(row.number, entry)
    if (!row.retired) current.set(row.tenantId, entry)
  }

  /** Takes over what is stored, and forgets what is not there any more. */
  async function load(stored: WrappedKeys): Promise<void> {
    if (stored.keys.some(row => !byNumber.has(row.number))) await masterOf(stored)
    const numbers = new Set(stored.keys.map(row => row.number))
    for (const { row } of byNumber.values()) if (!numbers.has(row.number)) remove(row.tenantId)
    for (const row of stored.keys) add(row)
  }

  function remove(tenantId: string): void {
    current.delete(tenantId)
    for (const { row } of byNumber.values()) if (row.tenantId === tenantId) byNumber.delete(row.number)
  }

  return {
    masterOf,
    add,
    load,
    remove,
    has: (number: number) => byNumber.has(number),
    get: (number: number) => byNumber.get(number)?.key,
    currentOf: (tenantId: string) => current.get(tenantId),
  }
}

function createHeader(number: number): Uint8Array {
  const header = Buffer.allocUnsafe(HEADER_BYTES)
  header.writeUInt8(VERSION)
  header.writeUInt32BE(number, 1)
  return header
}

function isUnknownForm(sealed: Uint8Array): boolean {
  return sealed.length < HEADER_BYTES || sealed[0] !== VERSION
}

/** Arithmetic and no view: this runs for every template that is loaded. */
function numberOf(sealed: Uint8Array): number {
  return sealed[1]! * 2 ** 24 + (sealed[2]! << 16) + (sealed[3]! << 8) + sealed[4]!
}
