// The in-process face index: exact, derived from the store, nothing on disk. An int8 scan on another thread finds the few
// that matter, float32 templates from the store put them in order. The main thread never scans.
import type { FaceIndex, FaceTemplate, TemplateDistribution, TemplateSource } from '../core/ports.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { isFaceId } from './face-id.ts'
import { findBest } from './find-best.ts'
import { createGallery, type IndexedGallery } from './gallery.ts'
import { createQuantiser } from './quantiser.ts'
import { createScanner } from './scanner.ts'

export interface ExactIndexOptions {
  /** Length of a template. */
  readonly dimensions: number
  /** Where the float32 templates of the best few come from. */
  readonly templates: TemplateSource
  /** Scans at a time, one worker thread each. */
  readonly threads?: number
  readonly maxQueuedSearches?: number
  /**
   * Where the pack's templates lie, so that int8 need not hold what they have in common. It changes no answer: templates that
   * lie elsewhere are kept as floats and measured one by one on the caller's thread, at 0.4 µs and 512 bytes (128-d) each.
   */
  readonly distribution?: TemplateDistribution
  /** int8 steps per unit instead of those that fit the templates; for tests. */
  readonly scale?: number
}

export interface ExactIndex extends FaceIndex {
  /** The gallery's int8 rows as they lie in memory; for tests that look for what must be gone. */
  segmentsOf(galleryUid: string): readonly SharedArrayBuffer[]
}

export function createExactIndex(options: ExactIndexOptions): ExactIndex {
  const { dimensions, templates, threads = 1, maxQueuedSearches = DEFAULT_LIMITS.maxQueuedSearches } = options
  const quantiser = createQuantiser({ dimensions, distribution: options.distribution, scale: options.scale })
  const scanner = createScanner({ dimensions, threads, maxQueuedSearches })
  const galleries = new Map<string, IndexedGallery>()
  let galleriesMade = 0

  const make = (galleryUid: string): IndexedGallery => {
    galleriesMade += 1
    const number = galleriesMade
    const gallery = createGallery({ number, quantiser, onSegment: segment => scanner.attach(number, segment) })
    galleries.set(galleryUid, gallery)
    return gallery
  }

  const drop = (galleryUid: string): void => {
    const gallery = galleries.get(galleryUid)
    if (!gallery) return
    galleries.delete(galleryUid)
    gallery.erase()
    scanner.detach(gallery.number)
  }

  return {
    add(galleryUid, entries) {
      // All are checked before one is written: a call adds everything or nothing.
      for (const entry of entries) checkEntry(entry, dimensions)
      if (entries.length === 0) return
      const gallery = galleries.get(galleryUid) ?? make(galleryUid)
      for (const entry of entries) gallery.put(entry)
    },

    remove(galleryUid, faceIds) {
      const gallery = galleries.get(galleryUid)
      if (!gallery) return
      for (const faceId of faceIds) gallery.remove(faceId)
      if (gallery.size() === 0) drop(galleryUid)
    },

    drop,

    async search(galleryUid, probe, limit, signal) {
      checkLength(probe, dimensions, 'the probe')
      signal?.throwIfAborted()
      const gallery = galleries.get(galleryUid)
      if (!gallery || limit < 1) return []
      return await findBest({ gallery, probe, limit, signal }, { scanner, templates, quantiser })
    },

    size: galleryUid => galleries.get(galleryUid)?.size() ?? 0,

    stats: () => ({ ...sumUp([...galleries.values()]), waiting: scanner.waiting() }),

    async close() {
      await scanner.close()
      for (const galleryUid of [...galleries.keys()]) drop(galleryUid)
    },

    segmentsOf: galleryUid => galleries.get(galleryUid)?.segments ?? [],
  }
}

function sumUp(galleries: readonly IndexedGallery[]): { faces: number; bytes: number } {
  let faces = 0
  let bytes = 0
  for (const gallery of galleries) {
    faces += gallery.size()
    bytes += gallery.bytes()
  }
  return { faces, bytes }
}

function checkEntry({ faceId, template }: FaceTemplate, dimensions: number): void {
  checkLength(template, dimensions, 'the template')
  if (!isFaceId(faceId)) throw new TypeError(`Expected a lower-case UUID for the face id, got ${String(faceId)}.`)
}

function checkLength(vector: Float32Array, dimensions: number, name: string): void {
  if (vector.length === dimensions) return
  throw new TypeError(`Expected ${dimensions} values for ${name}, got ${vector.length}.`)
}
