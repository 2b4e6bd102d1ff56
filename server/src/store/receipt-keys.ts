// The queries on the keys that sign receipts. Sees a private key sealed only.
import type { ReceiptKey, ReceiptKeyStore } from '../core/receipt-ports.ts'
import { toDate } from './codec.ts'
import type { StoreConnection } from './connection.ts'
import type { ControlTables } from './schema.ts'

export function createReceiptKeyStore({ db }: StoreConnection<ControlTables>): ReceiptKeyStore {
  async function insert(key: ReceiptKey): Promise<void> {
    await db
      .insertInto('receipt_keys')
      .values({
        id: key.id,
        public_key: Buffer.from(key.publicKey),
        sealed_private_key: Buffer.from(key.sealedPrivateKey),
        created_at: key.createdAt.getTime(),
      })
      .execute()
  }

  async function list(): Promise<readonly ReceiptKey[]> {
    const rows = await db.selectFrom('receipt_keys').selectAll().orderBy('id', 'desc').execute()
    return rows.map(row => ({
      id: row.id,
      publicKey: row.public_key,
      sealedPrivateKey: row.sealed_private_key,
      createdAt: toDate(row.created_at),
    }))
  }

  return { insert, list }
}
