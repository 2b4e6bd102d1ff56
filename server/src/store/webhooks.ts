// The queries on tenants' webhooks. Sees their secrets sealed only.
import type { StoredWebhook, WebhookStore } from '../core/ports.ts'
import { toDate } from './codec.ts'
import type { StoreConnection } from './connection.ts'
import type { ControlTables } from './schema.ts'

export function createWebhookStore({ db }: StoreConnection<ControlTables>): WebhookStore {
  return {
    async find(tenantId) {
      const row = await db.selectFrom('webhooks').selectAll().where('tenant_id', '=', tenantId).executeTakeFirst()
      if (!row) return null
      const { url, algorithm } = row
      const sealedSecret = Uint8Array.from(row.sealed_secret)
      return { tenantId, url, algorithm, sealedSecret, createdAt: toDate(row.created_at) }
    },
    async put({ tenantId, url, algorithm, sealedSecret, createdAt }: StoredWebhook) {
      const values = { url, algorithm, sealed_secret: Buffer.from(sealedSecret), created_at: createdAt.getTime() }
      await db
        .insertInto('webhooks')
        .values({ tenant_id: tenantId, ...values })
        .onConflict(conflict => conflict.column('tenant_id').doUpdateSet(values))
        .execute()
    },
    async delete(tenantId) {
      const { numDeletedRows } = await db
        .deleteFrom('webhooks')
        .where('tenant_id', '=', tenantId)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}
