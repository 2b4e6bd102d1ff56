// Who each notice goes to, so that those of a busy receiver are passed over unread. A migration that has been released is never
// edited.
import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { StoreDialect } from '../../dialect.ts'

export function addDeliveryReceivers({ types }: StoreDialect): Migration {
  return {
    async up(db: Kysely<unknown>) {
      // Notices from before share one; they are taken or given up within minutes.
      await db.schema
        .alterTable('deliveries')
        .addColumn('receiver', types.text, column => column.notNull().defaultTo(''))
        .execute()
      const index = (name: string, columns: string[]) => db.schema.createIndex(name).on('deliveries').columns(columns)
      await index('deliveries_by_receiver', ['receiver', 'next_at', 'id']).execute()
      // Beginning as the one that it takes the place of; whom to pass over is in it too.
      await index('deliveries_by_turn', ['next_at', 'id', 'receiver', 'tenant_id']).execute()
      await db.schema.dropIndex('deliveries_by_time').execute()
    },
  }
}
