// The queries that read faces and their templates. Changes are in face-changes.ts. No rules of the domain.
import type { Kysely } from 'kysely'
import type { FaceOfSubject, FaceStore, FaceTemplate } from '../core/ports.ts'
import type { Face, Page, PageRequest } from '../core/types.ts'
import { bytesToTemplate, textToMetadata, toDate, toNumber } from './codec.ts'
import type { RegionConnection } from './connection.ts'
import { eraseFace, insertFace } from './face-changes.ts'
import { createPage, readCursor } from './pages.ts'
import type { RegionTables } from './schema.ts'

export function createFaceStore(connection: RegionConnection): FaceStore {
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

  async function templatesOfSubject(galleryUid: string, subjectId: string): Promise<readonly FaceTemplate[]> {
    const rows = await db
      .selectFrom('subjects')
      .innerJoin('faces', 'faces.subject_uid', 'subjects.uid')
      .select(['faces.id', 'faces.template'])
      .where('subjects.gallery_uid', '=', galleryUid)
      .where('subjects.id', '=', subjectId)
      .orderBy('faces.id')
      .execute()
    return rows.map(toTemplate)
  }

  async function templatesOf(faceIds: readonly string[]): Promise<readonly FaceTemplate[]> {
    const rows = await db.selectFrom('faces').select(['id', 'template']).where(dialect.anyOf('id', faceIds)).execute()
    return rows.map(toTemplate)
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

  /** Asks for one batch after the other, so that other queries run in between and faces may come and go meanwhile. */
  async function* streamTemplates(galleryUid: string, batchSize: number): AsyncGenerator<readonly FaceTemplate[]> {
    let after = ''
    while (true) {
      const rows = await db
        .selectFrom('faces')
        .select(['id', 'template'])
        .where('gallery_uid', '=', galleryUid)
        .where('id', '>', after)
        .orderBy('id')
        .limit(batchSize)
        .execute()
      const last = rows.at(-1)
      if (last) yield rows.map(toTemplate)
      if (!last || rows.length < batchSize) return
      after = last.id
    }
  }

  return {
    insert: face => insertFace(connection, face),
    find,
    listOfSubject,
    templatesOfSubject,
    templatesOf,
    subjectsOf,
    streamTemplates,
    erase: (galleryUid, id, at) => eraseFace(connection, galleryUid, id, at),
  }
}

function selectFaces(db: Kysely<RegionTables>) {
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

function toFace(row: FaceRow): Face {
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

function toTemplate(row: { readonly id: string; readonly template: Uint8Array }): FaceTemplate {
  return { faceId: row.id, template: bytesToTemplate(row.template) }
}
