// Use cases: create, read, list, change and delete galleries.
import { AppError } from '../errors.ts'
import { type Context, findGallery, packName, type Region, regionOf } from './context.ts'
import { checkGalleryId } from './names.ts'
import type { Gallery, Page, PageRequest, Principal } from './types.ts'

export interface GalleryInput {
  /** Made when absent. */
  readonly id?: string
  readonly name?: string | null
  readonly description?: string | null
}

export interface GalleryWithCounts {
  readonly gallery: Gallery
  readonly subjects: number
  readonly faces: number
}

/** Faces erased in one step of deleting a gallery, so that others get their turn in between. */
const ERASE_BATCH = 500

/** @throws AppError gallery_exists, request_invalid */
export const createGallery = async (
  context: Context,
  principal: Principal,
  input: GalleryInput,
): Promise<GalleryWithCounts> => {
  const uid = context.ids.next()
  const id = input.id ?? uid
  checkGalleryId(id, context.limits)
  const now = context.clock.now()
  const gallery: Gallery = {
    uid,
    tenantId: principal.tenantId,
    id,
    name: input.name ?? null,
    description: input.description ?? null,
    pack: packName(context.engine.pack),
    revision: 0,
    createdAt: now,
    updatedAt: now,
  }
  if (!(await regionOf(context, principal).store.galleries.insert(gallery)))
    throw new AppError('gallery_exists', `There is a gallery "${id}" already.`, { details: { gallery: id } })
  return { gallery, subjects: 0, faces: 0 }
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

/** Changes what is given and leaves the rest. @throws AppError gallery_not_found */
export const updateGallery = async (
  context: Context,
  principal: Principal,
  id: string,
  change: { name?: string | null; description?: string | null },
): Promise<GalleryWithCounts> => {
  const region = regionOf(context, principal)
  const { uid } = await findGallery(region, principal, id)
  const gallery = await region.store.galleries.update(uid, { ...change, updatedAt: context.clock.now() })
  if (!gallery) throw new AppError('gallery_not_found', `There is no gallery "${id}".`, { details: { gallery: id } })
  return withCounts(region, gallery)
}

/** Gone for every caller at once; its content is erased before the promise resolves. @throws AppError gallery_not_found */
export const deleteGallery = async (context: Context, principal: Principal, id: string): Promise<void> => {
  const region = regionOf(context, principal)
  const { uid } = await findGallery(region, principal, id)
  if (!(await region.store.galleries.markErased(uid, context.clock.now())))
    throw new AppError('gallery_not_found', `There is no gallery "${id}".`, { details: { gallery: id } })
  region.index.drop(uid)
  await eraseContent(context, region, uid)
}

/** Finishes deletions that a stop or a crash cut short. */
export const resumeErasures = async (context: Context): Promise<void> => {
  for (const region of context.regions.values())
    for (const uid of await region.store.galleries.listErased()) await eraseContent(context, region, uid)
}

const eraseContent = async (context: Context, region: Region, uid: string): Promise<void> => {
  for (let done = false; !done; ) {
    const batch = await region.store.galleries.eraseBatch(uid, ERASE_BATCH, context.clock.now())
    await region.blobs.delete(batch.blobKeys)
    done = batch.done
    await new Promise(resolve => setImmediate(resolve))
  }
}
