// Whether what a region holds fits together: rows, counts, pictures, index. For tests that make things fail, and for those
// who kill the server.
import assert from 'node:assert/strict'
import type { Region } from '../src/core/context.ts'

/** A gallery as its callers see it, without what every change touches: revisions and times. */
export type Snapshot = readonly {
  readonly subject: string
  readonly metadata: unknown
  /** The size of each face's picture in bytes, null where there is none. */
  readonly pictures: readonly (number | null)[]
}[]

const ALL = { limit: 1000, cursor: null }

/** Null when there is no such gallery. */
export const takeSnapshot = async ({ store }: Region, tenantId: string, id: string): Promise<Snapshot | null> => {
  const gallery = await store.galleries.find(tenantId, id)
  if (!gallery) return null
  const { items } = await store.subjects.list(gallery.uid, ALL)
  return Promise.all(
    items.map(async subject => {
      const faces = await store.faces.listOfSubject(gallery.uid, subject.id, ALL)
      const pictures = faces.items.map(({ picture }) => picture?.bytes ?? null)
      assert.equal(subject.faceCount, pictures.length, `${subject.id} counts its faces`)
      return { subject: subject.id, metadata: subject.metadata, pictures: pictures.sort() }
    }),
  )
}

/** Once upkeep has had its turn, nothing is left over, nothing is missing, and the index has every face and no other. */
export const assertSound = async (region: Region): Promise<void> => {
  assert.equal(await region.upkeep.run(), true, 'upkeep has nothing in its way')
  const { store, blobs, index } = region
  assert.deepEqual(await store.inspection.findMiscounts(), [])
  assert.deepEqual(await store.inspection.findUnerased(10), [])
  assert.deepEqual(await store.galleries.listErased(), [])
  const referenced: string[] = []
  for await (const batch of store.inspection.streamPictures(100)) referenced.push(...batch.map(({ key }) => key))
  const kept: string[] = []
  for await (const key of blobs.keys()) kept.push(key)
  const ofFaces = new Set(referenced)
  const others = kept.filter(key => !ofFaces.has(key))
  assert.deepEqual(kept.filter(key => ofFaces.has(key)).sort(), referenced.sort(), 'each face has its picture')
  const frames = await store.inspection.findPictureKeys(others)
  assert.deepEqual(others.sort(), [...frames].sort(), 'each picture has its face, or is a frame of a capture session')
  for (const gallery of await store.galleries.listAll()) {
    const { uid, id } = gallery
    for await (const batch of store.faces.streamTemplates(uid, 100))
      for (const { faceId, template } of batch) {
        const hits = await index.search(gallery, template, 100)
        assert.ok(
          hits.some(hit => hit.faceId === faceId && hit.cosine > 0.999),
          `face ${faceId} of ${id} is found`,
        )
      }
    assert.equal(index.size(uid), (await store.galleries.counts(uid)).faces, `the index of ${id} has no other faces`)
  }
}
