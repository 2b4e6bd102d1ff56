// The queries on the counters of applications in testing mode.
import { sql, type Transaction } from 'kysely'
import type { ProductCount, TestingStore } from '../core/testing-ports.ts'
import { toNumber } from './codec.ts'
import type { StoreConnection } from './connection.ts'
import type { ControlTables } from './schema.ts'

export function createTestingStore({ db }: StoreConnection<ControlTables>): TestingStore {
  async function take(credentialId: string, products: readonly string[], quota: number): Promise<string | null> {
    // In one order for all, so that two calls never wait for each other.
    const sorted = products.toSorted()
    try {
      await db.transaction().execute(async trx => {
        for (const product of sorted) await takeOne(trx, credentialId, product, quota)
      })
      return null
    } catch (error) {
      if (error instanceof UsedUp) return error.product
      throw error
    }
  }

  async function giveBack(credentialId: string, products: readonly string[]): Promise<void> {
    await db
      .updateTable('testing_counts')
      .set({ used: sql<number>`used - 1` })
      .where('credential_id', '=', credentialId)
      .where('product', 'in', products)
      .where('used', '>', 0)
      .execute()
  }

  async function list(credentialId: string): Promise<readonly ProductCount[]> {
    const rows = await db
      .selectFrom('testing_counts')
      .select(['product', 'used'])
      .where('credential_id', '=', credentialId)
      .orderBy('product')
      .execute()
    return rows.map(({ product, used }) => ({ product, used: toNumber(used) }))
  }

  async function reset(credentialId: string): Promise<void> {
    await db.deleteFrom('testing_counts').where('credential_id', '=', credentialId).execute()
  }

  return { take, giveBack, list, reset }
}

/** Undoes the transaction it is thrown in. */
class UsedUp extends Error {
  readonly product: string
  constructor(product: string) {
    super(product)
    this.product = product
  }
}

async function takeOne(
  trx: Transaction<ControlTables>,
  credentialId: string,
  product: string,
  quota: number,
): Promise<void> {
  await trx
    .insertInto('testing_counts')
    .values({ credential_id: credentialId, product, used: 0 })
    .onConflict(conflict => conflict.columns(['credential_id', 'product']).doNothing())
    .execute()
  // The row is locked until the transaction ends: what is compared is what is counted up.
  const taken = await trx
    .updateTable('testing_counts')
    .set({ used: sql<number>`used + 1` })
    .where('credential_id', '=', credentialId)
    .where('product', '=', product)
    .where('used', '<', quota)
    .returning('used')
    .executeTakeFirst()
  if (!taken) throw new UsedUp(product)
}
