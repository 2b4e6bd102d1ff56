// Fills the index from the store: on start, and never else. The index is derived; the store is the truth.
import { type Context, packName, type Region } from './context.ts'

const BATCH = 4096

/** Loads every gallery of the engine's pack; galleries of other packs stay unsearchable until they are migrated. Returns the faces loaded. */
export const loadIndex = async (context: Context, onProgress?: (faces: number) => void): Promise<number> => {
  let faces = 0
  for (const region of context.regions.values())
    faces += await loadRegion(context, region, loaded => onProgress?.(faces + loaded))
  return faces
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
    for await (const batch of store.faces.streamTemplates(gallery.uid, BATCH)) {
      index.add(gallery.uid, batch)
      faces += batch.length
      onProgress(faces)
    }
  }
  return faces
}
