// The steps that every change of a gallery's content is made of; each needs the caller's transaction. Writers of one
// gallery queue up at its row, so they never deadlock and the counts never drift.
import { sql } from 'kysely'
import { toNumber } from './codec.ts'
import type { RegionTransaction } from './connection.ts'
import type { StoreDialect } from './dialect.ts'
import { markNumbersDeleted } from './numbers.ts'

/** Holds the gallery's row until the transaction ends. Null when there is none, or it is marked as erased. */
export async function lockGallery(
  trx: RegionTransaction,
  dialect: StoreDialect,
  uid: string,
): Promise<{ readonly revision: number; readonly tenantId: string; readonly id: string } | null> {
  const row = await trx
    .selectFrom('galleries')
    .select(['revision', 'tenant_id', 'id'])
    .where('uid', '=', uid)
    .where('erased_at', 'is', null)
    .modifyEnd(dialect.lockEnd)
    .executeTakeFirst()
  return row ? { revision: toNumber(row.revision), tenantId: row.tenant_id, id: row.id } : null
}

/** Counts one change of the locked gallery, and returns its new revision. */
export async function reviseGallery(
  trx: RegionTransaction,
  uid: string,
  change: { readonly faces: number; readonly subjects: number },
): Promise<number> {
  const row = await trx
    .updateTable('galleries')
    .set({
      revision: sql<number>`revision + 1`,
      face_count: sql<number>`face_count + ${change.faces}`,
      subject_count: sql<number>`subject_count + ${change.subjects}`,
    })
    .where('uid', '=', uid)
    .returning('revision')
    .executeTakeFirstOrThrow()
  return toNumber(row.revision)
}

/** Deletes faces and their pictures' facts; returns the keys of the pictures. Their numbers say that they are gone. */
export async function deleteFaces(
  trx: RegionTransaction,
  dialect: StoreDialect,
  faceIds: readonly string[],
  at: Date,
): Promise<readonly string[]> {
  await markNumbersDeleted(trx, dialect, faceIds, at)
  const pictures = await trx
    .deleteFrom('pictures')
    .where(dialect.anyOf('face_id', faceIds))
    .returning('blob_key')
    .execute()
  await trx.deleteFrom('faces').where(dialect.anyOf('id', faceIds)).execute()
  return pictures.map(picture => picture.blob_key)
}

/** Leaves a tombstone for each of these faces, which must still be there. */
export async function buryFaces(
  trx: RegionTransaction,
  dialect: StoreDialect,
  faceIds: readonly string[],
  revision: number,
  at: Date,
): Promise<void> {
  await trx
    .insertInto('tombstones')
    .columns(['gallery_uid', 'face_id', 'subject_uid', 'revision', 'erased_at'])
    .expression(query =>
      query
        .selectFrom('faces')
        .select(['gallery_uid', 'id', 'subject_uid'])
        .select([
          sql<number>`cast(${revision} as bigint)`.as('revision'),
          sql<number>`cast(${at.getTime()} as bigint)`.as('erased_at'),
        ])
        .where(dialect.anyOf('id', faceIds)),
    )
    .execute()
}
