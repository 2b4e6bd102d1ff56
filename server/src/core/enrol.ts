// Use case: a picture becomes a face of a subject.
import { AppError } from '../errors.ts'
import { type Context, findGallery, packName, regionOf, requirePack } from './context.ts'
import { checkMetadata, checkSubjectId } from './names.ts'
import { probeOf } from './probe.ts'
import type { Analysis, Face, Gallery, Metadata, Picture, Principal, Subject } from './types.ts'

export interface EnrolInput {
  readonly galleryId: string
  readonly image: Uint8Array
  /** Made when absent. */
  readonly subjectId?: string
  /** Replaces the subject's metadata when given. */
  readonly metadata?: Metadata
  readonly signal?: AbortSignal
}

export interface Enrolment {
  readonly gallery: Gallery
  readonly face: Face
  readonly subject: Subject
  readonly analysis: Analysis
}

/**
 * Stores picture and template, and makes the face searchable before it answers: what is acknowledged is on disk.
 * @throws AppError gallery_not_found, pack_mismatch, request_invalid, face_not_detected, image_*, busy
 */
export const enrol = async (context: Context, principal: Principal, input: EnrolInput): Promise<Enrolment> => {
  const region = regionOf(context, principal)
  const subjectId = input.subjectId ?? context.ids.next()
  checkSubjectId(subjectId, context.limits)
  if (input.metadata) checkMetadata(input.metadata, context.limits)
  const gallery = await findGallery(region, principal, input.galleryId)
  requirePack(context, gallery)

  // The engine takes the bytes over, so what is to be kept is copied first.
  const kept = context.keepPictures ? new Uint8Array(input.image) : null
  const { analysis, face, template } = await probeOf(context.engine, input.image, 'image', input.signal)
  const picture: Picture | null = kept && {
    key: context.ids.next(),
    mediaType: analysis.image.mediaType,
    bytes: kept.length,
  }
  if (picture && kept) await region.blobs.put(picture.key, kept)
  const saved = await region.store.faces
    .insert({
      id: context.ids.next(),
      galleryUid: gallery.uid,
      subjectId,
      newSubjectUid: context.ids.next(),
      metadata: input.metadata ?? null,
      pack: packName(context.engine.pack),
      box: face.box,
      confidence: face.confidence,
      template,
      picture,
      createdAt: context.clock.now(),
    })
    .catch(async error => {
      if (picture) await region.blobs.delete([picture.key])
      throw error
    })
  if (!saved) {
    if (picture) await region.blobs.delete([picture.key])
    throw new AppError('gallery_not_found', `Gallery "${gallery.id}" was deleted in the meantime.`, {
      details: { gallery: gallery.id },
    })
  }
  region.index.add(gallery.uid, [{ faceId: saved.face.id, template }])
  return { gallery, ...saved, analysis }
}
