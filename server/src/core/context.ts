// What every use case works with: the ports, bundled by region. Assembled once in main.ts.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { AuditLog } from './audit.ts'
import type { CallLog } from './call-log.ts'
import type { ErasureRecorder } from './erasure-log.ts'
import type { Locks } from './locks.ts'
import type { MendedIndex } from './mended-index.ts'
import type { BlobStore, Clock, ControlStore, FaceEngine, IdSource, Store, Vault } from './ports.ts'
import type { Gallery, Principal } from './types.ts'
import type { Upkeep } from './upkeep.ts'

/** One region's data; nothing crosses from one to another. */
export interface Region {
  readonly id: string
  readonly store: Store
  readonly index: MendedIndex
  readonly blobs: BlobStore
  /** Every erasure is recorded outside the database before it is acknowledged. */
  readonly erasures: ErasureRecorder
  /** Finishes what a failure or a crash left unfinished. */
  readonly upkeep: Upkeep
  /**
   * By gallery uid: an enrolment's insertion is one step with its entry in the index and with the check before it, and an
   * erasure comes before or after that step.
   */
  readonly enrolments: Locks
}

export interface Context {
  readonly control: ControlStore
  readonly vault: Vault
  readonly audit: AuditLog
  readonly calls: CallLog
  readonly regions: ReadonlyMap<string, Region>
  readonly engine: FaceEngine
  readonly clock: Clock
  readonly ids: IdSource
  readonly limits: Limits
  /** Whether enrolled pictures are kept. */
  readonly keepPictures: boolean
}

/** The region that the caller is bound to. @throws AppError region_unavailable where the file of regions names it no more */
export const regionOf = (context: Context, principal: Principal): Region => {
  const region = context.regions.get(principal.regionId)
  if (!region)
    throw new AppError(
      'region_unavailable',
      `This credential is bound to region "${principal.regionId}", which the server does not hold.`,
      { details: { region: principal.regionId } },
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
