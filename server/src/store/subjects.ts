// The queries on subjects. No rules of the domain.
import type { Selectable } from 'kysely'
import type { Erased, SubjectStore } from '../core/ports.ts'
import type { Metadata, Page, PageRequest, Subject } from '../core/types.ts'
import { metadataToText, textToMetadata, toDate, toNumber } from './codec.ts'
import type { RegionConnection, RegionTransaction } from './connection.ts'
import { buryFaces, deleteFaces, lockGallery, reviseGallery } from './content.ts'
import { createPage, readCursor } from './pages.ts'
import type { SubjectsTable } from './schema.ts'
import { deleteSessionsOfSubject } from './session-erasure.ts'

export const SUBJECT_COLUMNS = [
  'uid',
  'gallery_uid',
  'id',
  'metadata',
  'face_count',
  'revision',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof SubjectsTable)[]

type SubjectRow = Selectable<SubjectsTable>

/** Subjects that a filter looks at in one step: about 5 ms of SQLite. */
const FILTER_STEP = 20_000

export function createSubjectStore(connection: RegionConnection, filterStep = FILTER_STEP): SubjectStore {
  const { db, dialect } = connection
  const inGallery = (galleryUid: string) =>
    db.selectFrom('subjects').select(SUBJECT_COLUMNS).where('gallery_uid', '=', galleryUid)

  async function find(galleryUid: string, id: string): Promise<Subject | null> {
    const row = await inGallery(galleryUid).where('id', '=', id).executeTakeFirst()
    return row ? toSubject(row) : null
  }

  async function list(galleryUid: string, page: PageRequest, filter: Metadata = {}): Promise<Page<Subject>> {
    const after = readCursor('subjects', page)
    const rows =
      Object.keys(filter).length > 0
        ? await listMatching(galleryUid, after, page.limit + 1, filter)
        : await inGallery(galleryUid)
            .where('id', '>', after)
            .orderBy('id')
            .limit(page.limit + 1)
            .execute()
    return createPage('subjects', page, rows, row => row.id, toSubject)
  }

  /** Looks through the subjects in steps, so that other queries run in between however few of them match. */
  async function listMatching(galleryUid: string, start: string, limit: number, filter: Metadata) {
    const matching: SubjectRow[] = []
    for (let after = start; ; ) {
      const end = await db
        .selectFrom('subjects')
        .select('id')
        .where('gallery_uid', '=', galleryUid)
        .where('id', '>', after)
        .orderBy('id')
        .limit(1)
        .offset(filterStep - 1)
        .executeTakeFirst()
      const rows = await inGallery(galleryUid)
        .where('id', '>', after)
        .$if(end !== undefined, query => query.where('id', '<=', end!.id))
        .where(({ and }) =>
          and(Object.entries(filter).map(([key, value]) => dialect.hasMetadata('subjects.metadata', key, value))),
        )
        .orderBy('id')
        .limit(limit - matching.length)
        .execute()
      matching.push(...rows)
      if (matching.length === limit || end === undefined) return matching
      after = end.id
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  async function updateMetadata(
    galleryUid: string,
    id: string,
    metadata: Metadata,
    at: Date,
    expected?: number,
  ): Promise<Subject | 'changed' | null> {
    return db.transaction().execute(async trx => {
      if (!(await lockGallery(trx, dialect, galleryUid))) return null
      const held = await findRevision(trx, galleryUid, id)
      if (!held) return null
      if (expected !== undefined && expected !== held.revision) return 'changed'
      const row = await trx
        .updateTable('subjects')
        .set({
          metadata: metadataToText(metadata),
          revision: await reviseGallery(trx, galleryUid, { faces: 0, subjects: 0 }),
          updated_at: at.getTime(),
        })
        .where('uid', '=', held.uid)
        .returning(SUBJECT_COLUMNS)
        .executeTakeFirstOrThrow()
      return toSubject(row)
    })
  }

  return { find, list, updateMetadata, erase: (...subject) => eraseSubject(connection, ...subject) }
}

async function findRevision(
  trx: RegionTransaction,
  galleryUid: string,
  id: string,
): Promise<{ readonly uid: string; readonly revision: number } | null> {
  const row = await trx
    .selectFrom('subjects')
    .select(['uid', 'revision'])
    .where('gallery_uid', '=', galleryUid)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? { uid: row.uid, revision: toNumber(row.revision) } : null
}

async function eraseSubject(
  { db, dialect }: RegionConnection,
  galleryUid: string,
  id: string,
  at: Date,
  expected?: number,
): Promise<Erased | 'changed' | null> {
  const erased = await db.transaction().execute(async trx => {
    const gallery = await lockGallery(trx, dialect, galleryUid)
    if (!gallery) return null
    const subject = await findRevision(trx, galleryUid, id)
    if (!subject) return null
    if (expected !== undefined && expected !== subject.revision) return 'changed'
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
    const blobKeys = await deleteFaces(trx, dialect, faceIds, at)
    await trx.deleteFrom('subjects').where('uid', '=', subject.uid).execute()
    return { faceIds, blobKeys, frameKeys: await deleteSessionsOfSubject(trx, dialect, gallery, id) }
  })
  if (erased && erased !== 'changed') await dialect.clearTraces(db)
  return erased
}

export function toSubject(row: SubjectRow): Subject {
  return {
    uid: row.uid,
    galleryUid: row.gallery_uid,
    id: row.id,
    metadata: textToMetadata(row.metadata),
    faceCount: toNumber(row.face_count),
    revision: toNumber(row.revision),
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
  }
}
