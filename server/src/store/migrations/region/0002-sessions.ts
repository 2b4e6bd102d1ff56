// Capture sessions, the frames that their pages sent, and the notices of their ends. A migration that has been released is
// never edited.
import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { StoreDialect } from '../../dialect.ts'

export function createSessionTables(dialect: StoreDialect): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await createSessions(db, dialect)
      await indexSessions(db)
      await createFrames(db, dialect)
      await createDeliveries(db, dialect)
    },
  }
}

/** Without references to galleries and subjects: the caller's ids stand for whoever has them when the session is judged. */
async function createSessions(db: Kysely<unknown>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('id', types.text, column => column.notNull().primaryKey())
    .addColumn('tenant_id', types.text, column => column.notNull())
    .addColumn('protocol', types.text, column => column.notNull())
    .addColumn('public_id', types.text)
    .addColumn('state', types.text, column => column.notNull())
    .addColumn('ended', types.integer, column => column.notNull())
    .addColumn('attempt', types.integer)
    .addColumn('gallery_id', types.text)
    .addColumn('subject_id', types.text)
    .addColumn('enrolled_subject_id', types.text)
    .addColumn('token_hash', types.blob, column => column.notNull().unique())
    .addColumn('visit_hash', types.blob, column => column.unique())
    .addColumn('created_at', types.integer, column => column.notNull())
    .addColumn('expires_at', types.integer, column => column.notNull())
    .addColumn('submitted_at', types.integer)
    .addColumn('ended_at', types.integer)
    .addColumn('cleared_at', types.integer)
    .addColumn('revision', types.integer, column => column.notNull())
    .addColumn('request', types.text, column => column.notNull())
    .addColumn('progress', types.text, column => column.notNull())
    .addColumn('sealed', types.blob, column => column.notNull())
    .modifyEnd(tableEnd)
    .execute()
}

async function indexSessions(db: Kysely<unknown>): Promise<void> {
  const index = (name: string, columns: string[]) => db.schema.createIndex(name).on('sessions').columns(columns)
  await index('sessions_by_tenant', ['tenant_id', 'id']).execute()
  await index('sessions_by_age', ['tenant_id', 'ended_at']).execute()
  await index('sessions_by_public_id', ['tenant_id', 'protocol', 'public_id'])
    .unique()
    .where('public_id' as never, 'is not', null)
    .execute()
  await index('sessions_by_subject', ['tenant_id', 'gallery_id', 'subject_id']).execute()
  await index('sessions_by_enrolled_subject', ['tenant_id', 'gallery_id', 'enrolled_subject_id'])
    .where('enrolled_subject_id' as never, 'is not', null)
    .execute()
  // Partial: most sessions have ended, and most of those are cleared.
  await index('sessions_running', ['expires_at']).where(sql<boolean>`ended = 0`).execute()
  await index('sessions_uncleared', ['tenant_id', 'ended_at'])
    .where('cleared_at' as never, 'is', null)
    .execute()
}

async function createFrames(db: Kysely<unknown>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('session_frames')
    .addColumn('blob_key', types.text, column => column.notNull().primaryKey())
    .addColumn('session_id', types.text, column => column.notNull().references('sessions.id'))
    .addColumn('tenant_id', types.text, column => column.notNull())
    .addColumn('attempt', types.integer, column => column.notNull())
    .addColumn('step_id', types.text, column => column.notNull())
    .addColumn('sequence', types.integer, column => column.notNull())
    .addColumn('source', types.text, column => column.notNull())
    .addColumn('at_ms', types.real, column => column.notNull())
    .addColumn('received_at', types.integer, column => column.notNull())
    .addColumn('media_type', types.text, column => column.notNull())
    .addColumn('bytes', types.integer, column => column.notNull())
    .addColumn('sha256', types.text, column => column.notNull())
    .addUniqueConstraint('session_frames_by_sequence', ['session_id', 'attempt', 'sequence'])
    .modifyEnd(tableEnd)
    .execute()
  await db.schema
    .createIndex('session_frames_by_digest')
    .on('session_frames')
    .columns(['tenant_id', 'sha256'])
    .execute()
}

async function createDeliveries(db: Kysely<unknown>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('deliveries')
    .addColumn('id', types.text, column => column.notNull().primaryKey())
    .addColumn('tenant_id', types.text, column => column.notNull())
    .addColumn('session_id', types.text, column => column.notNull().references('sessions.id'))
    .addColumn('kind', types.text, column => column.notNull())
    .addColumn('tries', types.integer, column => column.notNull())
    .addColumn('next_at', types.integer, column => column.notNull())
    .addColumn('last_error', types.text)
    .addColumn('created_at', types.integer, column => column.notNull())
    .addColumn('sealed', types.blob, column => column.notNull())
    .modifyEnd(tableEnd)
    .execute()
  await db.schema.createIndex('deliveries_by_time').on('deliveries').columns(['next_at', 'id']).execute()
  await db.schema.createIndex('deliveries_by_session').on('deliveries').column('session_id').execute()
}
