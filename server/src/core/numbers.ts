// Use cases: galleries and faces that a protocol names by numbers. Each is an alias of what has an id already; made and erased
// are they elsewhere.
import { AppError } from '../errors.ts'
import { type Context, type Region, regionOf } from './context.ts'
import { createGallery, type GalleryInput } from './galleries.ts'
import type { Clock, FaceRecord, Numbered, NumberKind } from './ports.ts'
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
export type FaceByNumber =
  | { readonly numbered: Numbered; readonly gallery: Gallery; readonly face: Face; readonly subject: Subject }
  | { readonly numbered: Numbered; readonly face: null }

/** Null where the number was never given, is another tenant's, or its face was erased long ago. */
export const findNumberedFace = async (
  context: Context,
  principal: Principal,
  kind: NumberKind,
  number: number,
): Promise<FaceByNumber | null> => {
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
): Promise<Extract<FaceByNumber, { face: Face }> | null> => {
  const face = await store.faces.find(gallery.uid, numbered.uid)
  const subject = face && (await store.subjects.find(gallery.uid, face.subjectId))
  return face && subject ? { numbered, gallery, face, subject } : null
}

export interface NumberedFace extends FaceRecord {
  readonly number: number
}

/** Faces of a gallery in the order of their numbers, after this one; those that are erased meanwhile are left out. */
export const listNumberedFaces = async (
  context: Context,
  principal: Principal,
  kind: NumberKind,
  gallery: Gallery,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly NumberedFace[]> => {
  const { store } = regionOf(context, principal)
  const listed = await store.numbers.list(principal.tenantId, kind, gallery.uid, page)
  const uids = listed.map(({ uid }) => uid)
  const numbers = new Map(listed.map(({ uid, number }) => [uid, number]))
  const found = await store.records.findFaces(gallery.uid, uids)
  return found
    .map(record => ({ ...record, number: numbers.get(record.face.id)! }))
    .sort((one, other) => one.number - other.number)
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

/** By face id, in their order; those that are erased meanwhile are left out. Faces that have no number yet get one. */
export const numberFaces = async (
  context: Context,
  principal: Principal,
  kind: NumberKind,
  gallery: Gallery,
  faceIds: readonly string[],
): Promise<ReadonlyMap<string, NumberedFace>> => {
  const region = regionOf(context, principal)
  const found = await region.store.records.findFaces(gallery.uid, faceIds)
  const records = new Map(found.map(record => [record.face.id, record]))
  const present = faceIds.filter(id => records.has(id))
  const numbers = await numberAll(region, principal, kind, present, gallery.uid)
  return new Map(present.map((id, at) => [id, { ...records.get(id)!, number: numbers[at] }]))
}

/** The numbers of faces or galleries, in their order; those that have none yet get one. */
export const numberAll = async (
  { store }: Region,
  { tenantId }: Principal,
  kind: NumberKind,
  uids: readonly string[],
  parentUid: string,
): Promise<readonly number[]> => {
  const known = await store.numbers.numbersOf(kind, uids)
  const numbers: number[] = []
  // One after the other, so that they count in the order of the list.
  for (const uid of uids)
    numbers.push(known.get(uid) ?? (await store.numbers.assign({ tenantId, kind, uid, parentUid })))
  return numbers
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
