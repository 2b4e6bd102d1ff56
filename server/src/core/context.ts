// What every use case works with: the ports, bundled by region. Assembled once in main.ts.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { BlobStore, Clock, ControlStore, FaceEngine, FaceIndex, IdSource, Store } from './ports.ts'
import type { Gallery, Principal } from './types.ts'

/** One region's data; nothing crosses from one to another. */
export interface Region {
  readonly id: string
  readonly store: Store
  readonly index: FaceIndex
  readonly blobs: BlobStore
}

export interface Context {
  readonly control: ControlStore
  readonly regions: ReadonlyMap<string, Region>
  readonly engine: FaceEngine
  readonly clock: Clock
  readonly ids: IdSource
  readonly limits: Limits
  /** Whether enrolled pictures are kept. */
  readonly keepPictures: boolean
}

export const regionOf = (context: Context, principal: Principal): Region => {
  const region = context.regions.get(principal.regionId)
  if (!region)
    throw new AppError(
      'internal',
      `The key is bound to region "${principal.regionId}", which this server does not hold.`,
    )
  return region
}

/** The caller's gallery of this id; another tenant's is "not found" like one that never was. */
export const findGallery = async (region: Region, principal: Principal, galleryId: string): Promise<Gallery> => {
  const gallery = await region.store.galleries.find(principal.tenantId, galleryId)
  if (!gallery)
    throw new AppError('gallery_not_found', `There is no gallery "${galleryId}".`, { details: { gallery: galleryId } })
  return gallery
}

/** How a gallery names the engine's pack. */
export const packName = (pack: { readonly id: string; readonly version: string }): string =>
  `${pack.id}@${pack.version}`

/** Refuses a gallery whose templates another pack made. */
export const requirePack = (context: Context, gallery: Gallery): void => {
  const current = packName(context.engine.pack)
  if (gallery.pack !== current)
    throw new AppError(
      'pack_mismatch',
      `Gallery "${gallery.id}" holds templates of pack ${gallery.pack}; the server runs ${current}.`,
      {
        details: { gallery: gallery.id, galleryPack: gallery.pack, serverPack: current },
      },
    )
}
