// Use cases: galleries and faces as lists by page number, galleries by code, and both by their decimal numbers, for protocols
// that know them so.
import { AppError } from '../errors.ts'
import { type Context, regionOf } from './context.ts'
import type { Erasure } from './erasures.ts'
import { findNumberedGallery, type NumberedFace, numberAll } from './numbers.ts'
import type { FaceQuestion, GalleryQuestion, NumberKind, Slice, Sliced } from './ports.ts'
import { deleteFace, deleteSubject } from './subjects.ts'
import type { Face, Gallery, Principal, Subject } from './types.ts'
import { versionOf } from './versions.ts'

export interface NumberedGallery {
  readonly gallery: Gallery
  readonly number: number
}

const galleryNotFound = (name: string): AppError =>
  new AppError('gallery_not_found', `There is no gallery ${name}.`, { details: { gallery: name } })

/** @throws AppError gallery_not_found */
export const findByCode = async (context: Context, principal: Principal, code: string): Promise<Gallery> => {
  const found = await regionOf(context, principal).store.records.findGallery(principal.tenantId, code)
  if (!found) throw galleryNotFound(`with the code "${code}"`)
  return found
}

/** @throws AppError gallery_not_found */
export const findByNumber = async (
  context: Context,
  principal: Principal,
  kind: NumberKind,
  number: number,
): Promise<Gallery> => {
  const found = await findNumberedGallery(context, principal, kind, number)
  if (!found) throw galleryNotFound(`with the number ${number}`)
  return found
}

/** Galleries that have no number yet get one. */
export const sliceGalleries = async (
  context: Context,
  principal: Principal,
  kind: NumberKind,
  question: GalleryQuestion,
  slice: Slice,
): Promise<Sliced<NumberedGallery>> => {
  const region = regionOf(context, principal)
  const { items, total } = await region.store.records.listGalleries(principal.tenantId, question, slice)
  const uids = items.map(({ uid }) => uid)
  const numbers = await numberAll(region, principal, kind, uids, '')
  return { items: items.map((gallery, at) => ({ gallery, number: numbers[at] })), total }
}

export interface NumberedFaceQuestion extends Omit<FaceQuestion, 'faceId'> {
  readonly number?: number
}

/** Faces that have no number yet get one. */
export const sliceFaces = async (
  context: Context,
  principal: Principal,
  { gallery, kind }: { readonly gallery: Gallery; readonly kind: NumberKind },
  { number, ...question }: NumberedFaceQuestion,
  slice: Slice,
): Promise<Sliced<NumberedFace>> => {
  const region = regionOf(context, principal)
  const named = number === undefined ? null : await region.store.numbers.find(principal.tenantId, kind, number)
  if (number !== undefined && !named) return { items: [], total: 0 }
  const asked = named ? { ...question, faceId: named.uid } : question
  const { items, total } = await region.store.records.listFaces(gallery.uid, asked, slice)
  const ids = items.map(({ face }) => face.id)
  const numbers = await numberAll(region, principal, kind, ids, gallery.uid)
  return { items: items.map((record, at) => ({ ...record, number: numbers[at] })), total }
}

/** @throws AppError face_not_found */
export const requireNumberedFace = async (
  context: Context,
  principal: Principal,
  kind: NumberKind,
  number: number,
): Promise<{ readonly gallery: Gallery; readonly face: Face }> => {
  const { store } = regionOf(context, principal)
  const named = await store.numbers.find(principal.tenantId, kind, number)
  const gallery = named && (await store.galleries.findByUid(principal.tenantId, named.parentUid))
  const face = gallery && (await store.faces.find(gallery.uid, named.uid))
  if (!face)
    throw new AppError('face_not_found', `There is no face with the number ${number}.`, { details: { face: number } })
  return { gallery, face }
}

/**
 * Erases a face, and its subject with it where that has no other: who knows faces only would find the subject in the way.
 * A face that joins the subject meanwhile stays, and keeps the subject.
 * @throws AppError gallery_not_found, face_not_found, subject_not_found, erasure_unfinished
 */
export const deleteRecord = async (
  context: Context,
  principal: Principal,
  gallery: Gallery,
  face: Pick<Face, 'id' | 'subjectId'>,
): Promise<Erasure> => {
  const { id, subjectId } = face
  const { subjects } = regionOf(context, principal).store
  const subject = await subjects.find(gallery.uid, subjectId)
  if (!subject || subject.faceCount > 1) {
    const erasure = await deleteFace(context, principal, gallery.id, id)
    const left = await subjects.find(gallery.uid, subjectId)
    // Another call took the other face at the same time.
    return left?.faceCount === 0 ? deleteIfUnchanged(context, principal, gallery, left, async () => erasure) : erasure
  }
  return deleteIfUnchanged(context, principal, gallery, subject, () => deleteRecord(context, principal, gallery, face))
}

/** `otherwise`: what to do where the subject was changed since it was read. */
const deleteIfUnchanged = async (
  context: Context,
  principal: Principal,
  { id: galleryId }: Gallery,
  subject: Subject,
  otherwise: () => Promise<Erasure>,
): Promise<Erasure> => {
  try {
    return await deleteSubject(context, principal, galleryId, subject.id, [versionOf(subject)])
  } catch (error) {
    if (error instanceof AppError && error.code === 'precondition_failed') return otherwise()
    throw error
  }
}

/** The caller's galleries that have the subject, oldest first. */
export const findGalleriesWith = (
  context: Context,
  principal: Principal,
  subjectId: string,
): Promise<readonly Gallery[]> =>
  regionOf(context, principal).store.records.galleriesWith(principal.tenantId, subjectId)
