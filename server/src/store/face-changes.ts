// Enrols and erases one face, each in one transaction: its subject, its picture's facts, the faces that give way to it and
// the gallery's counts change with it or not at all.
import { sql } from 'kysely'
import type { Erased, Insertion, InsertionRules, NewFace, Vault } from '../core/ports.ts'
import type { Face, Subject } from '../core/types.ts'
import { metadataToText, toNumber } from './codec.ts'
import type { RegionConnection, RegionTransaction } from './connection.ts'
import { buryFaces, deleteFaces, lockGallery, reviseGallery } from './content.ts'
import { giveNumber } from './numbers.ts'
import { sealTemplate } from './sealed-templates.ts'
import { SUBJECT_COLUMNS, toSubject } from './subjects.ts'

export async function insertFace(
  connection: RegionConnection,
  vault: Vault,
  face: NewFace,
  rules: InsertionRules,
): Promise<Insertion> {
  const { db, dialect } = connection
  const template = await sealTemplate(connection, vault, face)
  if (!template) return { outcome: 'gallery_missing' }
  const inserted = await db.transaction().execute(async (trx): Promise<Insertion> => {
    const gallery = await lockGallery(trx, dialect, face.galleryUid)
    if (!gallery) return { outcome: 'gallery_missing' }
    if (rules.revision !== undefined && rules.revision !== gallery.revision) return { outcome: 'gallery_changed' }
    const known = await findSubject(trx, face)
    if (known && rules.existingSubject === 'refuse') return { outcome: 'subject_exists' }
    const giveWay = known ? await findFacesToErase(trx, known, rules) : []
    if (!giveWay) return { outcome: 'subject_full', faceCount: known!.faceCount }
    const revision = await reviseGallery(trx, face.galleryUid, { faces: 1 - giveWay.length, subjects: known ? 0 : 1 })
    if (giveWay.length > 0) await buryFaces(trx, dialect, giveWay, revision, face.createdAt)
    const blobKeys = giveWay.length > 0 ? await deleteFaces(trx, dialect, giveWay, face.createdAt) : []
    const subject = known
      ? await reviseSubject(trx, face, known.uid, revision, 1 - giveWay.length)
      : await insertSubject(trx, face, revision)
    await insertFaceRow(trx, face, subject.uid, template)
    const { id: uid, galleryUid: parentUid, numberKind: kind } = face
    const number = kind ? await giveNumber(trx, { tenantId: gallery.tenantId, kind, uid, parentUid }) : null
    if (face.picture) {
      const { key, mediaType, bytes } = face.picture
      await trx
        .insertInto('pictures')
        .values({ face_id: face.id, blob_key: key, media_type: mediaType, bytes })
        .execute()
    }
    const erased = { faceIds: giveWay, blobKeys }
    return { outcome: 'inserted', face: toInsertedFace(face, subject.uid), subject, erased, number }
  })
  if (inserted.outcome === 'inserted' && inserted.erased.faceIds.length > 0) await dialect.clearTraces(db)
  return inserted
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
    const blobKeys = await deleteFaces(trx, dialect, [id], at)
    await trx
      .updateTable('subjects')
      .set({ face_count: sql<number>`face_count - 1`, revision, updated_at: at.getTime() })
      .where('uid', '=', face.subject_uid)
      .execute()
    return { faceIds: [id], blobKeys }
  })
  if (erased) await dialect.clearTraces(db)
  return erased
}

interface KnownSubject {
  readonly uid: string
  readonly faceCount: number
}

async function findSubject(trx: RegionTransaction, face: NewFace): Promise<KnownSubject | null> {
  const row = await trx
    .selectFrom('subjects')
    .select(['uid', 'face_count'])
    .where('gallery_uid', '=', face.galleryUid)
    .where('id', '=', face.subjectId)
    .executeTakeFirst()
  return row ? { uid: row.uid, faceCount: toNumber(row.face_count) } : null
}

/** The ids of the faces that must give way to one more; null when none may and there is no room. */
async function findFacesToErase(
  trx: RegionTransaction,
  { uid, faceCount }: KnownSubject,
  { existingSubject, maxFacesPerSubject, whenFull }: InsertionRules,
): Promise<readonly string[] | null> {
  const tooMany = existingSubject === 'replace' ? faceCount : faceCount + 1 - maxFacesPerSubject
  if (tooMany <= 0) return []
  if (existingSubject === 'append' && whenFull === 'refuse') return null
  const oldest = await trx
    .selectFrom('faces')
    .select('id')
    .where('subject_uid', '=', uid)
    .orderBy('created_at')
    .orderBy('id')
    .limit(tooMany)
    .execute()
  return oldest.map(face => face.id)
}

async function insertSubject(trx: RegionTransaction, face: NewFace, revision: number): Promise<Subject> {
  const at = face.createdAt.getTime()
  const row = await trx
    .insertInto('subjects')
    .values({
      uid: face.newSubjectUid,
      gallery_uid: face.galleryUid,
      id: face.subjectId,
      metadata: metadataToText(face.metadata ?? {}),
      face_count: 1,
      revision,
      created_at: at,
      updated_at: at,
    })
    .returning(SUBJECT_COLUMNS)
    .executeTakeFirstOrThrow()
  return toSubject(row)
}

async function reviseSubject(
  trx: RegionTransaction,
  face: NewFace,
  uid: string,
  revision: number,
  faces: number,
): Promise<Subject> {
  const row = await trx
    .updateTable('subjects')
    .set({
      // Undefined leaves the column out of the statement.
      metadata: face.metadata === null ? undefined : metadataToText(face.metadata),
      face_count: sql<number>`face_count + ${faces}`,
      revision,
      updated_at: face.createdAt.getTime(),
    })
    .where('uid', '=', uid)
    .returning(SUBJECT_COLUMNS)
    .executeTakeFirstOrThrow()
  return toSubject(row)
}

async function insertFaceRow(
  trx: RegionTransaction,
  face: NewFace,
  subjectUid: string,
  template: Buffer,
): Promise<void> {
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
      template,
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
