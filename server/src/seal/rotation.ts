// Changes the master key: every tenant key is wrapped anew, no data is touched. Can be cut short anywhere and be repeated.
import type { WrappedKeyStore } from '../core/ports.ts'
import { findMasterKey, type MasterKeySource, type MasterKeyTarget, unwrapKey, wrapKey } from './master-key.ts'

/**
 * The order makes every moment safe: the next key is on disk before the database needs it, and takes the present one's place
 * only after. All of it happens under the lock of the key store, so that two rotations cannot mix their files. A start that
 * finds the two steps apart finishes the second (see openVault).
 * @throws AppError master_key_*, config_invalid (no place or no key to change to), sealed_data_corrupt
 */
export async function rotateMasterKey(
  keys: WrappedKeyStore,
  source: MasterKeySource,
  target: MasterKeyTarget = source,
): Promise<{ tenantKeys: number; origin: string }> {
  const rotated = await keys.change(async held => {
    // What an earlier rotation left, before its file is written over.
    await source.promote(held.check)
    const present = await findMasterKey(source, held)
    const next = await target.prepare()
    const rewrapped = held.keys.map(row => ({
      ...row,
      wrapped: wrapKey(next, row.number, row.tenantId, unwrapKey(present, row)),
    }))
    await held.rewrap(next.check, rewrapped)
    return { tenantKeys: rewrapped.length, origin: next.origin }
  })
  await keys.change(held => target.promote(held.check))
  return rotated
}
