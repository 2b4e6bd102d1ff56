// What is remembered of the frames of capture sessions when they are gone: that they were sent. A migration that has been
// released is never edited.
import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { StoreDialect } from '../../dialect.ts'

export function createFrameDigestTable({ types, tableEnd }: StoreDialect): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('frame_digests')
        .addColumn('tenant_id', types.text, column => column.notNull())
        .addColumn('digest', types.text, column => column.notNull())
        .addColumn('session_id', types.text, column => column.notNull().references('sessions.id'))
        .addColumn('attempt', types.integer, column => column.notNull())
        .addPrimaryKeyConstraint('frame_digests_key', ['tenant_id', 'digest', 'session_id', 'attempt'])
        .modifyEnd(tableEnd)
        .execute()
      await db.schema.createIndex('frame_digests_by_session').on('frame_digests').column('session_id').execute()
      await sql`insert into frame_digests (tenant_id, digest, session_id, attempt)
        select distinct tenant_id, substr(sha256, 1, 32), session_id, attempt from session_frames`.execute(db)
      await db.schema.dropIndex('session_frames_by_digest').execute()
    },
  }
}
