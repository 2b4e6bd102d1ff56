// Blobs in this process, for tests and for servers that keep nothing. Ends with the process.
import type { BlobStore } from '../core/ports.ts'
import { checkBlobKey } from './keys.ts'

export function createMemoryBlobStore(): BlobStore {
  const blobs = new Map<string, Uint8Array>()
  return {
    async put(key, bytes) {
      checkBlobKey(key)
      blobs.set(key, Uint8Array.from(bytes))
    },
    async get(key) {
      checkBlobKey(key)
      const bytes = blobs.get(key)
      return bytes ? Uint8Array.from(bytes) : null
    },
    async delete(keys) {
      keys.forEach(checkBlobKey)
      for (const key of keys) blobs.delete(key)
    },
    async *keys() {
      yield* [...blobs.keys()]
    },
  }
}
