// The queries on galleries; erasing one is in gallery-erasure.ts. No rules of the domain.
import type { Selectable } from 'kysely'
import { codeOf } from '../core/gallery-codes.ts'
import { DEFAULT_POLICY } from '../core/policy.ts'
import type { GalleryChange, GalleryStore } from '../core/ports.ts'
import type { EnrolmentPolicy, Gallery, Page, PageRequest } from '../core/types.ts'
import { toDate, toNumber } from './codec.ts'
import type { RegionConnection } from './connection.ts'
import { lockGallery } from './content.ts'
import { createGalleryErasure } from './gallery-erasure.ts'
import { createPage, readCursor } from './pages.ts'
import type { GalleriesTable } from './schema.ts'

export const GALLERY_COLUMNS = [
  'uid',
  'tenant_id',
  'id',
  'name',
  'description',
  'pack',
  'policy',
  'revision',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof GalleriesTable)[]

type GalleryRow = Pick<Selectable<GalleriesTable>, (typeof GALLERY_COLUMNS)[number]>

export function createGalleryStore(connection: RegionConnection): GalleryStore {
  const { db, dialect } = connection
  const visible = () => db.selectFrom('galleries').select(GALLERY_COLUMNS).where('erased_at', 'is', null)

  async function insert(gallery: Gallery): Promise<boolean> {
    const row = await db
      .insertInto('galleries')
      .values({
        uid: gallery.uid,
        tenant_id: gallery.tenantId,
        id: gallery.id,
        code: codeOf(gallery.uid),
        name: gallery.name,
        description: gallery.description,
        pack: gallery.pack,
        policy: JSON.stringify(gallery.policy),
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

  async function findByUid(tenantId: string, uid: string): Promise<Gallery | null> {
    const row = await visible().where('uid', '=', uid).where('tenant_id', '=', tenantId).executeTakeFirst()
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

  async function update(uid: string, change: GalleryChange, revision?: number): Promise<Gallery | 'changed' | null> {
    return db.transaction().execute(async trx => {
      const held = await lockGallery(trx, dialect, uid)
      if (!held) return null
      if (revision !== undefined && revision !== held.revision) return 'changed'
      const { policy } = await trx
        .selectFrom('galleries')
        .select('policy')
        .where('uid', '=', uid)
        .executeTakeFirstOrThrow()
      const row = await trx
        .updateTable('galleries')
        // A field that is undefined is left out of the statement, and so stays as it is.
        .set({
          name: change.name,
          description: change.description,
          policy: change.policy && JSON.stringify({ ...textToPolicy(policy), ...change.policy }),
          revision: held.revision + 1,
          updated_at: change.updatedAt.getTime(),
        })
        .where('uid', '=', uid)
        .returning(GALLERY_COLUMNS)
        .executeTakeFirstOrThrow()
      return toGallery(row)
    })
  }

  async function counts(uid: string): Promise<{ subjects: number; faces: number }> {
    const row = await db
      .selectFrom('galleries')
      .select(['subject_count', 'face_count'])
      .where('uid', '=', uid)
      .executeTakeFirst()
    return { subjects: toNumber(row?.subject_count ?? 0), faces: toNumber(row?.face_count ?? 0) }
  }

  return { insert, find, findByUid, list, listAll, update, counts, ...createGalleryErasure(connection) }
}

/** A policy that was written before it had all its fields takes the usual ones. */
function textToPolicy(text: string): EnrolmentPolicy {
  return { ...DEFAULT_POLICY, ...JSON.parse(text) } as EnrolmentPolicy
}

export function toGallery(row: GalleryRow): Gallery {
  return {
    uid: row.uid,
    tenantId: row.tenant_id,
    id: row.id,
    name: row.name,
    description: row.description,
    pack: row.pack,
    policy: textToPolicy(row.policy),
    revision: toNumber(row.revision),
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
  }
}
