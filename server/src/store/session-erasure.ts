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
  await trx.selectFrom('sessions').select('id').where(dialect.anyOf('id', ids)).modifyEnd(dialect.lockEnd).execute()
  const frames = await trx
    .deleteFrom('session_frames')
    .where(dialect.anyOf('session_id', ids))
    .returning('blob_key')
    .execute()
  await trx.deleteFrom('deliveries').where(dialect.anyOf('session_id', ids)).execute()
  await trx.deleteFrom('sessions').where(dialect.anyOf('id', ids)).execute()
  return frames.map(frame => frame.blob_key)
}

/** As galleries and sessions name each other. */
export interface GalleryName {
  readonly tenantId: string
  readonly id: string
}

/** Whether a session asked for this subject, or enrolled it. */
export const isAbout = (subjectId: string) =>
  sql<boolean>`(subject_id = ${subjectId} or enrolled_subject_id = ${subjectId})`

export async function deleteSessionsOfSubject(
  trx: RegionTransaction,
  dialect: StoreDialect,
  { tenantId, id }: GalleryName,
  subjectId: string,
): Promise<readonly string[]> {
  const sessions = await trx
    .selectFrom('sessions')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('gallery_id', '=', id)
    .where(isAbout(subjectId))
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
