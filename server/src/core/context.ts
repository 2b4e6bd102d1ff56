// What every use case works with: the ports, bundled by region. Assembled once in main.ts.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { AuditLog } from './audit.ts'
import type { CallLog } from './call-log.ts'
import type { ErasureRecorder } from './erasure-log.ts'
import type { Locks } from './locks.ts'
import type { MendedIndex } from './mended-index.ts'
import type { BlobStore, Clock, ControlStore, EnginePack, FaceEngine, IdSource, Store, Vault } from './ports.ts'
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
export const findGallery = async (
  region: Region,
  principal: Pick<Principal, 'tenantId'>,
  galleryId: string,
): Promise<Gallery> => {
  const gallery = await region.store.galleries.find(principal.tenantId, galleryId)
  if (!gallery)
    throw new AppError('gallery_not_found', `There is no gallery "${galleryId}".`, { details: { gallery: galleryId } })
  return gallery
}

/** How a gallery names its pack. */
export const packName = (pack: { readonly id: string; readonly version: string }): string =>
  `${pack.id}@${pack.version}`

/** The engine's pack of this name ("id@version"), if it has that. */
export const findPack = ({ packs }: Pick<FaceEngine, 'packs'>, name: string): EnginePack | undefined =>
  packs.find(pack => packName(pack) === name)

/** The pack that made the gallery's templates. @throws AppError pack_mismatch where the server does not have it */
export const packOf = ({ engine }: Pick<Context, 'engine'>, gallery: Gallery): EnginePack => {
  const found = findPack(engine, gallery.pack)
  if (found) return found
  const [id] = gallery.pack.split('@')
  const here = engine.packs.map(packName)
  const cure = engine.packs.some(pack => pack.id === id)
    ? 'templates of different versions cannot be compared'
    : `install it with "npx likeness packs install ${id}" and start the server again`
  throw new AppError(
    'pack_mismatch',
    `Gallery "${gallery.id}" holds templates of pack ${gallery.pack}; the server has ${here.join(', ')}: ${cure}.`,
    { details: { gallery: gallery.id, galleryPack: gallery.pack, serverPacks: here } },
  )
}

/** The pack of all these galleries, at least one. @throws AppError pack_mismatch where they have not one in common */
export const commonPackOf = (context: Pick<Context, 'engine'>, galleries: readonly Gallery[]): EnginePack => {
  const packs = galleries.map(gallery => packOf(context, gallery))
  if (packs.every(pack => pack === packs[0])) return packs[0]
  const held = galleries.map(({ id, pack }) => `"${id}" of ${pack}`)
  throw new AppError('pack_mismatch', `The galleries hold templates of different packs: ${held.join(', ')}.`, {
    details: { galleries: galleries.map(({ id, pack }) => ({ gallery: id, pack })) },
  })
}
