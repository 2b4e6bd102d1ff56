// Use cases: create, read, list, change and delete galleries.
import { AppError } from '../errors.ts'
import { type Context, findGallery, packName, type Region, regionOf } from './context.ts'
import { type Erasure, finishErasure } from './erasures.ts'
import { forgetAnswers } from './idempotency.ts'
import { checkDescription, checkGalleryId, checkName } from './names.ts'
import { checkPolicy, DEFAULT_POLICY } from './policy.ts'
import type { EnginePack } from './ports.ts'
import { changeStore } from './store-change.ts'
import type { EnrolmentPolicy, Gallery, Page, PageRequest, Principal } from './types.ts'
import { type Precondition, preconditionFailed, requireVersion } from './versions.ts'

export interface GalleryInput {
  /** Made when absent. */
  readonly id?: string
  /** The id of the pack that makes its templates; the engine's own when absent. */
  readonly pack?: string
  /** The new gallery's uid; made when absent. Where there is a gallery of this uid, that one is the answer: see idempotency.ts. */
  readonly uid?: string
  readonly name?: string | null
  readonly description?: string | null
  /** What is not given is as in DEFAULT_POLICY. */
  readonly policy?: Partial<EnrolmentPolicy>
}

/** What is not given stays as it is. */
export type GalleryPatch = Omit<GalleryInput, 'id' | 'uid' | 'pack'>

export interface GalleryWithCounts {
  readonly gallery: Gallery
  readonly subjects: number
  readonly faces: number
}

/** @throws AppError gallery_exists, request_invalid */
export const createGallery = async (
  context: Context,
  principal: Principal,
  input: GalleryInput,
): Promise<GalleryWithCounts> => {
  const uid = input.uid ?? context.ids.next()
  const id = input.id ?? uid
  checkGalleryId(id, context.limits)
  checkChange(input, context)
  const now = context.clock.now()
  const gallery: Gallery = {
    uid,
    tenantId: principal.tenantId,
    id,
    name: input.name ?? null,
    description: input.description ?? null,
    pack: packName(choosePack(context, input.pack)),
    policy: { ...DEFAULT_POLICY, ...input.policy },
    revision: 0,
    createdAt: now,
    updatedAt: now,
  }
  const region = regionOf(context, principal)
  const before = input.uid === undefined ? null : await region.store.galleries.find(principal.tenantId, id)
  if (before?.uid === uid) return withCounts(region, before)
  if (!(await region.store.galleries.insert(gallery)))
    throw new AppError('gallery_exists', `There is a gallery "${id}" already.`, { details: { gallery: id } })
  await context.audit.record(principal, { action: 'gallery.create', galleryId: id })
  return { gallery, subjects: 0, faces: 0 }
}

const choosePack = ({ engine }: Context, id: string | undefined): EnginePack => {
  const found = id === undefined ? engine.pack : engine.packs.find(pack => pack.id === id)
  if (found) return found
  const packs = engine.packs.map(pack => pack.id)
  throw new AppError(
    'request_invalid',
    `"pack" must be a recognition pack that the server has, ${packs.join(' or ')}; it is "${id}". "npx likeness packs" lists what can be installed.`,
    { details: { field: 'pack', packs } },
  )
}

const checkChange = ({ name, description, policy }: GalleryPatch, { limits }: Context): void => {
  if (name) checkName(name, limits)
  if (description) checkDescription(description, limits)
  if (policy) checkPolicy(policy, limits)
}

/** The gallery of this id; made when there is none. @throws AppError request_invalid */
export const ensureGallery = async (
  context: Context,
  principal: Principal,
  input: GalleryInput & { readonly id: string },
): Promise<Gallery> => {
  const { store } = regionOf(context, principal)
  const find = () => store.galleries.find(principal.tenantId, input.id)
  const found = await find()
  if (found) return found
  try {
    return (await createGallery(context, principal, input)).gallery
  } catch (error) {
    // Another call was first.
    const made = error instanceof AppError && error.code === 'gallery_exists' ? await find() : null
    if (made) return made
    throw error
  }
}

/** @throws AppError gallery_not_found */
export const readGallery = async (context: Context, principal: Principal, id: string): Promise<GalleryWithCounts> => {
  const region = regionOf(context, principal)
  return withCounts(region, await findGallery(region, principal, id))
}

export const listGalleries = async (
  context: Context,
  principal: Principal,
  page: PageRequest,
): Promise<Page<GalleryWithCounts>> => {
  const region = regionOf(context, principal)
  const { items, nextCursor } = await region.store.galleries.list(principal.tenantId, page)
  return { items: await Promise.all(items.map(gallery => withCounts(region, gallery))), nextCursor }
}

const withCounts = async (region: Region, gallery: Gallery): Promise<GalleryWithCounts> => ({
  gallery,
  ...(await region.store.galleries.counts(gallery.uid)),
})

/** Changes what is given and leaves the rest. @throws AppError gallery_not_found, precondition_failed, request_invalid */
export const updateGallery = async (
  context: Context,
  principal: Principal,
  id: string,
  change: GalleryPatch,
  precondition?: Precondition,
): Promise<GalleryWithCounts> => {
  checkChange(change, context)
  const region = regionOf(context, principal)
  const found = await findGallery(region, principal, id)
  const revision = requireVersion(found, precondition)
  const gallery = await region.store.galleries.update(
    found.uid,
    { ...change, updatedAt: context.clock.now() },
    revision,
  )
  if (gallery === 'changed') throw preconditionFailed()
  if (!gallery) throw new AppError('gallery_not_found', `There is no gallery "${id}".`, { details: { gallery: id } })
  await context.audit.record(principal, { action: 'gallery.update', galleryId: id })
  return withCounts(region, gallery)
}

/**
 * Gone for every caller at once; its content is erased before the promise resolves.
 * @throws AppError gallery_not_found, precondition_failed, erasure_unfinished
 */
export const deleteGallery = async (
  context: Context,
  principal: Principal,
  id: string,
  precondition?: Precondition,
): Promise<Erasure> => {
  const region = regionOf(context, principal)
  const found = await findGallery(region, principal, id)
  const { uid } = found
  const revision = requireVersion(found, precondition)
  const markErased = () =>
    changeStore(
      region,
      uid,
      () => region.store.galleries.markErased(uid, context.clock.now(), revision),
      async () => (await region.store.galleries.find(principal.tenantId, id))?.uid !== uid,
    )
  const erased = await region.enrolments.run(uid, markErased)
  if (erased === 'changed') throw preconditionFailed()
  if (!erased) throw new AppError('gallery_not_found', `There is no gallery "${id}".`, { details: { gallery: id } })
  region.index.drop(uid)
  return finishErasure(region, async () => {
    await region.erasures.record()
    await context.audit.record(principal, { action: 'gallery.delete', galleryId: id })
    // Nothing comes in any more, so this is how many will be erased.
    const { faces } = await region.store.galleries.counts(uid)
    const { pictures, isCleared } = await region.upkeep.eraseGallery(uid)
    await forgetAnswers(context, principal, id, 'gallery')
    return { isCleared, erasure: { kind: 'gallery', galleryId: id, subjectId: null, faceId: null, faces, pictures } }
  })
}
