// Erases a whole gallery: hidden in one step, its content deleted in batches that never block for long.
import type { GalleryStore } from '../core/ports.ts'
import { toNumber } from './codec.ts'
import type { RegionConnection, RegionTransaction } from './connection.ts'
import { deleteFaces, lockGallery } from './content.ts'
import { markNumbersDeleted } from './numbers.ts'
import { deleteSessionsOfGallery } from './session-erasure.ts'

type GalleryErasure = Pick<GalleryStore, 'markErased' | 'listErased' | 'eraseBatch'>

export function createGalleryErasure({ db, dialect }: RegionConnection): GalleryErasure {
  async function markErased(uid: string, at: Date, expected?: number): Promise<boolean | 'changed'> {
    return db.transaction().execute(async trx => {
      const held = await lockGallery(trx, dialect, uid)
      if (!held) return false
      if (expected !== undefined && expected !== held.revision) return 'changed'
      const revision = held.revision + 1
      await trx.updateTable('galleries').set({ erased_at: at.getTime(), revision }).where('uid', '=', uid).execute()
      await markNumbersDeleted(trx, dialect, [uid], at)
      // One tombstone stands for all the content, from the moment that nobody can see it any more.
      await trx
        .insertInto('tombstones')
        .values({
          gallery_uid: uid,
          face_id: null,
          subject_uid: null,
          revision,
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

  async function eraseBatch(uid: string, limit: number, at: Date): ReturnType<GalleryStore['eraseBatch']> {
    const erased = await db.transaction().execute(async trx => {
      const gallery = await trx
        .selectFrom('galleries')
        .select(['tenant_id as tenantId', 'id', 'erased_at'])
        .where('uid', '=', uid)
        .where('erased_at', 'is not', null)
        .modifyEnd(dialect.lockEnd)
        .executeTakeFirst()
      if (!gallery) return { blobKeys: [], frameKeys: [], done: true }
      const faces = await trx
        .selectFrom('faces')
        .select('id')
        .where('gallery_uid', '=', uid)
        .orderBy('id')
        .limit(limit)
        .execute()
      const faceIds = faces.map(face => face.id)
      const blobKeys = await deleteFaces(trx, dialect, faceIds, at)
      const left = limit - faceIds.length
      const about = { ...gallery, erasedAt: toNumber(gallery.erased_at!) }
      const { sessions, frameKeys } = await deleteSessionsOfGallery(trx, dialect, about, left)
      return { blobKeys, frameKeys, done: await deleteRest(trx, uid, left - sessions) }
    })
    await dialect.clearTraces(db)
    return erased
  }

  return { markErased, listErased, eraseBatch }
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
