// Enrols and erases one face, each in one transaction: its subject, its picture's facts and the gallery's counts change
// with it or not at all.
import { sql } from 'kysely'
import type { Erased, NewFace } from '../core/ports.ts'
import type { Face, Subject } from '../core/types.ts'
import { metadataToText, templateToBytes } from './codec.ts'
import type { RegionConnection, RegionTransaction } from './connection.ts'
import { buryFaces, deleteFaces, lockGallery, reviseGallery } from './content.ts'
import { SUBJECT_COLUMNS, toSubject } from './subjects.ts'

export function insertFace(
  { db, dialect }: RegionConnection,
  face: NewFace,
): Promise<{ face: Face; subject: Subject } | null> {
  return db.transaction().execute(async trx => {
    if (!(await lockGallery(trx, dialect, face.galleryUid))) return null
    const subject = await upsertSubject(trx, face)
    await insertFaceRow(trx, face, subject.uid)
    if (face.picture) {
      const { key, mediaType, bytes } = face.picture
      await trx
        .insertInto('pictures')
        .values({ face_id: face.id, blob_key: key, media_type: mediaType, bytes })
        .execute()
    }
    await reviseGallery(trx, face.galleryUid, { faces: 1, subjects: subject.uid === face.newSubjectUid ? 1 : 0 })
    return { face: toInsertedFace(face, subject.uid), subject }
  })
}

export async function eraseFace(
  { db, dialect }: RegionConnection,
  galleryUid: string,
  id: string,
  at: Date,
): Promise<Erased | null> {
  const erased = await db.transaction().execute(async trx => {
    if (!(await lockGallery(trx, dialect, galleryUid))) return null
    const face = await trx
      .selectFrom('faces')
      .select('subject_uid')
      .where('id', '=', id)
      .where('gallery_uid', '=', galleryUid)
      .executeTakeFirst()
    if (!face) return null
    const revision = await reviseGallery(trx, galleryUid, { faces: -1, subjects: 0 })
    await buryFaces(trx, dialect, [id], revision, at)
    const blobKeys = await deleteFaces(trx, dialect, [id])
    await trx
      .updateTable('subjects')
      .set({ face_count: sql<number>`face_count - 1`, updated_at: at.getTime() })
      .where('uid', '=', face.subject_uid)
      .execute()
    return { faceIds: [id], blobKeys }
  })
  if (erased) await dialect.clearTraces(db)
  return erased
}

/** Finds or makes the subject, and counts one face more for it. */
async function upsertSubject(trx: RegionTransaction, face: NewFace): Promise<Subject> {
  const at = face.createdAt.getTime()
  const row = await trx
    .insertInto('subjects')
    .values({
      uid: face.newSubjectUid,
      gallery_uid: face.galleryUid,
      id: face.subjectId,
      metadata: metadataToText(face.metadata ?? {}),
      face_count: 1,
      created_at: at,
      updated_at: at,
    })
    .onConflict(conflict =>
      conflict.columns(['gallery_uid', 'id']).doUpdateSet({
        // Undefined leaves the column out of the statement.
        metadata: face.metadata === null ? undefined : metadataToText(face.metadata),
        face_count: sql<number>`subjects.face_count + 1`,
        updated_at: at,
      }),
    )
    .returning(SUBJECT_COLUMNS)
    .executeTakeFirstOrThrow()
  return toSubject(row)
}

async function insertFaceRow(trx: RegionTransaction, face: NewFace, subjectUid: string): Promise<void> {
  await trx
    .insertInto('faces')
    .values({
      id: face.id,
      gallery_uid: face.galleryUid,
      subject_uid: subjectUid,
      pack: face.pack,
      box_x: face.box.x,
      box_y: face.box.y,
      box_width: face.box.width,
      box_height: face.box.height,
      confidence: face.confidence,
      created_at: face.createdAt.getTime(),
      template: templateToBytes(face.template),
    })
    .execute()
}

function toInsertedFace(face: NewFace, subjectUid: string): Face {
  return {
    id: face.id,
    galleryUid: face.galleryUid,
    subjectUid,
    subjectId: face.subjectId,
    pack: face.pack,
    box: face.box,
    confidence: face.confidence,
    picture: face.picture,
    createdAt: face.createdAt,
  }
}
