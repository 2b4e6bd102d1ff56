// The queries on the counters of applications in testing mode.
import { sql, type Transaction } from 'kysely'
import type { ProductCount, TestingStore } from '../core/testing-ports.ts'
import { toNumber } from './codec.ts'
import type { StoreConnection } from './connection.ts'
import type { ControlTables } from './schema.ts'

export function createTestingStore({ db, dialect }: StoreConnection<ControlTables>): TestingStore {
  async function take(credentialId: string, products: readonly string[], quota: number): Promise<string | null> {
    try {
      await db.transaction().execute(async trx => {
        for (const product of inOneOrder(products)) await takeOne(trx, credentialId, product, quota)
      })
      return null
    } catch (error) {
      if (error instanceof UsedUp) return error.product
      throw error
    }
  }

  async function giveBack(credentialId: string, products: readonly string[]): Promise<void> {
    await db.transaction().execute(async trx => {
      for (const product of inOneOrder(products)) await giveBackOne(trx, credentialId, product)
    })
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
    await db.transaction().execute(async trx => {
      const counts = trx.selectFrom('testing_counts').select('product').where('credential_id', '=', credentialId)
      // Held in the order in which calls take them, so that neither waits for the other.
      await counts.orderBy('product').modifyEnd(dialect.lockEnd).execute()
      await trx.deleteFrom('testing_counts').where('credential_id', '=', credentialId).execute()
    })
  }

  return { take, giveBack, list, reset }
}

/** The same for all, so that two calls never wait for each other. */
const inOneOrder = (products: readonly string[]): readonly string[] => products.toSorted()

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
  if (quota < 1) throw new UsedUp(product)
  // One statement, so that what is compared is what is counted up, and a reset comes before it or after it.
  const taken = await trx
    .insertInto('testing_counts')
    .values({ credential_id: credentialId, product, used: 1 })
    .onConflict(conflict =>
      conflict
        .columns(['credential_id', 'product'])
        .doUpdateSet({ used: sql<number>`testing_counts.used + 1` })
        .where('testing_counts.used', '<', quota),
    )
    .returning('used')
    .executeTakeFirst()
  if (!taken) throw new UsedUp(product)
}

async function giveBackOne(trx: Transaction<ControlTables>, credentialId: string, product: string): Promise<void> {
  await trx
    .updateTable('testing_counts')
    .set({ used: sql<number>`used - 1` })
    .where('credential_id', '=', credentialId)
    .where('product', '=', product)
    .where('used', '>', 0)
    .execute()
}
