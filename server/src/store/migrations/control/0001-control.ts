// The first control tables and the tenant that owns the first key. A migration that has been released is never edited.
import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { StoreDialect } from '../../dialect.ts'
import type { ControlTables } from '../../schema.ts'

export function createControlTables(dialect: StoreDialect): Migration {
  return {
    async up(db: Kysely<ControlTables>) {
      await createTenants(db, dialect)
      await createCredentials(db, dialect)
      await createTenantKeys(db, dialect)
      await createAudit(db, dialect)
      await createTransactions(db, dialect)
      await createUsage(db, dialect)
      await createAcceptedCalls(db, dialect)
      await createKeptAnswers(db, dialect)
      await createReceiptKeys(db, dialect)
      await createTestingCounts(db, dialect)
    },
  }
}

async function createTenants(db: Kysely<ControlTables>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('tenants')
    .addColumn('id', types.text, column => column.notNull().primaryKey())
    .addColumn('name', types.text)
    .addColumn('status', types.text, column => column.notNull())
    .addColumn('image_urls', types.text)
    .addColumn('picture_shape', types.text, column => column.notNull())
    .addColumn('created_at', types.integer, column => column.notNull())
    .modifyEnd(tableEnd)
    .execute()
  const rules = { status: 'active', image_urls: null, picture_shape: 'any' } as const
  const tenant = { id: 'default', name: null, ...rules, created_at: Date.now() }
  await db.insertInto('tenants').values(tenant).execute()
}

/** Native keys and the pairs of the other protocols: one table, one way to find, list and revoke them. */
async function createCredentials(db: Kysely<ControlTables>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('credentials')
    .addColumn('id', types.text, column => column.notNull().primaryKey())
    .addColumn('protocol', types.text, column => column.notNull())
    .addColumn('tenant_id', types.text, column => column.notNull().references('tenants.id'))
    .addColumn('region_id', types.text, column => column.notNull())
    .addColumn('gallery_id', types.text)
    .addColumn('name', types.text)
    .addColumn('scopes', types.text, column => column.notNull())
    .addColumn('public_id', types.text)
    .addColumn('secret_hash', types.blob, column => column.unique())
    .addColumn('sealed_secret', types.blob)
    .addColumn('parent_id', types.text, column => column.references('credentials.id'))
    .addColumn('denied_actions', types.text, column => column.notNull())
    .addColumn('allowance', types.text)
    .addColumn('mode', types.text)
    .addColumn('testing_quota', types.integer)
    .addColumn('created_at', types.integer, column => column.notNull())
    .addColumn('expires_at', types.integer)
    .addColumn('revoked_at', types.integer)
    .modifyEnd(tableEnd)
    .execute()
  await db.schema.createIndex('credentials_by_tenant').on('credentials').columns(['tenant_id', 'id']).execute()
  await db.schema.createIndex('credentials_by_parent').on('credentials').column('parent_id').execute()
  // Rows without a public id never collide: nulls differ from each other.
  await db.schema
    .createIndex('credentials_by_public_id')
    .unique()
    .on('credentials')
    .columns(['protocol', 'public_id'])
    .execute()
}

async function createTenantKeys(db: Kysely<ControlTables>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('tenant_keys')
    .addColumn('number', types.sequence)
    .addColumn('tenant_id', types.text, column => column.notNull().references('tenants.id'))
    .addColumn('wrapped', types.blob, column => column.notNull())
    .addColumn('created_at', types.integer, column => column.notNull())
    .addColumn('retired_at', types.integer)
    .modifyEnd(tableEnd)
    .execute()
  // Partial: a tenant has one key that seals, and any number that only open.
  await db.schema
    .createIndex('tenant_keys_by_tenant')
    .unique()
    .on('tenant_keys')
    .column('tenant_id')
    .where('retired_at' as never, 'is', null)
    .execute()
  await db.schema
    .createTable('master_key')
    .addColumn('id', types.integer, column => column.notNull().primaryKey())
    .addColumn('check_value', types.blob, column => column.notNull())
    .modifyEnd(tableEnd)
    .execute()
}

async function createAudit(db: Kysely<ControlTables>, dialect: StoreDialect): Promise<void> {
  const { types, tableEnd } = dialect
  await db.schema
    .createTable('audit')
    .addColumn('sequence', types.sequence)
    .addColumn('id', types.text, column => column.notNull().unique())
    .addColumn('at', types.integer, column => column.notNull())
    .addColumn('tenant_id', types.text, column => column.notNull())
    .addColumn('region_id', types.text)
    .addColumn('actor', types.text, column => column.notNull())
    .addColumn('action', types.text, column => column.notNull())
    .addColumn('gallery_id', types.text)
    .addColumn('subject_hash', types.text)
    .addColumn('face_id', types.text)
    .addColumn('target', types.text)
    .addColumn('transaction_id', types.text)
    .modifyEnd(tableEnd)
    .execute()
  await db.schema.createIndex('audit_by_tenant').on('audit').columns(['tenant_id', 'at', 'sequence']).execute()
  await db.schema.createIndex('audit_by_subject').on('audit').columns(['subject_hash', 'at', 'sequence']).execute()
  for (const statement of dialect.appendOnly('audit')) await statement.execute(db)
  await db.schema
    .createTable('control_keys')
    .addColumn('name', types.text, column => column.notNull().primaryKey())
    .addColumn('sealed', types.blob, column => column.notNull())
    .modifyEnd(tableEnd)
    .execute()
}

