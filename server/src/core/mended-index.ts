// The index as the use cases know it. The store is the truth: where the index may differ from it, a gallery is loaded anew
// before anybody is answered from it, so that no enrolled face is ever missed. Holds no templates itself.
import type { GalleryRef, PackIndexes } from './pack-indexes.ts'
import type { Store } from './ports.ts'

export interface MendedIndex extends PackIndexes {
  /** As the port has it, but never throws: what cannot be entered or removed makes the gallery doubtful. */
  add: PackIndexes['add']
  remove: PackIndexes['remove']
  /** The index may not hold what the store holds of this gallery. Cheap; the work is the next search's. */
  doubt(galleryUid: string): void
  /** Enters all that the store holds of the gallery, in place of what was there; returns how many faces that were. */
  load(gallery: GalleryRef, onProgress?: (faces: number) => void): Promise<number>
}

/** A gallery that is to be loaded, or is being loaded. */
interface Doubt {
  loading: Promise<number> | null
  /** What was erased while it is loaded; a batch that was read before may still hold it. */
  readonly erased: Set<string>
}

export interface MendedIndexDeps {
  readonly index: PackIndexes
  readonly store: { readonly faces: Pick<Store['faces'], 'streamTemplates'> }
  /** Told of what made a gallery doubtful. */
  readonly onTrouble: (error: unknown) => void
}

/**
 * Templates of one step of loading. Few: what a step leaves behind is gone before the garbage collector would copy it,
 * which makes loading a fifth faster than 4,096 do.
 */
const BATCH = 256

export const createMendedIndex = ({ index, store, onTrouble }: MendedIndexDeps): MendedIndex => {
  const doubts = new Map<string, Doubt>()

  /** Takes the place of an earlier doubt, whose loading then ends by itself. */
  const doubt = (galleryUid: string): Doubt => {
    const made: Doubt = { loading: null, erased: new Set() }
    doubts.set(galleryUid, made)
    return made
  }

  const loadDoubtful = async (
    gallery: GalleryRef,
    own: Doubt,
    onProgress?: (faces: number) => void,
  ): Promise<number> => {
    const { uid } = gallery
    index.drop(uid)
    let faces = 0
    for await (const batch of store.faces.streamTemplates(uid, BATCH)) {
      // The gallery was dropped, or doubted again.
      if (doubts.get(uid) !== own) return faces
      const present = batch.filter(({ faceId }) => !own.erased.has(faceId))
      index.add(gallery, present)
      faces += present.length
      onProgress?.(faces)
    }
    if (doubts.get(uid) === own) doubts.delete(uid)
    return faces
  }

  const attempt = (galleryUid: string, change: () => void): void => {
    try {
      change()
    } catch (error) {
      doubt(galleryUid)
      onTrouble(error)
    }
  }

  return {
    add: (gallery, entries) => attempt(gallery.uid, () => index.add(gallery, entries)),

    remove(galleryUid, faceIds) {
      for (const faceId of faceIds) doubts.get(galleryUid)?.erased.add(faceId)
      attempt(galleryUid, () => index.remove(galleryUid, faceIds))
    },

    drop(galleryUid) {
      doubts.delete(galleryUid)
      index.drop(galleryUid)
    },

    doubt: galleryUid => void doubt(galleryUid),

    load: (gallery, onProgress) => loadDoubtful(gallery, doubt(gallery.uid), onProgress),

    async search(gallery, probe, limit, signal) {
      const { uid } = gallery
      for (let own = doubts.get(uid); own; own = doubts.get(uid)) {
        const mine = own
        mine.loading ??= loadDoubtful(gallery, mine).finally(() => {
          mine.loading = null
        })
        await mine.loading
      }
      return index.search(gallery, probe, limit, signal)
    },

    size: galleryUid => index.size(galleryUid),
    stats: () => index.stats(),
    close: () => index.close(),
  }
}
