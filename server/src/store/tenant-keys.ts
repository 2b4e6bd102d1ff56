// The queries on tenants' wrapped keys. Sees no key that opens anything.
import type { Selectable, Transaction } from 'kysely'
import type { WrappedKey, WrappedKeyChange, WrappedKeyStore } from '../core/ports.ts'
import { toNumber } from './codec.ts'
import type { StoreConnection } from './connection.ts'
import type { ControlTables, TenantKeysTable } from './schema.ts'

const COLUMNS = ['number', 'tenant_id', 'wrapped', 'retired_at'] as const satisfies readonly (keyof TenantKeysTable)[]
/** The only row of its table. */
const MASTER_KEY = 1

type KeyRow = Pick<Selectable<TenantKeysTable>, (typeof COLUMNS)[number]>

export function createTenantKeyStore({ db, dialect }: StoreConnection<ControlTables>): WrappedKeyStore {
  async function change<T>(work: (keys: WrappedKeyChange) => Promise<T>): Promise<T> {
    let replaced = false
    const result = await db.transaction().execute(async trx => {
      const check = await lockMasterKey(trx)
      const rows = await trx.selectFrom('tenant_keys').select(COLUMNS).orderBy('number').execute()
      return work({
        check,
        keys: rows.map(toWrappedKey),
        add: (tenantId, next, at, wrap) => addKey(trx, tenantId, next, at, wrap),
        rewrap: (next, keys) => {
          replaced = true
          return rewrapKeys(trx, next, keys)
        },
        remove: async tenantId => {
          replaced = true
          await trx.deleteFrom('tenant_keys').where('tenant_id', '=', tenantId).execute()
        },
      })
    })
    // The log must not keep what a lost master key would still open.
    if (replaced) await dialect.clearTraces(db)
    return result
  }

  /** Holds the row of the master key, which is made on first use, until the transaction ends. */
  async function lockMasterKey(trx: Transaction<ControlTables>): Promise<Uint8Array | null> {
    await trx
      .insertInto('master_key')
      .values({ id: MASTER_KEY, check_value: Buffer.alloc(0) })
      .onConflict(conflict => conflict.column('id').doNothing())
      .execute()
    const row = await trx
      .selectFrom('master_key')
      .select('check_value')
      .modifyEnd(dialect.lockEnd)
      .executeTakeFirstOrThrow()
    return toCheck(row.check_value)
  }

  return { change }
}

/** In two steps, as the wrapping contains the number that the database gives. */
async function addKey(
  trx: Transaction<ControlTables>,
  tenantId: string,
  check: Uint8Array,
  at: Date,
  wrap: (number: number) => Uint8Array,
): Promise<WrappedKey> {
  const row = await trx
    .insertInto('tenant_keys')
    .values({ tenant_id: tenantId, wrapped: Buffer.alloc(0), created_at: at.getTime(), retired_at: null })
    .returning('number')
    .executeTakeFirstOrThrow()
  const key = { number: toNumber(row.number), tenantId, wrapped: wrap(toNumber(row.number)), retired: false }
  await rewrapKeys(trx, check, [key])
  return key
}

async function rewrapKeys(
  trx: Transaction<ControlTables>,
  check: Uint8Array,
  keys: readonly WrappedKey[],
): Promise<void> {
  await trx
    .updateTable('master_key')
    .set({ check_value: Buffer.from(check) })
    .execute()
  for (const { number, wrapped } of keys)
    await trx
      .updateTable('tenant_keys')
      .set({ wrapped: Buffer.from(wrapped) })
      .where('number', '=', number)
      .execute()
}

function toCheck(value: Uint8Array | undefined): Uint8Array | null {
  return value && value.length > 0 ? Uint8Array.from(value) : null
}

function toWrappedKey(row: KeyRow): WrappedKey {
  return {
    number: toNumber(row.number),
    tenantId: row.tenant_id,
    wrapped: Uint8Array.from(row.wrapped),
    retired: row.retired_at !== null,
  }
}
