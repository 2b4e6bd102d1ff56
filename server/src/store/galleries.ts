// The queries on galleries, including the erasure of a whole one in steps. No rules of the domain.
import { type Selectable, sql } from 'kysely'
import type { GalleryChange, GalleryStore } from '../core/ports.ts'
import type { Gallery, Page, PageRequest } from '../core/types.ts'
import { toDate, toNumber } from './codec.ts'
import type { RegionConnection, RegionTransaction } from './connection.ts'
import { deleteFaces } from './content.ts'
import { createPage, readCursor } from './pages.ts'
import type { GalleriesTable } from './schema.ts'

const COLUMNS = [
  'uid',
  'tenant_id',
  'id',
  'name',
  'description',
  'pack',
  'revision',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof GalleriesTable)[]

type GalleryRow = Pick<Selectable<GalleriesTable>, (typeof COLUMNS)[number]>

export function createGalleryStore({ db, dialect }: RegionConnection): GalleryStore {
  const visible = () => db.selectFrom('galleries').select(COLUMNS).where('erased_at', 'is', null)

  async function insert(gallery: Gallery): Promise<boolean> {
    const row = await db
      .insertInto('galleries')
      .values({
        uid: gallery.uid,
        tenant_id: gallery.tenantId,
        id: gallery.id,
        name: gallery.name,
        description: gallery.description,
        pack: gallery.pack,
        revision: gallery.revision,
        subject_count: 0,
        face_count: 0,
        created_at: gallery.createdAt.getTime(),
        updated_at: gallery.updatedAt.getTime(),
        erased_at: null,
      })
      .onConflict(conflict => conflict.columns(['tenant_id', 'id']).where('erased_at', 'is', null).doNothing())
      .returning('uid')
      .executeTakeFirst()
    return row !== undefined
  }

  async function find(tenantId: string, id: string): Promise<Gallery | null> {
    const row = await visible().where('tenant_id', '=', tenantId).where('id', '=', id).executeTakeFirst()
    return row ? toGallery(row) : null
  }

  async function list(tenantId: string, page: PageRequest): Promise<Page<Gallery>> {
    const rows = await visible()
      .where('tenant_id', '=', tenantId)
      .where('id', '>', readCursor('galleries', page))
      .orderBy('id')
      .limit(page.limit + 1)
      .execute()
    return createPage('galleries', page, rows, row => row.id, toGallery)
  }

  async function listAll(): Promise<readonly Gallery[]> {
    return (await visible().orderBy('tenant_id').orderBy('id').execute()).map(toGallery)
  }

  async function update(uid: string, change: GalleryChange): Promise<Gallery | null> {
    const row = await db
      .updateTable('galleries')
      // A field that is undefined is left out of the statement, and so stays as it is.
      .set({ name: change.name, description: change.description, updated_at: change.updatedAt.getTime() })
      .where('uid', '=', uid)
      .where('erased_at', 'is', null)
      .returning(COLUMNS)
      .executeTakeFirst()
    return row ? toGallery(row) : null
  }

  async function counts(uid: string): Promise<{ subjects: number; faces: number }> {
    const row = await db
      .selectFrom('galleries')
      .select(['subject_count', 'face_count'])
      .where('uid', '=', uid)
      .executeTakeFirst()
    return { subjects: toNumber(row?.subject_count ?? 0), faces: toNumber(row?.face_count ?? 0) }
  }

  async function markErased(uid: string, at: Date): Promise<boolean> {
    return db.transaction().execute(async trx => {
      const row = await trx
        .updateTable('galleries')
        .set({ erased_at: at.getTime(), revision: sql<number>`revision + 1` })
        .where('uid', '=', uid)
        .where('erased_at', 'is', null)
        .returning('revision')
        .executeTakeFirst()
      if (!row) return false
      // One tombstone stands for all the content, from the moment that nobody can see it any more.
      await trx
        .insertInto('tombstones')
        .values({
          gallery_uid: uid,
          face_id: null,
          subject_uid: null,
          revision: toNumber(row.revision),
          erased_at: at.getTime(),
        })
        .execute()
      return true
    })
  }

  async function listErased(): Promise<readonly string[]> {
    const rows = await db
      .selectFrom('galleries')
      .select('uid')
      .where('erased_at', 'is not', null)
      .orderBy('uid')
      .execute()
    return rows.map(row => row.uid)
  }

  async function eraseBatch(uid: string, limit: number): Promise<{ blobKeys: readonly string[]; done: boolean }> {
    const erased = await db.transaction().execute(async trx => {
      const gallery = await trx
        .selectFrom('galleries')
        .select('uid')
        .where('uid', '=', uid)
        .where('erased_at', 'is not', null)
        .modifyEnd(dialect.lockEnd)
        .executeTakeFirst()
      if (!gallery) return { blobKeys: [], done: true }
      const faces = await trx
        .selectFrom('faces')
        .select('id')
        .where('gallery_uid', '=', uid)
        .orderBy('id')
        .limit(limit)
        .execute()
      const faceIds = faces.map(face => face.id)
      const blobKeys = await deleteFaces(trx, dialect, faceIds)
      return { blobKeys, done: await deleteRest(trx, uid, limit - faceIds.length) }
    })
    await dialect.clearTraces(db)
    return erased
  }

  return { insert, find, list, listAll, update, counts, markErased, listErased, eraseBatch }
}

/** With the faces gone: the subjects, the tombstones that the gallery's own one makes needless, then the gallery. */
async function deleteRest(trx: RegionTransaction, uid: string, limit: number): Promise<boolean> {
  if (limit <= 0) return false
  const subjects = await trx
    .deleteFrom('subjects')
    .where('uid', 'in', query => query.selectFrom('subjects').select('uid').where('gallery_uid', '=', uid).limit(limit))
    .executeTakeFirst()
  const left = limit - Number(subjects.numDeletedRows)
  if (left <= 0) return false
  const tombstones = await trx
    .deleteFrom('tombstones')
    .where('sequence', 'in', query =>
      query
        .selectFrom('tombstones')
        .select('sequence')
        .where('gallery_uid', '=', uid)
        .where('subject_uid', 'is not', null)
        .limit(left),
    )
    .executeTakeFirst()
  if (Number(tombstones.numDeletedRows) >= left) return false
  await trx.deleteFrom('galleries').where('uid', '=', uid).execute()
  return true
}

function toGallery(row: GalleryRow): Gallery {
  return {
    uid: row.uid,
    tenantId: row.tenant_id,
    id: row.id,
    name: row.name,
    description: row.description,
    pack: row.pack,
    revision: toNumber(row.revision),
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
  }
}
