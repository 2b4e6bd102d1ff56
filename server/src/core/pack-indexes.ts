// One index for each pack behind one front: templates of different packs differ in length and lie elsewhere. Which index holds
// a gallery follows from the gallery's pack, which never changes.
import type { FaceIndex, FaceTemplate, IndexHit } from './ports.ts'
import type { Gallery } from './types.ts'

export type GalleryRef = Pick<Gallery, 'uid' | 'pack'>

/** As the port FaceIndex has it, over galleries of all packs. */
export interface PackIndexes extends Pick<FaceIndex, 'remove' | 'drop' | 'size' | 'stats' | 'close'> {
  add(gallery: GalleryRef, entries: readonly FaceTemplate[]): void
  search(gallery: GalleryRef, probe: Float32Array, limit: number, signal?: AbortSignal): Promise<readonly IndexHit[]>
}

/** `create` makes the index for a pack ("id@version"), once, when its first template is entered. */
export const createPackIndexes = (create: (pack: string) => FaceIndex): PackIndexes => {
  const indexes = new Map<string, FaceIndex>()
  const holders = new Map<string, FaceIndex>()

  const indexOf = (pack: string): FaceIndex => {
    const index = indexes.get(pack) ?? create(pack)
    indexes.set(pack, index)
    return index
  }

  return {
    add({ uid, pack }, entries) {
      const index = indexOf(pack)
      holders.set(uid, index)
      index.add(uid, entries)
    },

    remove: (uid, faceIds) => holders.get(uid)?.remove(uid, faceIds),

    drop(uid) {
      holders.get(uid)?.drop(uid)
      holders.delete(uid)
    },

    async search({ uid }, probe, limit, signal) {
      signal?.throwIfAborted()
      return (await holders.get(uid)?.search(uid, probe, limit, signal)) ?? []
    },

    size: uid => holders.get(uid)?.size(uid) ?? 0,

    stats() {
      const sum = { faces: 0, bytes: 0, waiting: 0 }
      for (const index of indexes.values()) {
        const { faces, bytes, waiting } = index.stats()
        sum.faces += faces
        sum.bytes += bytes
        sum.waiting += waiting
      }
      return sum
    },

    async close() {
      await Promise.all([...indexes.values()].map(index => index.close()))
    },
  }
}
