// The queries on subjects. No rules of the domain.
import type { Selectable } from 'kysely'
import type { Erased, SubjectStore } from '../core/ports.ts'
import type { Metadata, Page, PageRequest, Subject } from '../core/types.ts'
import { metadataToText, textToMetadata, toDate, toNumber } from './codec.ts'
import type { RegionConnection } from './connection.ts'
import { buryFaces, deleteFaces, lockGallery, reviseGallery } from './content.ts'
import { createPage, readCursor } from './pages.ts'
import type { SubjectsTable } from './schema.ts'

export const SUBJECT_COLUMNS = [
  'uid',
  'gallery_uid',
  'id',
  'metadata',
  'face_count',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof SubjectsTable)[]

export function createSubjectStore(connection: RegionConnection): SubjectStore {
  const { db, dialect } = connection
  const inGallery = (galleryUid: string) =>
    db.selectFrom('subjects').select(SUBJECT_COLUMNS).where('gallery_uid', '=', galleryUid)

  async function find(galleryUid: string, id: string): Promise<Subject | null> {
    const row = await inGallery(galleryUid).where('id', '=', id).executeTakeFirst()
    return row ? toSubject(row) : null
  }

  async function list(galleryUid: string, page: PageRequest): Promise<Page<Subject>> {
    const rows = await inGallery(galleryUid)
      .where('id', '>', readCursor('subjects', page))
      .orderBy('id')
      .limit(page.limit + 1)
      .execute()
    return createPage('subjects', page, rows, row => row.id, toSubject)
  }

  async function updateMetadata(galleryUid: string, id: string, metadata: Metadata, at: Date): Promise<Subject | null> {
    return db.transaction().execute(async trx => {
      if (!(await lockGallery(trx, dialect, galleryUid))) return null
      const row = await trx
        .updateTable('subjects')
        .set({ metadata: metadataToText(metadata), updated_at: at.getTime() })
        .where('gallery_uid', '=', galleryUid)
        .where('id', '=', id)
        .returning(SUBJECT_COLUMNS)
        .executeTakeFirst()
      if (!row) return null
      await reviseGallery(trx, galleryUid, { faces: 0, subjects: 0 })
      return toSubject(row)
    })
  }

  return { find, list, updateMetadata, erase: (galleryUid, id, at) => eraseSubject(connection, galleryUid, id, at) }
}

async function eraseSubject(
  { db, dialect }: RegionConnection,
  galleryUid: string,
  id: string,
  at: Date,
): Promise<Erased | null> {
  const erased = await db.transaction().execute(async trx => {
    if (!(await lockGallery(trx, dialect, galleryUid))) return null
    const subject = await trx
      .selectFrom('subjects')
      .select('uid')
      .where('gallery_uid', '=', galleryUid)
      .where('id', '=', id)
      .executeTakeFirst()
    if (!subject) return null
    const faces = await trx.selectFrom('faces').select('id').where('subject_uid', '=', subject.uid).execute()
    const faceIds = faces.map(face => face.id)
    const revision = await reviseGallery(trx, galleryUid, { faces: -faceIds.length, subjects: -1 })
    await buryFaces(trx, dialect, faceIds, revision, at)
    await trx
      .insertInto('tombstones')
      .values({
        gallery_uid: galleryUid,
        face_id: null,
        subject_uid: subject.uid,
        revision,
        erased_at: at.getTime(),
      })
      .execute()
    const blobKeys = await deleteFaces(trx, dialect, faceIds)
    await trx.deleteFrom('subjects').where('uid', '=', subject.uid).execute()
    return { faceIds, blobKeys }
  })
  if (erased) await dialect.clearTraces(db)
  return erased
}

export function toSubject(row: Selectable<SubjectsTable>): Subject {
  return {
    uid: row.uid,
    galleryUid: row.gallery_uid,
    id: row.id,
    metadata: textToMetadata(row.metadata),
    faceCount: toNumber(row.face_count),
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
  }
}
