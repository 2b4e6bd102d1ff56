// The first control tables and the tenant that owns the first key. A migration that has been released is never edited.
import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { StoreDialect } from '../../dialect.ts'
import type { ControlTables } from '../../schema.ts'

export function createControlTables(dialect: StoreDialect): Migration {
  return {
    async up(db: Kysely<ControlTables>) {
      await createTenants(db, dialect)
      await createApiKeys(db, dialect)
      await createAudit(db, dialect)
    },
  }
}

async function createTenants(db: Kysely<ControlTables>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('tenants')
    .addColumn('id', types.text, column => column.notNull().primaryKey())
    .addColumn('created_at', types.integer, column => column.notNull())
    .modifyEnd(tableEnd)
    .execute()
  await db.insertInto('tenants').values({ id: 'default', created_at: Date.now() }).execute()
}

async function createApiKeys(db: Kysely<ControlTables>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('api_keys')
    .addColumn('id', types.text, column => column.notNull().primaryKey())
    .addColumn('tenant_id', types.text, column => column.notNull().references('tenants.id'))
    .addColumn('region_id', types.text, column => column.notNull())
    .addColumn('name', types.text)
    .addColumn('secret_hash', types.blob, column => column.notNull().unique())
    .addColumn('created_at', types.integer, column => column.notNull())
    .addColumn('revoked_at', types.integer)
    .modifyEnd(tableEnd)
    .execute()
  await db.schema.createIndex('api_keys_by_tenant').on('api_keys').columns(['tenant_id', 'id']).execute()
}

async function createAudit(db: Kysely<ControlTables>, dialect: StoreDialect): Promise<void> {
  const { types, tableEnd } = dialect
  await db.schema
    .createTable('audit')
    .addColumn('id', types.text, column => column.notNull().primaryKey())
    .addColumn('at', types.integer, column => column.notNull())
    .addColumn('tenant_id', types.text, column => column.notNull())
    .addColumn('actor', types.text, column => column.notNull())
    .addColumn('action', types.text, column => column.notNull())
    .addColumn('target', types.text, column => column.notNull())
    .modifyEnd(tableEnd)
    .execute()
  await db.schema.createIndex('audit_by_tenant').on('audit').columns(['tenant_id', 'at']).execute()
  for (const statement of dialect.appendOnly('audit')) await statement.execute(db)
}
