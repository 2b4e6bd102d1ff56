// Tenants' webhooks, and how long a tenant's capture sessions are kept. A migration that has been released is never edited.
import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { StoreDialect } from '../../dialect.ts'

export function createWebhookTable({ types, tableEnd }: StoreDialect): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('webhooks')
        .addColumn('tenant_id', types.text, column => column.notNull().primaryKey().references('tenants.id'))
        .addColumn('url', types.text, column => column.notNull())
        .addColumn('algorithm', types.text, column => column.notNull())
        .addColumn('sealed_secret', types.blob, column => column.notNull())
        .addColumn('created_at', types.integer, column => column.notNull())
        .modifyEnd(tableEnd)
        .execute()
      for (const column of ['frame_hours', 'result_days'])
        await db.schema.alterTable('tenants').addColumn(column, types.integer).execute()
    },
  }
}
