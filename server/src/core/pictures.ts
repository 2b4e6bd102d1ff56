// Kept pictures: sealed on their way into the blob store, opened on their way out. No other file puts a picture there or
// gets one.
import type { Context, Region } from './context.ts'

const contextOf = (key: string): string => `picture:${key}`

/** On disk, sealed, when the promise resolves. */
export const keepPicture = async (
  { vault }: Pick<Context, 'vault'>,
  { blobs }: Pick<Region, 'blobs'>,
  tenantId: string,
  key: string,
  picture: Uint8Array,
): Promise<void> => {
  await vault.ensureTenant(tenantId)
  await blobs.put(key, vault.seal(tenantId, picture, contextOf(key)))
}

/** The encoded picture as it was enrolled; null when there is none. @throws AppError sealed_data_corrupt */
export const readPicture = async (
  { vault }: Pick<Context, 'vault'>,
  { blobs }: Pick<Region, 'blobs'>,
  key: string,
): Promise<Uint8Array | null> => {
  const sealed = await blobs.get(key)
  if (!sealed) return null
  await vault.ensureKeysOf([sealed])
  return vault.open(sealed, contextOf(key))
}
