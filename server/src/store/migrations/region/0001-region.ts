// The first tables of a region. A migration that has been released is never edited; the next one has the next number.
import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { StoreDialect } from '../../dialect.ts'

export function createRegionTables(dialect: StoreDialect): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await createGalleries(db, dialect)
      await createSubjects(db, dialect)
      await createFaces(db, dialect)
      await createTombstones(db, dialect)
      await createNumbers(db, dialect)
    },
  }
}

async function createGalleries(db: Kysely<unknown>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('galleries')
    .addColumn('uid', types.text, column => column.notNull().primaryKey())
    .addColumn('tenant_id', types.text, column => column.notNull())
    .addColumn('id', types.text, column => column.notNull())
    .addColumn('code', types.text, column => column.notNull())
    .addColumn('name', types.text)
    .addColumn('description', types.text)
    .addColumn('pack', types.text, column => column.notNull())
    .addColumn('policy', types.text, column => column.notNull())
    .addColumn('revision', types.integer, column => column.notNull())
    .addColumn('subject_count', types.integer, column => column.notNull())
    .addColumn('face_count', types.integer, column => column.notNull())
    .addColumn('created_at', types.integer, column => column.notNull())
    .addColumn('updated_at', types.integer, column => column.notNull())
    .addColumn('erased_at', types.integer)
    .modifyEnd(tableEnd)
    .execute()
  // Partial: a gallery that is being erased no longer holds its id.
  await db.schema
    .createIndex('galleries_by_id')
    .unique()
    .on('galleries')
    .columns(['tenant_id', 'id'])
    .where('erased_at' as never, 'is', null)
    .execute()
  await db.schema.createIndex('galleries_by_code').on('galleries').columns(['tenant_id', 'code']).execute()
}

async function createSubjects(db: Kysely<unknown>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('subjects')
    .addColumn('uid', types.text, column => column.notNull().primaryKey())
    .addColumn('gallery_uid', types.text, column => column.notNull().references('galleries.uid'))
    .addColumn('id', types.text, column => column.notNull())
    .addColumn('metadata', types.text, column => column.notNull())
    .addColumn('face_count', types.integer, column => column.notNull())
    .addColumn('revision', types.integer, column => column.notNull())
    .addColumn('created_at', types.integer, column => column.notNull())
    .addColumn('updated_at', types.integer, column => column.notNull())
    .modifyEnd(tableEnd)
    .execute()
  await db.schema.createIndex('subjects_by_id').unique().on('subjects').columns(['gallery_uid', 'id']).execute()
}

async function createFaces(db: Kysely<unknown>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('faces')
    .addColumn('id', types.text, column => column.notNull().primaryKey())
    .addColumn('gallery_uid', types.text, column => column.notNull().references('galleries.uid'))
    .addColumn('subject_uid', types.text, column => column.notNull().references('subjects.uid'))
    .addColumn('pack', types.text, column => column.notNull())
    .addColumn('box_x', types.real, column => column.notNull())
    .addColumn('box_y', types.real, column => column.notNull())
    .addColumn('box_width', types.real, column => column.notNull())
    .addColumn('box_height', types.real, column => column.notNull())
    .addColumn('confidence', types.real, column => column.notNull())
    .addColumn('created_at', types.integer, column => column.notNull())
    // Last, see FacesTable.
    .addColumn('template', types.blob, column => column.notNull())
    .modifyEnd(tableEnd)
    .execute()
  await db.schema.createIndex('faces_by_gallery').on('faces').columns(['gallery_uid', 'id']).execute()
  await db.schema.createIndex('faces_by_subject').on('faces').columns(['subject_uid', 'id']).execute()
  await db.schema
    .createTable('pictures')
    .addColumn('face_id', types.text, column => column.notNull().primaryKey().references('faces.id'))
    // Unique: looked up when pictures without a face are searched for, and no two faces may share one.
    .addColumn('blob_key', types.text, column => column.notNull().unique())
    .addColumn('media_type', types.text, column => column.notNull())
    .addColumn('bytes', types.integer, column => column.notNull())
    .modifyEnd(tableEnd)
    .execute()
}

/** Without references: a tombstone outlives what it stands for. */
async function createTombstones(db: Kysely<unknown>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('tombstones')
    .addColumn('sequence', types.sequence)
    .addColumn('gallery_uid', types.text, column => column.notNull())
    .addColumn('face_id', types.text)
    .addColumn('subject_uid', types.text)
    .addColumn('revision', types.integer, column => column.notNull())
    .addColumn('erased_at', types.integer, column => column.notNull())
    .modifyEnd(tableEnd)
    .execute()
  await db.schema.createIndex('tombstones_by_gallery').on('tombstones').columns(['gallery_uid', 'revision']).execute()
}

/** Without references: a number outlives what it stands for, and what it stands for is known by two tables. */
async function createNumbers(db: Kysely<unknown>, { types, tableEnd }: StoreDialect): Promise<void> {
  await db.schema
    .createTable('numbers')
    .addColumn('tenant_id', types.text, column => column.notNull())
    .addColumn('kind', types.text, column => column.notNull())
    .addColumn('number', types.integer, column => column.notNull())
    .addColumn('uid', types.text, column => column.notNull())
    .addColumn('parent_uid', types.text, column => column.notNull())
    .addColumn('deleted_at', types.integer)
    .addColumn('details', types.text)
    .addPrimaryKeyConstraint('numbers_key', ['tenant_id', 'kind', 'number'])
    .modifyEnd(tableEnd)
    .execute()
  await db.schema.createIndex('numbers_by_uid').unique().on('numbers').columns(['uid', 'kind']).execute()
  await db.schema.createIndex('numbers_by_parent').on('numbers').columns(['parent_uid', 'kind', 'number']).execute()
  // Partial: what was erased is few, and soon forgotten.
  await db.schema
    .createIndex('numbers_deleted')
    .on('numbers')
    .column('deleted_at')
    .where('deleted_at' as never, 'is not', null)
    .execute()
  await db.schema
    .createTable('number_counters')
    .addColumn('tenant_id', types.text, column => column.notNull())
    .addColumn('kind', types.text, column => column.notNull())
    .addColumn('last', types.integer, column => column.notNull())
    .addPrimaryKeyConstraint('number_counters_key', ['tenant_id', 'kind'])
    .modifyEnd(tableEnd)
    .execute()
}
