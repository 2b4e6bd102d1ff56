// Fills the index from the store: on start, and never else. The index is derived; the store is the truth.
import { AppError } from '../errors.ts'
import { type Context, packName, type Region } from './context.ts'

/**
 * Loads every gallery of the engine's pack; galleries of other packs stay unsearchable until they are migrated. Returns the
 * faces loaded. An index without a face that is enrolled would answer wrongly, so one that cannot be read stops the load.
 * @throws AppError sealed_data_corrupt
 */
export const loadIndex = async (context: Context, onProgress?: (faces: number) => void): Promise<number> => {
  let faces = 0
  for (const region of context.regions.values())
    faces += await loadRegion(context, region, loaded => onProgress?.(faces + loaded)).catch(explain)
  return faces
}

const explain = (error: unknown): never => {
  if (!(error instanceof AppError) || error.code !== 'sealed_data_corrupt') throw error
  const message = `${error.message} The index cannot be loaded; "npx likeness doctor" lists all that is damaged.`
  throw new AppError(error.code, message, { details: error.details, cause: error })
}

const loadRegion = async (
  context: Context,
  { store, index }: Region,
  onProgress: (faces: number) => void,
): Promise<number> => {
  const current = packName(context.engine.pack)
  let faces = 0
  for (const gallery of await store.galleries.listAll()) {
    if (gallery.pack !== current) continue
    const before = faces
    faces += await index.load(gallery.uid, loaded => onProgress(before + loaded))
  }
  return faces
}
