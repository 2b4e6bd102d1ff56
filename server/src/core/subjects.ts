// Use cases: read, list, change and delete subjects and single faces.
import { AppError } from '../errors.ts'
import { type Context, findGallery, type Region, regionOf } from './context.ts'
import { checkMetadata } from './names.ts'
import type { Erased } from './ports.ts'
import type { Face, Gallery, Metadata, Page, PageRequest, Principal, Subject } from './types.ts'

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

/** @throws AppError gallery_not_found */
export const listSubjects = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  page: PageRequest,
): Promise<Page<Subject>> => {
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  return region.store.subjects.list(gallery.uid, page)
}

/** Replaces the metadata. @throws AppError gallery_not_found, subject_not_found, request_invalid */
export const updateSubject = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  id: string,
  metadata: Metadata,
): Promise<Subject> => {
  checkMetadata(metadata, context.limits)
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  const subject = await region.store.subjects.updateMetadata(gallery.uid, id, metadata, context.clock.now())
  if (!subject) throw subjectNotFound(gallery, id)
  return subject
}

/** Erases the subject, its faces, templates and pictures. @throws AppError gallery_not_found, subject_not_found */
export const deleteSubject = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  id: string,
): Promise<void> => {
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  const erased = await region.store.subjects.erase(gallery.uid, id, context.clock.now())
  if (!erased) throw subjectNotFound(gallery, id)
  await forget(region, gallery, erased)
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
): Promise<void> => {
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, galleryId)
  const erased = await region.store.faces.erase(gallery.uid, id, context.clock.now())
  if (!erased) throw faceNotFound(gallery, id)
  await forget(region, gallery, erased)
}

const forget = async (region: Region, gallery: Gallery, erased: Erased): Promise<void> => {
  region.index.remove(gallery.uid, erased.faceIds)
  await region.blobs.delete(erased.blobKeys)
}
