// Face Search on the core: a face set is a gallery, a face reference a subject with one face, and both have numbers.
import { regionOf } from '../../../core/context.ts'
import { enrol } from '../../../core/enrol.ts'
import { findNumberedFace, listNumberedFaces, type NumberedFace, numberFaces } from '../../../core/numbers.ts'
import { search } from '../../../core/search.ts'
import { deleteFace, deleteSubject, updateSubject } from '../../../core/subjects.ts'
import type { Face, Gallery } from '../../../core/types.ts'
import { AppError } from '../../../errors.ts'
import type { Caller } from './caller.ts'
import { notFoundWords } from './codes.ts'
import { Refusal } from './errors.ts'
import { requireFaceSet } from './face-sets.ts'
import {
  type FaceReference,
  type FaceTexts,
  mergeTexts,
  readId,
  toDeletedFace,
  toDetails,
  toFaceReference,
} from './map.ts'

const KIND = 'advance.face'
type Found = Extract<NumberedFace, { face: Face }>

export interface AddedFace {
  readonly id: string
  readonly gallery: Gallery
  readonly face: Face
}

/** The largest face of the picture. */
export const addFace = async (
  caller: Caller,
  faceSetId: string,
  picture: Uint8Array,
  texts: Partial<FaceTexts>,
): Promise<AddedFace> => {
  const { core, principal, signal } = caller
  const { id: galleryId } = await requireFaceSet(caller, faceSetId)
  const metadata = mergeTexts({}, texts)
  const { gallery, face, number } = await enrol(core, principal, {
    galleryId,
    image: picture,
    metadata,
    numberKind: KIND,
    signal,
  })
  caller.note(gallery.id, face.subjectId)
  return { id: String(number), gallery, face }
}

const findFace = async ({ core, principal, note }: Caller, id: string): Promise<NumberedFace> => {
  const number = readId(id)
  const found = number === null ? null : await findNumberedFace(core, principal, KIND, number)
  // Between the erasure of a face set and that of its last face, a face is neither there nor erased.
  if (!found || (!found.face && !found.numbered.deletedAt)) throw new Refusal(notFoundWords('FaceReference', id))
  if (found.face) note(found.gallery.id, found.subject.id)
  return found
}

const requireFace = async (caller: Caller, id: string): Promise<Found> => {
  const found = await findFace(caller, id)
  if (!found.face) throw new Refusal(notFoundWords('FaceReference', id))
  return found
}

const describe = async ({ linkTo }: Caller, { numbered, face, subject }: Found): Promise<FaceReference> =>
  toFaceReference(numbered.number, face, subject, await linkTo(face))

/** Erased ones too, for a while. */
export const readFaceReference = async (caller: Caller, id: string): Promise<FaceReference> => {
  const found = await findFace(caller, id)
  return found.face ? describe(caller, found) : toDeletedFace(found.numbered, found.numbered.deletedAt!)
}

export const listFaceReferences = async (
  caller: Caller,
  faceSetId: string,
  { afterId, pageSize }: { readonly afterId: number; readonly pageSize: number },
): Promise<{ readonly total: number; readonly faceReferences: readonly FaceReference[] }> => {
  const { core, principal } = caller
  const gallery = await requireFaceSet(caller, faceSetId)
  const { faces: total } = await regionOf(core, principal).store.galleries.counts(gallery.uid)
  const found = await listNumberedFaces(core, principal, KIND, gallery, { after: afterId, limit: pageSize })
  return { total, faceReferences: await Promise.all(found.map(each => describe(caller, each))) }
}

export const updateFaceReference = async (
  caller: Caller,
  id: string,
  texts: Partial<FaceTexts>,
): Promise<FaceReference> => {
  const found = await requireFace(caller, id)
  const metadata = mergeTexts(found.subject.metadata, texts)
  const { core, principal } = caller
  const subject = await updateSubject(core, principal, found.gallery.id, found.subject.id, metadata)
  return describe(caller, { ...found, subject })
}

/** Picture and template are gone when this resolves; what else was known of the face is remembered for a while. */
export const deleteFaceReference = async (caller: Caller, id: string): Promise<void> => {
  const { core, principal } = caller
  const { gallery, face, subject } = await requireFace(caller, id)
  // A native call may have given the person another face, which stays.
  const erase =
    subject.faceCount > 1
      ? deleteFace(core, principal, gallery.id, face.id)
      : deleteSubject(core, principal, gallery.id, subject.id)
  await erase.catch(error => {
    const isGone = error instanceof AppError && error.kind === 'not-found'
    throw isGone ? new Refusal(notFoundWords('FaceReference', id), error) : error
  })
  const { numbers } = regionOf(core, principal).store
  await numbers.describeDeleted(KIND, face.id, toDetails(face, subject))
}

export interface SearchAnswer {
  readonly topK: number
  readonly threshold: number
  readonly total: number
  readonly faceReferences: readonly (FaceReference & { readonly similarity: number })[]
}

/** Above the threshold, the likest first. */
export const searchFaces = async (
  caller: Caller,
  faceSetId: string,
  picture: Uint8Array,
  { topK, threshold }: { readonly topK: number; readonly threshold: number },
): Promise<SearchAnswer> => {
  const { core, principal, signal } = caller
  const gallery = await requireFaceSet(caller, faceSetId)
  const wanted = { galleryIds: [gallery.id], image: picture, limit: topK, threshold, signal }
  const { candidates } = await search(core, principal, wanted)
  const above = candidates.filter(({ score }) => score.similarity > threshold)
  const faceIds = above.map(({ faceId }) => faceId)
  const numbers = await numberFaces(core, principal, KIND, gallery, faceIds)
  const described = above.map(async ({ faceId, score }) => {
    const found = await findNumberedFace(core, principal, KIND, numbers.get(faceId)!)
    return found?.face ? { ...(await describe(caller, found)), similarity: score.similarity } : null
  })
  const faceReferences = (await Promise.all(described)).filter(each => each !== null)
  return { topK, threshold, total: faceReferences.length, faceReferences }
}
