// Use cases: read, list, change and delete subjects and single faces.
import { AppError } from '../errors.ts'
import { type Context, findGallery, type Region, regionOf } from './context.ts'
import { clearErased, type Erasure } from './erasures.ts'
import { checkFilter } from './filter.ts'
import { checkMetadata } from './names.ts'
import { changeStore } from './store-change.ts'
import type { Face, Gallery, Metadata, Page, PageRequest, Principal, Subject } from './types.ts'
import { type Precondition, preconditionFailed, requireVersion } from './versions.ts'

const subjectNotFound = (gallery: Gallery, id: string): AppError =>
  new AppError('subject_not_found', `There is no subject "${id}" in gallery "${gallery.id}".`, {
    details: { gallery: gallery.id, subject: id },
  })

const faceNotFound = (gallery: Gallery, id: string): AppError =>
  new AppError('face_not_found', `There is no face "${id}" in gallery "${gallery.id}".`, {
    details: { gallery: gallery.id, face: id },
  })

/** A subject with its first faces (all of them up to the page limit). @throws AppError gallery_not_found, subject_not_found */
export const readSubject = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  id: string,
): Promise<{ gallery: Gallery; subject: Subject; faces: readonly Face[] }> => {
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  const subject = await region.store.subjects.find(gallery.uid, id)
  if (!subject) throw subjectNotFound(gallery, id)
  const faces = await region.store.faces.listOfSubject(gallery.uid, id, {
    limit: context.limits.maxPageItems,
    cursor: null,
  })
  return { gallery, subject, faces: faces.items }
}

/** @throws AppError gallery_not_found, subject_not_found */
export const requireSubject = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  id: string,
): Promise<void> => {
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  if (!(await region.store.subjects.find(gallery.uid, id))) throw subjectNotFound(gallery, id)
}

/** With a filter, only the subjects whose metadata has all its values. @throws AppError gallery_not_found, request_invalid */
export const listSubjects = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  page: PageRequest,
  filter: Metadata = {},
): Promise<Page<Subject>> => {
  checkFilter(filter, context.limits)
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  return region.store.subjects.list(gallery.uid, page, filter)
}

/** Replaces the metadata. @throws AppError gallery_not_found, subject_not_found, precondition_failed, request_invalid */
export const updateSubject = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  id: string,
  metadata: Metadata,
  precondition?: Precondition,
): Promise<Subject> => {
  checkMetadata(metadata, context.limits)
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  const revision = await requireSubjectVersion(region, gallery, id, precondition)
  const subject = await region.store.subjects.updateMetadata(gallery.uid, id, metadata, context.clock.now(), revision)
  if (subject === 'changed') throw preconditionFailed()
  if (!subject) throw subjectNotFound(gallery, id)
  await context.audit.record(principal, { action: 'subject.update', galleryId, subjectId: id })
  return subject
}

/** The revision that the store must still find. Undefined: any, so the subject need not be looked at. */
const requireSubjectVersion = async (
  region: Region,
  gallery: Gallery,
  id: string,
  precondition: Precondition,
): Promise<number | undefined> => {
  if (!precondition) return undefined
  const subject = await region.store.subjects.find(gallery.uid, id)
  if (!subject) throw subjectNotFound(gallery, id)
  return requireVersion(subject, precondition)
}

/**
 * Erases the subject, its faces, templates and pictures.
 * @throws AppError gallery_not_found, subject_not_found, precondition_failed
 */
export const deleteSubject = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  id: string,
  precondition?: Precondition,
): Promise<Erasure> => {
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  const revision = await requireSubjectVersion(region, gallery, id, precondition)
  const erase = () =>
    changeStore(
      region,
      gallery.uid,
      () => region.store.subjects.erase(gallery.uid, id, context.clock.now(), revision),
      async () => (await region.store.subjects.find(gallery.uid, id)) === null,
    )
  const erased = await region.enrolments.run(gallery.uid, erase)
  if (erased === 'changed') throw preconditionFailed()
  if (!erased) throw subjectNotFound(gallery, id)
  return clearErased(context, principal, region, gallery, erased, { kind: 'subject', subjectId: id, faceId: null })
}

/** All faces of a gallery, in the order of enrolment. @throws AppError gallery_not_found, request_invalid */
export const listFaces = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  page: PageRequest,
): Promise<{ gallery: Gallery; faces: Page<Face> }> => {
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  return { gallery, faces: await region.store.faces.listOfGallery(gallery.uid, page) }
}

/** The faces of a subject, in the order of enrolment. @throws AppError gallery_not_found, subject_not_found, request_invalid */
export const listFacesOfSubject = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  subjectId: string,
  page: PageRequest,
): Promise<{ gallery: Gallery; faces: Page<Face> }> => {
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  if (!(await region.store.subjects.find(gallery.uid, subjectId))) throw subjectNotFound(gallery, subjectId)
  return { gallery, faces: await region.store.faces.listOfSubject(gallery.uid, subjectId, page) }
}

/** @throws AppError gallery_not_found, face_not_found */
export const readFace = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  id: string,
): Promise<{ gallery: Gallery; face: Face }> => {
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  const face = await region.store.faces.find(gallery.uid, id)
  if (!face) throw faceNotFound(gallery, id)
  return { gallery, face }
}

/** Erases one face, its template and picture; the subject stays. @throws AppError gallery_not_found, face_not_found */
export const deleteFace = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  id: string,
): Promise<Erasure> => {
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  const face = await region.store.faces.find(gallery.uid, id)
  const erase = () =>
    changeStore(
      region,
      gallery.uid,
      () => region.store.faces.erase(gallery.uid, id, context.clock.now()),
      async () => (await region.store.faces.find(gallery.uid, id)) === null,
    )
  const erased = await region.enrolments.run(gallery.uid, erase)
  if (!face || !erased) throw faceNotFound(gallery, id)
  const { subjectId } = face
  return clearErased(context, principal, region, gallery, erased, { kind: 'face', subjectId, faceId: id })
}