/** Without references: what was called outlives the credential and the tenant that called. */
async function createTransactions(db: Kysely<ControlTables>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('transactions')
    .addColumn('id', types.text, column => column.notNull().primaryKey())
    .addColumn('at', types.integer, column => column.notNull())
    .addColumn('tenant_id', types.text, column => column.notNull())
    .addColumn('region_id', types.text, column => column.notNull())
    .addColumn('credential_id', types.text, column => column.notNull())
    .addColumn('protocol', types.text, column => column.notNull())
    .addColumn('operation', types.text, column => column.notNull())
    .addColumn('gallery_id', types.text)
    .addColumn('subject_hash', types.text)
    .addColumn('status', types.integer, column => column.notNull())
    .addColumn('outcome', types.text, column => column.notNull())
    .addColumn('duration_ms', types.real, column => column.notNull())
    .addColumn('facts', types.text)
    .modifyEnd(tableEnd)
    .execute()
  await db.schema.createIndex('transactions_by_tenant').on('transactions').columns(['tenant_id', 'at', 'id']).execute()
  // Partial: most calls of a busy day are searches, about nobody in particular.
  await db.schema
    .createIndex('transactions_by_subject')
    .on('transactions')
    .columns(['subject_hash', 'at', 'id'])
    .where('subject_hash' as never, 'is not', null)
    .execute()
  await db.schema.createIndex('transactions_by_time').on('transactions').column('at').execute()
}

async function createUsage(db: Kysely<ControlTables>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('usage')
    .addColumn('tenant_id', types.text, column => column.notNull())
    .addColumn('day', types.text, column => column.notNull())
    .addColumn('region_id', types.text, column => column.notNull())
    .addColumn('operation', types.text, column => column.notNull())
    .addColumn('outcome', types.text, column => column.notNull())
    .addColumn('pricing', types.text, column => column.notNull())
    .addColumn('calls', types.integer, column => column.notNull())
    .addPrimaryKeyConstraint('usage_key', ['tenant_id', 'day', 'region_id', 'operation', 'outcome', 'pricing'])
    .modifyEnd(tableEnd)
    .execute()
}

/** Without a reference: a credential's last calls are counted when it may be gone. */
async function createAcceptedCalls(db: Kysely<ControlTables>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('accepted_calls')
    .addColumn('credential_id', types.text, column => column.notNull())
    .addColumn('day', types.text, column => column.notNull())
    .addColumn('operation', types.text, column => column.notNull())
    .addColumn('calls', types.integer, column => column.notNull())
    .addPrimaryKeyConstraint('accepted_calls_key', ['credential_id', 'day', 'operation'])
    .modifyEnd(tableEnd)
    .execute()
}

async function createKeptAnswers(db: Kysely<ControlTables>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('kept_answers')
    .addColumn('id', types.text, column => column.notNull().primaryKey())
    .addColumn('tenant_id', types.text, column => column.notNull())
    .addColumn('credential_id', types.text, column => column.notNull())
    .addColumn('key_hash', types.blob, column => column.notNull())
    .addColumn('route', types.text, column => column.notNull())
    .addColumn('request_hash', types.blob, column => column.notNull())
    .addColumn('state', types.text, column => column.notNull())
    .addColumn('owner', types.text, column => column.notNull())
    .addColumn('created_at', types.integer, column => column.notNull())
    .addColumn('status', types.integer)
    .addColumn('answer', types.blob)
    .modifyEnd(tableEnd)
    .execute()
  await db.schema
    .createIndex('kept_answers_by_key')
    .unique()
    .on('kept_answers')
    .columns(['credential_id', 'key_hash'])
    .execute()
  await db.schema.createIndex('kept_answers_by_time').on('kept_answers').column('created_at').execute()
  await db.schema
    .createTable('answer_mentions')
    .addColumn('mention', types.text, column => column.notNull())
    .addColumn('answer_id', types.text, column => column.notNull().references('kept_answers.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('answer_mentions_key', ['mention', 'answer_id'])
    .modifyEnd(tableEnd)
    .execute()
  await db.schema.createIndex('answer_mentions_by_answer').on('answer_mentions').column('answer_id').execute()
}

async function createReceiptKeys(db: Kysely<ControlTables>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('receipt_keys')
    .addColumn('id', types.text, column => column.notNull().primaryKey())
    .addColumn('public_key', types.blob, column => column.notNull())
    .addColumn('sealed_private_key', types.blob, column => column.notNull())
    .addColumn('created_at', types.integer, column => column.notNull())
    .modifyEnd(tableEnd)
    .execute()
}

async function createTestingCounts(db: Kysely<ControlTables>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('testing_counts')
    .addColumn('credential_id', types.text, column => column.notNull())
    .addColumn('product', types.text, column => column.notNull())
    .addColumn('used', types.integer, column => column.notNull())
    .addPrimaryKeyConstraint('testing_counts_key', ['credential_id', 'product'])
    .modifyEnd(tableEnd)
    .execute()
}
