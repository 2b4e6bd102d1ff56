// A store in memory, an index over it, and made-up templates, for the tests of index drivers. No tests here.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { FaceIndex, FaceTemplate, IndexHit, TemplateSource } from '../core/ports.ts'

export interface IndexOptions {
  readonly dimensions: number
  readonly templates: TemplateSource
  readonly maxQueuedSearches: number
}

export const DIMENSIONS = 128

/** A store of templates and an index over it, as the core drives the two. */
export interface IndexFixture {
  readonly index: FaceIndex
  /** Every template of the store, by face id. */
  readonly stored: Map<string, Float32Array>
  enrol(galleryUid: string, templates: readonly Float32Array[]): FaceTemplate[]
  erase(galleryUid: string, faces: readonly FaceTemplate[]): void
}

/** Runs `body` with a fresh index, and closes it. */
export async function withIndex(
  create: (options: IndexOptions) => FaceIndex | Promise<FaceIndex>,
  body: (fixture: IndexFixture) => Promise<void>,
  maxQueuedSearches = 256,
): Promise<void> {
  const stored = new Map<string, Float32Array>()
  const templates: TemplateSource = async faceIds =>
    faceIds.flatMap(faceId => (stored.has(faceId) ? [{ faceId, template: stored.get(faceId)! }] : []))
  const index = await create({ dimensions: DIMENSIONS, templates, maxQueuedSearches })
  const fixture: IndexFixture = {
    index,
    stored,
    enrol(galleryUid, vectors) {
      const entries = vectors.map(template => ({ faceId: randomUUID(), template }))
      for (const { faceId, template } of entries) stored.set(faceId, template)
      index.add(galleryUid, entries)
      return entries
    },
    erase(galleryUid, faces) {
      for (const { faceId } of faces) stored.delete(faceId)
      index.remove(
        galleryUid,
        faces.map(({ faceId }) => faceId),
      )
    },
  }
  try {
    await body(fixture)
  } finally {
    await index.close()
  }
}

/** Unit vectors in clusters of four, the same for the same seed. */
export function makeTemplates(count: number, seed = 1): Float32Array[] {
  const random = makeRandom(seed)
  let centre = new Float32Array(DIMENSIONS)
  return Array.from({ length: count }, (_, i) => {
    if (i % 4 === 0) centre = Float32Array.from(centre, random)
    return makeUnit(centre.map(value => value + 0.4 * random()))
  })
}

/** The mean of `makeFaces`, of squared length 0.88 as dlib's templates have it. */
export const FACE_CENTRE = makeTemplates(1, 42)[0]!.map(value => value * Math.sqrt(0.88))

/** Unit vectors in clusters of four, as close together as dlib's templates of different people. */
export function makeFaces(count: number, seed = 1): Float32Array[] {
  return makeTemplates(count, seed).map(template =>
    makeUnit(template.map((value, i) => FACE_CENTRE[i]! + Math.sqrt(0.12) * value)),
  )
}

/** A picture of the same person: the template with some noise. */
export function blur(template: Float32Array, seed = 2): Float32Array {
  const random = makeRandom(seed)
  return makeUnit(template.map(value => value + 0.03 * random()))
}

export function negate(template: Float32Array): Float32Array {
  return template.map(value => -value)
}

/** Roughly normal numbers from a linear congruential generator. */
function makeRandom(seed: number): () => number {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return () => next() + next() + next() - 1.5
}

function makeUnit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector)
  return vector.map(value => value / length)
}

/** The truth: every face scored, best first. */
export function rankAll(faces: readonly FaceTemplate[], probe: Float32Array): IndexHit[] {
  return faces
    .map(({ faceId, template }) => ({ faceId, cosine: template.reduce((sum, value, i) => sum + value * probe[i]!, 0) }))
    .sort((a, b) => b.cosine - a.cosine)
}

export function assertSameHits(hits: readonly IndexHit[], expected: readonly IndexHit[]): void {
  assert.deepEqual(
    hits.map(hit => hit.faceId),
    expected.map(hit => hit.faceId),
  )
  hits.forEach((hit, i) => {
    assert.ok(Math.abs(hit.cosine - expected[i]!.cosine) < 1e-5)
  })
}
