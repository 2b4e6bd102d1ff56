// Fills the index from the store: on start, and never else. The index is derived; the store is the truth.
import { AppError } from '../errors.ts'
import { type Context, findPack, type Region } from './context.ts'

/**
 * Loads every gallery whose pack the engine has; the others stay unsearchable until their pack is installed. Returns the
 * faces loaded. An index without a face that is enrolled would answer wrongly, so one that cannot be read stops the load.
 * @throws AppError sealed_data_corrupt
 */
export const loadIndex = async (context: Context, onProgress?: (faces: number) => void): Promise<number> => {
  let faces = 0
  for (const region of context.regions.values())
    faces += await loadRegion(context, region, loaded => onProgress?.(faces + loaded)).catch(explain)
  return faces
}

/** How many galleries hold templates of packs that the engine does not have, by pack ("id@version"). */
export const countUnsearchable = async ({ regions, engine }: Context): Promise<ReadonlyMap<string, number>> => {
  const counts = new Map<string, number>()
  for (const { store } of regions.values())
    for (const { pack } of await store.galleries.listAll())
      if (!findPack(engine, pack)) counts.set(pack, (counts.get(pack) ?? 0) + 1)
  return counts
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
  let faces = 0
  for (const gallery of await store.galleries.listAll()) {
    if (!findPack(context.engine, gallery.pack)) continue
    const before = faces
    faces += await index.load(gallery, loaded => onProgress(before + loaded))
  }
  return faces
}
