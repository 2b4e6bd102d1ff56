// The queries that read faces. Their changes are in face-changes.ts, their templates in templates.ts. No rules of the
// domain.
import type { Kysely } from 'kysely'
import type { FaceOfSubject, FaceStore, Vault } from '../core/ports.ts'
import type { Face, Page, PageRequest } from '../core/types.ts'
import { textToMetadata, toDate, toNumber } from './codec.ts'
import type { RegionConnection } from './connection.ts'
import { eraseFace, insertFace } from './face-changes.ts'
import { createPage, readCursor } from './pages.ts'
import type { RegionTables } from './schema.ts'
import { createTemplateQueries } from './templates.ts'

export function createFaceStore(connection: RegionConnection, vault: Vault): FaceStore {
  const { db, dialect } = connection

  async function find(galleryUid: string, id: string): Promise<Face | null> {
    const row = await selectFaces(db)
      .where('faces.id', '=', id)
      .where('faces.gallery_uid', '=', galleryUid)
      .executeTakeFirst()
    return row ? toFace(row) : null
  }

  async function listOfSubject(galleryUid: string, subjectId: string, page: PageRequest): Promise<Page<Face>> {
    const rows = await selectFaces(db)
      .where('subjects.gallery_uid', '=', galleryUid)
      .where('subjects.id', '=', subjectId)
      .where('faces.id', '>', readCursor('faces', page))
      .orderBy('faces.id')
      .limit(page.limit + 1)
      .execute()
    return createPage('faces', page, rows, row => row.id, toFace)
  }

  async function listOfGallery(galleryUid: string, page: PageRequest): Promise<Page<Face>> {
    const rows = await selectFaces(db)
      .where('faces.gallery_uid', '=', galleryUid)
      .where('faces.id', '>', readCursor('faces', page))
      .orderBy('faces.id')
      .limit(page.limit + 1)
      .execute()
    return createPage('faces', page, rows, row => row.id, toFace)
  }

  async function subjectsOf(galleryUid: string, faceIds: readonly string[]): Promise<readonly FaceOfSubject[]> {
    const rows = await db
      .selectFrom('faces')
      .innerJoin('subjects', 'subjects.uid', 'faces.subject_uid')
      .select(['faces.id as face_id', 'subjects.id as subject_id', 'subjects.uid as subject_uid', 'subjects.metadata'])
      .where(dialect.anyOf('faces.id', faceIds))
      .where('faces.gallery_uid', '=', galleryUid)
      .execute()
    return rows.map(row => ({
      faceId: row.face_id,
      subjectId: row.subject_id,
      subjectUid: row.subject_uid,
      metadata: textToMetadata(row.metadata),
    }))
  }

  return {
    insert: (face, rules) => insertFace(connection, vault, face, rules),
    find,
    listOfSubject,
    listOfGallery,
    subjectsOf,
    ...createTemplateQueries(connection, vault),
    erase: (galleryUid, id, at) => eraseFace(connection, galleryUid, id, at),
  }
}

export function selectFaces(db: Kysely<RegionTables>) {
  return db
    .selectFrom('faces')
    .innerJoin('subjects', 'subjects.uid', 'faces.subject_uid')
    .leftJoin('pictures', 'pictures.face_id', 'faces.id')
    .select([
      'faces.id',
      'faces.gallery_uid',
      'faces.subject_uid',
      'subjects.id as subject_id',
      'faces.pack',
      'faces.box_x',
      'faces.box_y',
      'faces.box_width',
      'faces.box_height',
      'faces.confidence',
      'faces.created_at',
      'pictures.blob_key',
      'pictures.media_type',
      'pictures.bytes',
    ])
}

type FaceRow = Awaited<ReturnType<ReturnType<typeof selectFaces>['execute']>>[number]

export function toFace(row: FaceRow): Face {
  const { blob_key: key, media_type: mediaType, bytes } = row
  return {
    id: row.id,
    galleryUid: row.gallery_uid,
    subjectUid: row.subject_uid,
    subjectId: row.subject_id,
    pack: row.pack,
    box: { x: row.box_x, y: row.box_y, width: row.box_width, height: row.box_height },
    confidence: row.confidence,
    picture: key === null || mediaType === null || bytes === null ? null : { key, mediaType, bytes: toNumber(bytes) },
    createdAt: toDate(row.created_at),
  }
}
