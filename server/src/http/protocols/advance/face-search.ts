// Face Search on the core: a face set is a gallery, a face reference a subject with one face, and both have numbers.
import { regionOf } from '../../../core/context.ts'
import { enrol } from '../../../core/enrol.ts'
import { type FaceByNumber, findNumberedFace, listNumberedFaces, numberFaces } from '../../../core/numbers.ts'
import { deleteRecord } from '../../../core/records.ts'
import { search } from '../../../core/search.ts'
import { updateSubject } from '../../../core/subjects.ts'
import type { Face, Gallery, Subject } from '../../../core/types.ts'
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
type Found = Extract<FaceByNumber, { face: Face }>

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

const findFace = async ({ core, principal, note }: Caller, id: string): Promise<FaceByNumber> => {
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

const describe = async (
  { linkTo }: Caller,
  number: number,
  face: Face,
  subject: Pick<Subject, 'metadata' | 'updatedAt'>,
): Promise<FaceReference> => toFaceReference(number, face, subject, await linkTo(face))

/** Erased ones too, for a while. */
export const readFaceReference = async (caller: Caller, id: string): Promise<FaceReference> => {
  const found = await findFace(caller, id)
  const { numbered } = found
  if (!found.face) return toDeletedFace(numbered, numbered.deletedAt!)
  return describe(caller, numbered.number, found.face, found.subject)
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
  const described = found.map(({ number, face, ...subject }) => describe(caller, number, face, subject))
  return { total, faceReferences: await Promise.all(described) }
}

export const updateFaceReference = async (
  caller: Caller,
  id: string,
  texts: Partial<FaceTexts>,
): Promise<FaceReference> => {
  const { numbered, gallery, face, subject } = await requireFace(caller, id)
  const metadata = mergeTexts(subject.metadata, texts)
  const { core, principal } = caller
  const changed = await updateSubject(core, principal, gallery.id, subject.id, metadata)
  return describe(caller, numbered.number, face, changed)
}

/** Picture and template are gone when this resolves; what else was known of the face is remembered for a while. */
export const deleteFaceReference = async (caller: Caller, id: string): Promise<void> => {
  const { core, principal } = caller
  const { gallery, face, subject } = await requireFace(caller, id)
  await deleteRecord(core, principal, gallery, face).catch(error => {
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
  const found = await numberFaces(core, principal, KIND, gallery, faceIds)
  const described = above.map(async ({ faceId, score }) => {
    const known = found.get(faceId)
    return known && { ...(await describe(caller, known.number, known.face, known)), similarity: score.similarity }
  })
  const faceReferences = (await Promise.all(described)).filter(each => each !== undefined)
  return { topK, threshold, total: faceReferences.length, faceReferences }
}
