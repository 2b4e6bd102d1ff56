// The queries on tombstones: what was erased, in order, and erasing it again in a database that was restored.
import { type Selectable, sql } from 'kysely'
import type { ErasedPeople, ErasureRecord, ErasureStore, Replayed } from '../core/ports.ts'
import { toDate, toNumber } from './codec.ts'
import type { RegionConnection, RegionTransaction } from './connection.ts'
import { buryFaces, deleteFaces, reviseGallery } from './content.ts'
import type { StoreDialect } from './dialect.ts'
import { markNumbersDeleted } from './numbers.ts'
import type { TombstonesTable } from './schema.ts'
import { deleteSessionsOfSubject } from './session-erasure.ts'

const COLUMNS = ['sequence', 'gallery_uid', 'subject_uid', 'face_id', 'revision', 'erased_at'] as const

export function createErasureStore({ db, dialect }: RegionConnection): ErasureStore {
  return {
    async list(after, limit) {
      const rows = await db
        .selectFrom('tombstones')
        .select(COLUMNS)
        .where('sequence', '>', after)
        .orderBy('sequence')
        .limit(limit)
        .execute()
      return rows.map(toErasureRecord)
    },
    async last() {
      const row = await db
        .selectFrom('tombstones')
        .select(COLUMNS)
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row ? toErasureRecord(row) : null
    },
    async replay(records) {
      const replayed = await db.transaction().execute(trx => replayWithin(trx, dialect, records))
      if (replayed.faces + replayed.subjects + replayed.galleries > 0) await dialect.clearTraces(db)
      return replayed
    },
  }
}

export function toErasureRecord(row: Selectable<TombstonesTable>): ErasureRecord {
  return {
    sequence: toNumber(row.sequence),
    galleryUid: row.gallery_uid,
    subjectUid: row.subject_uid,
    faceId: row.face_id,
    revision: toNumber(row.revision),
    erasedAt: toDate(row.erased_at),
  }
}

async function replayWithin(
  trx: RegionTransaction,
  dialect: StoreDialect,
  records: readonly ErasureRecord[],
): Promise<Replayed> {
  const parts: Replayed[] = []
  for (const [galleryUid, group] of Map.groupBy(records, record => record.galleryUid)) {
    const gallery = await findGallery(trx, galleryUid)
    if (gallery) parts.push(await replayGallery(trx, dialect, gallery, group))
    // Only the tombstone is missing: the gallery is gone, or was made after the copy that this database is.
    else for (const record of group) await insertTombstone(trx, record, record.revision)
  }
  const sum = (of: 'galleries' | 'subjects' | 'faces'): number => parts.reduce((total, part) => total + part[of], 0)
  return {
    galleries: sum('galleries'),
    subjects: sum('subjects'),
    faces: sum('faces'),
    blobKeys: parts.flatMap(part => part.blobKeys),
    frameKeys: parts.flatMap(part => part.frameKeys),
    people: parts.flatMap(part => part.people),
  }
}

interface FoundGallery {
  readonly uid: string
  readonly tenantId: string
  readonly id: string
  readonly isErased: boolean
}

async function findGallery(trx: RegionTransaction, uid: string): Promise<FoundGallery | null> {
  const row = await trx
    .selectFrom('galleries')
    .select(['tenant_id', 'id', 'erased_at'])
    .where('uid', '=', uid)
    .executeTakeFirst()
  return row ? { uid, tenantId: row.tenant_id, id: row.id, isErased: row.erased_at !== null } : null
}

/** Faces first, then the subjects with what they have left, then the gallery itself: all with one new revision. */
async function replayGallery(
  trx: RegionTransaction,
  dialect: StoreDialect,
  gallery: FoundGallery,
  records: readonly ErasureRecord[],
): Promise<Replayed> {
  // No revision that a caller has seen comes again with another content.
  const seen = Math.max(...records.map(record => record.revision))
  await trx
    .updateTable('galleries')
    .set({ revision: sql<number>`case when revision < ${seen} then ${seen} else revision end` })
    .where('uid', '=', gallery.uid)
    .execute()
  const revision = await reviseGallery(trx, gallery.uid, { faces: 0, subjects: 0 })
  for (const record of records) await insertTombstone(trx, record, revision)
  const faces = await eraseFaces(trx, dialect, gallery.uid, records, revision)
  const subjects = await eraseSubjects(trx, dialect, gallery.uid, records, revision)
  const whole = records.find(record => record.subjectUid === null)
  const hides = whole !== undefined && !gallery.isErased
  if (hides) await hideGallery(trx, dialect, gallery.uid, whole.erasedAt)
  return {
    galleries: hides ? 1 : 0,
    subjects: subjects.subjectIds.length,
    faces: faces.faceIds.length + subjects.faceIds.length,
    blobKeys: [...faces.blobKeys, ...subjects.blobKeys],
    frameKeys: await deleteSessionsOf(trx, dialect, gallery, subjects.subjectIds),
    people: describePeople(gallery, hides, [...faces.faceIds, ...subjects.faceIds], subjects.subjectIds),
  }
}

