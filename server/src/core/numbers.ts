// Use cases: galleries and faces that a protocol names by numbers. Each is an alias of what has an id already; made and erased
// are they elsewhere.
import { AppError } from '../errors.ts'
import { type Context, type Region, regionOf } from './context.ts'
import { createGallery, type GalleryInput } from './galleries.ts'
import type { Clock, Numbered, NumberKind } from './ports.ts'
import type { Face, Gallery, Principal, Subject } from './types.ts'

/** A gallery that has a number gets one of these ids, or its uid where that is taken. */
export type NameGallery = (number: number) => string

/**
 * The number is spent when the gallery cannot be made.
 * @throws AppError request_invalid
 */
export const createNumberedGallery = async (
  context: Context,
  principal: Principal,
  kind: NumberKind,
  name: NameGallery,
  input: Omit<GalleryInput, 'id' | 'uid'>,
): Promise<{ readonly number: number; readonly gallery: Gallery }> => {
  const { store } = regionOf(context, principal)
  const uid = context.ids.next()
  const number = await store.numbers.assign({ tenantId: principal.tenantId, kind, uid, parentUid: '' })
  const create = (id: string) => createGallery(context, principal, { ...input, id, uid })
  try {
    return { number, gallery: (await create(name(number))).gallery }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'gallery_exists') throw error
    return { number, gallery: (await create(uid)).gallery }
  }
}

/** Null where the number was never given, is another tenant's, or its gallery was erased. */
export const findNumberedGallery = async (
  context: Context,
  principal: Principal,
  kind: NumberKind,
  number: number,
): Promise<Gallery | null> => {
  const { store } = regionOf(context, principal)
  const found = await store.numbers.find(principal.tenantId, kind, number)
  return found && !found.deletedAt ? store.galleries.findByUid(principal.tenantId, found.uid) : null
}

/** A face, its subject and its gallery; of an erased one only that it was there. */
export type NumberedFace =
  | { readonly numbered: Numbered; readonly gallery: Gallery; readonly face: Face; readonly subject: Subject }
  | { readonly numbered: Numbered; readonly face: null }

/** Null where the number was never given, is another tenant's, or its face was erased long ago. */
export const findNumberedFace = async (
  context: Context,
  principal: Principal,
  kind: NumberKind,
  number: number,
): Promise<NumberedFace | null> => {
  const region = regionOf(context, principal)
  const numbered = await region.store.numbers.find(principal.tenantId, kind, number)
  if (!numbered) return null
  const gallery = numbered.deletedAt
    ? null
    : await region.store.galleries.findByUid(principal.tenantId, numbered.parentUid)
  return (gallery && (await readNumbered(region, gallery, numbered))) ?? { numbered, face: null }
}

const readNumbered = async (
  { store }: Region,
  gallery: Gallery,
  numbered: Numbered,
): Promise<Extract<NumberedFace, { face: Face }> | null> => {
  const face = await store.faces.find(gallery.uid, numbered.uid)
  const subject = face && (await store.subjects.find(gallery.uid, face.subjectId))
  return face && subject ? { numbered, gallery, face, subject } : null
}

/** Faces of a gallery in the order of their numbers, after this one; those that are erased meanwhile are left out. */
export const listNumberedFaces = async (
  context: Context,
  principal: Principal,
  kind: NumberKind,
  gallery: Gallery,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly Extract<NumberedFace, { face: Face }>[]> => {
  const region = regionOf(context, principal)
  const listed = await region.store.numbers.list(principal.tenantId, kind, gallery.uid, page)
  const found = await Promise.all(listed.map(numbered => readNumbered(region, gallery, numbered)))
  return found.filter(each => each !== null)
}

/** Galleries of the kind in the order of their numbers, after this one. */
export const listNumberedGalleries = async (
  context: Context,
  principal: Principal,
  kind: NumberKind,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly { readonly numbered: Numbered; readonly gallery: Gallery }[]> => {
  const { store } = regionOf(context, principal)
  const listed = await store.numbers.list(principal.tenantId, kind, '', page)
  const found = listed.map(async numbered => {
    const gallery = await store.galleries.findByUid(principal.tenantId, numbered.uid)
    return gallery && { numbered, gallery }
  })
  return (await Promise.all(found)).filter(each => each !== null)
}

/** By face id; faces that were enrolled without a number get theirs now. */
export const numberFaces = async (
  context: Context,
  principal: Principal,
  kind: NumberKind,
  gallery: Gallery,
  faceIds: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const { numbers } = regionOf(context, principal).store
  const found = new Map(await numbers.numbersOf(kind, faceIds))
  const { tenantId } = principal
  for (const uid of faceIds)
    if (!found.has(uid)) found.set(uid, await numbers.assign({ tenantId, kind, uid, parentUid: gallery.uid }))
  return found
}

/** Forgets the numbers of what was erased long ago; they are never given again. Returns how many it were. */
export const forgetNumbers = async ({
  regions,
  clock,
  limits,
}: Pick<Context, 'regions' | 'limits'> & { readonly clock: Clock }): Promise<number> => {
  const before = new Date(clock.now().getTime() - limits.numberKeptMs)
  let forgotten = 0
  for (const { store } of regions.values()) forgotten += await store.numbers.forget(before)
  return forgotten
}
