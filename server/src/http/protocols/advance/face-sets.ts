// Face sets on the core: galleries with numbers. No page of the vendor's describes these calls; docs/protocols/advance.md says
// what was decided.
import { regionOf } from '../../../core/context.ts'
import { deleteGallery, updateGallery } from '../../../core/galleries.ts'
import { createNumberedGallery, findNumberedGallery, listNumberedGalleries } from '../../../core/numbers.ts'
import type { Gallery } from '../../../core/types.ts'
import type { Caller } from './caller.ts'
import { notFoundWords } from './codes.ts'
import { Refusal } from './errors.ts'
import { type FaceSet, readId, toFaceSet } from './map.ts'

const KIND = 'advance.faceSet'

export interface FaceSetTexts {
  readonly name?: string | null
  readonly description?: string | null
}

/** What an empty text means to a gallery. */
const toInput = ({ name, description }: FaceSetTexts): FaceSetTexts => ({
  ...(name !== undefined && { name: name || null }),
  ...(description !== undefined && { description: description || null }),
})

/** @throws Refusal "FaceSet not found, id: …" */
export const requireFaceSet = async ({ core, principal, note }: Caller, id: string): Promise<Gallery> => {
  const number = readId(id)
  const found = number === null ? null : await findNumberedGallery(core, principal, KIND, number)
  if (!found) throw new Refusal(notFoundWords('FaceSet', id))
  note(found.id)
  return found
}

export const createFaceSet = async (
  { core, principal, note }: Caller,
  texts: FaceSetTexts,
): Promise<{ readonly id: string; readonly gallery: Gallery }> => {
  const idOf = (number: number): string => `advance-faceset-${number}`
  const { number, gallery } = await createNumberedGallery(core, principal, KIND, idOf, toInput(texts))
  note(gallery.id)
  return { id: String(number), gallery }
}

const countFaces = async ({ core, principal }: Caller, { uid }: Gallery): Promise<number> =>
  (await regionOf(core, principal).store.galleries.counts(uid)).faces

const describe = async (caller: Caller, number: number, gallery: Gallery): Promise<FaceSet> =>
  toFaceSet(number, gallery, await countFaces(caller, gallery))

export const readFaceSet = async (caller: Caller, id: string): Promise<FaceSet> =>
  describe(caller, Number(id), await requireFaceSet(caller, id))

export const listFaceSets = async (
  caller: Caller,
  { afterId, pageSize }: { readonly afterId: number; readonly pageSize: number },
): Promise<{ readonly faceSets: readonly FaceSet[] }> => {
  const { core, principal } = caller
  const found = await listNumberedGalleries(core, principal, KIND, { after: afterId, limit: pageSize })
  const faceSets = await Promise.all(found.map(({ numbered, gallery }) => describe(caller, numbered.number, gallery)))
  return { faceSets }
}

export const updateFaceSet = async (caller: Caller, id: string, texts: FaceSetTexts): Promise<FaceSet> => {
  const { core, principal } = caller
  const { id: galleryId } = await requireFaceSet(caller, id)
  const { gallery } = await updateGallery(core, principal, galleryId, toInput(texts))
  return describe(caller, Number(id), gallery)
}

/** With all its faces, their templates and pictures. */
export const deleteFaceSet = async (caller: Caller, id: string): Promise<void> => {
  const { id: galleryId } = await requireFaceSet(caller, id)
  await deleteGallery(caller.core, caller.principal, galleryId)
}