async function deleteSessionsOf(
  trx: RegionTransaction,
  dialect: StoreDialect,
  gallery: FoundGallery,
  subjectIds: readonly string[],
): Promise<readonly string[]> {
  const frameKeys: string[] = []
  for (const id of subjectIds) frameKeys.push(...(await deleteSessionsOfSubject(trx, dialect, gallery, id)))
  return frameKeys
}

function describePeople(
  { tenantId, id }: FoundGallery,
  isWhole: boolean,
  faceIds: readonly string[],
  subjectIds: readonly string[],
): readonly ErasedPeople[] {
  if (isWhole) return [{ tenantId, galleryId: id, erased: 'gallery' }]
  return faceIds.length + subjectIds.length > 0 ? [{ tenantId, galleryId: id, erased: { subjectIds, faceIds } }] : []
}

async function eraseFaces(
  trx: RegionTransaction,
  dialect: StoreDialect,
  galleryUid: string,
  records: readonly ErasureRecord[],
  revision: number,
): Promise<{ readonly faceIds: readonly string[]; readonly blobKeys: readonly string[] }> {
  const wanted = records.flatMap(({ faceId }) => (faceId === null ? [] : [faceId]))
  const found = await trx
    .selectFrom('faces')
    .select(['id', 'subject_uid'])
    .where('gallery_uid', '=', galleryUid)
    .where(dialect.anyOf('id', wanted))
    .execute()
  const faceIds = found.map(face => face.id)
  const blobKeys = records[0] ? await deleteFaces(trx, dialect, faceIds, records[0].erasedAt) : []
  for (const [uid, faces] of Map.groupBy(found, face => face.subject_uid))
    await trx
      .updateTable('subjects')
      .set({ face_count: sql<number>`face_count - ${faces.length}`, revision })
      .where('uid', '=', uid)
      .execute()
  await countOut(trx, galleryUid, faceIds.length, 0)
  return { faceIds, blobKeys }
}

async function eraseSubjects(
  trx: RegionTransaction,
  dialect: StoreDialect,
  galleryUid: string,
  records: readonly ErasureRecord[],
  revision: number,
): Promise<{
  readonly subjectIds: readonly string[]
  readonly faceIds: readonly string[]
  readonly blobKeys: readonly string[]
}> {
  const wanted = records.filter(({ faceId, subjectUid }) => faceId === null && subjectUid !== null)
  const subjects = await trx
    .selectFrom('subjects')
    .select(['uid', 'id'])
    .where('gallery_uid', '=', galleryUid)
    .where(
      dialect.anyOf(
        'uid',
        wanted.map(record => record.subjectUid!),
      ),
    )
    .execute()
  const uids = subjects.map(subject => subject.uid)
  const rest = await trx.selectFrom('faces').select('id').where(dialect.anyOf('subject_uid', uids)).execute()
  const faceIds = rest.map(face => face.id)
  const at = wanted[0]?.erasedAt
  if (at) await buryFaces(trx, dialect, faceIds, revision, at)
  const blobKeys = at ? await deleteFaces(trx, dialect, faceIds, at) : []
  await trx.deleteFrom('subjects').where(dialect.anyOf('uid', uids)).execute()
  await countOut(trx, galleryUid, faceIds.length, subjects.length)
  return { subjectIds: subjects.map(subject => subject.id), faceIds, blobKeys }
}

async function countOut(trx: RegionTransaction, uid: string, faces: number, subjects: number): Promise<void> {
  if (faces + subjects === 0) return
  await trx
    .updateTable('galleries')
    .set({
      face_count: sql<number>`face_count - ${faces}`,
      subject_count: sql<number>`subject_count - ${subjects}`,
    })
    .where('uid', '=', uid)
    .execute()
}

async function hideGallery(trx: RegionTransaction, dialect: StoreDialect, uid: string, at: Date): Promise<void> {
  await trx.updateTable('galleries').set({ erased_at: at.getTime() }).where('uid', '=', uid).execute()
  await markNumbersDeleted(trx, dialect, [uid], at)
}

async function insertTombstone(trx: RegionTransaction, record: ErasureRecord, revision: number): Promise<void> {
  await trx
    .insertInto('tombstones')
    .values({
      gallery_uid: record.galleryUid,
      face_id: record.faceId,
      subject_uid: record.subjectUid,
      revision,
      erased_at: record.erasedAt.getTime(),
    })
    .execute()
}
