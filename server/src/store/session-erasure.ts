// The steps that delete capture sessions; each needs the caller's transaction, and answers the keys of the frames' blobs.
import { sql } from 'kysely'
import type { RegionTransaction } from './connection.ts'
import type { StoreDialect } from './dialect.ts'

/** The rows are held first: frames that come meanwhile wait for them, and find them gone. */
export async function deleteSessions(
  trx: RegionTransaction,
  dialect: StoreDialect,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (ids.length === 0) return []
  const held = trx.selectFrom('sessions').select('id').where(dialect.anyOf('id', ids)).orderBy('id')
  await held.modifyEnd(dialect.lockEnd).execute()
  const frames = await trx
    .deleteFrom('session_frames')
    .where(dialect.anyOf('session_id', ids))
    .returning('blob_key')
    .execute()
  await trx.deleteFrom('frame_digests').where(dialect.anyOf('session_id', ids)).execute()
  await trx.deleteFrom('deliveries').where(dialect.anyOf('session_id', ids)).execute()
  await trx.deleteFrom('sessions').where(dialect.anyOf('id', ids)).execute()
  return frames.map(frame => frame.blob_key)
}

/** As galleries and sessions name each other. */
export interface GalleryName {
  readonly tenantId: string
  readonly id: string
}

/** Whether a session of the tenant asked for this subject, or enrolled it. Either is looked up in an index of its own. */
export const isAbout = (tenantId: string, galleryId: string | undefined, subjectId: string) => {
  const ofGallery = galleryId === undefined ? sql`` : sql`and gallery_id = ${galleryId}`
  return sql<boolean>`id in (
    select id from sessions where tenant_id = ${tenantId} ${ofGallery} and subject_id = ${subjectId}
    union all
    select id from sessions where tenant_id = ${tenantId} ${ofGallery} and enrolled_subject_id = ${subjectId})`
}

export async function deleteSessionsOfSubject(
  trx: RegionTransaction,
  dialect: StoreDialect,
  { tenantId, id }: GalleryName,
  subjectId: string,
): Promise<readonly string[]> {
  const sessions = await trx
    .selectFrom('sessions')
    .select('id')
    .where(isAbout(tenantId, id, subjectId))
    .execute()
  const ids = sessions.map(session => session.id)
  return deleteSessions(trx, dialect, ids)
}

/** Of a gallery that is marked as erased: those made since are of another one, which has taken its id over. */
export async function deleteSessionsOfGallery(
  trx: RegionTransaction,
  dialect: StoreDialect,
  { tenantId, id, erasedAt }: GalleryName & { readonly erasedAt: number },
  limit: number,
): Promise<{ readonly sessions: number; readonly frameKeys: readonly string[] }> {
  const sessions = await trx
    .selectFrom('sessions')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('gallery_id', '=', id)
    .where('created_at', '<=', erasedAt)
    .limit(limit)
    .execute()
  const ids = sessions.map(session => session.id)
  return { sessions: ids.length, frameKeys: await deleteSessions(trx, dialect, ids) }
}
