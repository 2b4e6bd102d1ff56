// The queries behind lists by page number, and galleries by code. No rules of the domain.
import { type Selectable, type SelectQueryBuilder, sql } from 'kysely'
import type { FaceQuestion, FaceRecord, GalleryQuestion, RecordStore, Slice, Sliced } from '../core/ports.ts'
import type { Gallery } from '../core/types.ts'
import { textToMetadata, toDate, toNumber } from './codec.ts'
import type { RegionConnection } from './connection.ts'
import { selectFaces, toFace } from './faces.ts'
import { GALLERY_COLUMNS, toGallery } from './galleries.ts'
import type { SubjectsTable } from './schema.ts'

export function createRecordStore({ db, dialect }: RegionConnection): RecordStore {
  const galleriesOf = (tenantId: string) =>
    db.selectFrom('galleries').where('galleries.tenant_id', '=', tenantId).where('galleries.erased_at', 'is', null)

  const selectRecords = () => selectFaces(db).select(['subjects.metadata', 'subjects.updated_at'])

  async function findGallery(tenantId: string, code: string): Promise<Gallery | null> {
    const row = await galleriesOf(tenantId).select(GALLERY_COLUMNS).where('code', '=', code).executeTakeFirst()
    return row ? toGallery(row) : null
  }

  async function listGalleries(
    tenantId: string,
    { id, code, name }: GalleryQuestion,
    slice: Slice,
  ): Promise<Sliced<Gallery>> {
    const asked = galleriesOf(tenantId)
      .$if(id !== undefined, query => query.where('id', '=', id!))
      .$if(code !== undefined, query => query.where('code', '=', code!))
      // The text is taken as it is, which "like" would not in every database.
      .$if(name !== undefined, query => query.where(sql<boolean>`replace(name, cast(${name} as text), '') <> name`))
    const rows = await asked.select(GALLERY_COLUMNS).orderBy('uid').limit(slice.limit).offset(slice.offset).execute()
    return { items: rows.map(toGallery), total: await count(asked) }
  }

  async function galleriesWith(tenantId: string, subjectId: string): Promise<readonly Gallery[]> {
    const rows = await galleriesOf(tenantId)
      .innerJoin('subjects', 'subjects.gallery_uid', 'galleries.uid')
      .where('subjects.id', '=', subjectId)
      .select(GALLERY_COLUMNS.map(column => `galleries.${column}` as const))
      .orderBy('galleries.uid')
      .execute()
    return rows.map(toGallery)
  }

  async function listFaces(
    galleryUid: string,
    { faceId, subjectId, metadata = {}, without = {} }: FaceQuestion,
    slice: Slice,
  ): Promise<Sliced<FaceRecord>> {
    const wanted = Object.entries(metadata)
    const unwanted = Object.entries(without)
    const isAll = faceId === undefined && subjectId === undefined && wanted.length + unwanted.length === 0
    const asked = db
      .selectFrom('faces')
      .innerJoin('subjects', 'subjects.uid', 'faces.subject_uid')
      .where('faces.gallery_uid', '=', galleryUid)
      .$if(faceId !== undefined, query => query.where('faces.id', '=', faceId!))
      .$if(subjectId !== undefined, query =>
        query.where('subjects.gallery_uid', '=', galleryUid).where('subjects.id', '=', subjectId!),
      )
      .$if(wanted.length > 0, query =>
        query.where(({ and }) =>
          and(wanted.map(([key, value]) => dialect.hasMetadata('subjects.metadata', key, value))),
        ),
      )
      .$if(unwanted.length > 0, query =>
        query.where(({ and }) =>
          and(
            unwanted.map(
              ([key, value]) =>
                sql<boolean>`not coalesce(${dialect.hasMetadata('subjects.metadata', key, value)}, false)`,
            ),
          ),
        ),
      )
    // First which faces, by the index alone, then what is to be said of them.
    const ids = (isAll ? db.selectFrom('faces').where('faces.gallery_uid', '=', galleryUid) : asked)
      .select('faces.id')
      .orderBy('faces.id')
      .limit(slice.limit)
      .offset(slice.offset)
    const rows = await selectRecords()
      .where('faces.id', 'in', query => query.selectFrom(ids.as('slice')).select('slice.id'))
      .orderBy('faces.id')
      .execute()
    return { items: rows.map(toRecord), total: isAll ? await countFaces(galleryUid) : await count(asked) }
  }

  async function findFaces(galleryUid: string, faceIds: readonly string[]): Promise<readonly FaceRecord[]> {
    const rows = await selectRecords()
      .where(dialect.anyOf('faces.id', faceIds))
      .where('faces.gallery_uid', '=', galleryUid)
      .execute()
    return rows.map(toRecord)
  }

  /** Kept with every change, so that a large gallery is not counted for each page. */
  async function countFaces(galleryUid: string): Promise<number> {
    const row = await db.selectFrom('galleries').select('face_count').where('uid', '=', galleryUid).executeTakeFirst()
    return toNumber(row?.face_count ?? 0)
  }

  return { findGallery, listGalleries, galleriesWith, listFaces, findFaces }
}

type RecordRow = Parameters<typeof toFace>[0] & Pick<Selectable<SubjectsTable>, 'metadata' | 'updated_at'>

function toRecord(row: RecordRow): FaceRecord {
  return { face: toFace(row), metadata: textToMetadata(row.metadata), updatedAt: toDate(row.updated_at) }
}

async function count<DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>): Promise<number> {
  const row = await query.select(({ fn }) => fn.countAll().as('found')).executeTakeFirstOrThrow()
  return toNumber((row as { found: number | string | bigint }).found)
}
