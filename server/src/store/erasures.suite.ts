// What a store must do for erasures that are carried out again, and for the doctor, as part of the contract suite.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ErasureRecord, Store } from '../core/ports.ts'
import type { Gallery } from '../core/types.ts'
import { addFace, addGallery, insertFace, LATER, makeFace, makeId, makePicture } from './samples.suite.ts'
import type { OpenedStores } from './store.suite.ts'

const readAll = async ({ erasures }: Store, after = 0): Promise<readonly ErasureRecord[]> =>
  erasures.list(after, 10_000)

const lastSequence = async ({ erasures }: Store): Promise<number> => (await erasures.last())?.sequence ?? 0

const makeRecord = (change: Partial<ErasureRecord> & Pick<ErasureRecord, 'galleryUid'>): ErasureRecord => ({
  sequence: 1,
  subjectUid: null,
  faceId: null,
  revision: 1,
  erasedAt: LATER,
  ...change,
})

const ofOne = (records: readonly ErasureRecord[], { uid }: Gallery): readonly ErasureRecord[] =>
  records.filter(record => record.galleryUid === uid)

export function testErasures(opened: () => OpenedStores): void {
  const store = (): Store => opened().store

  describe('erasures', () => {
    it('are listed in the order of their making', async () => {
      const before = await lastSequence(store())
      const gallery = await addGallery(store())
      const [one, two] = [await addFace(store(), gallery.uid, 'ann'), await addFace(store(), gallery.uid, 'ann')]
      const subject = await store().subjects.find(gallery.uid, 'ann')
      await store().faces.erase(gallery.uid, one.id, LATER)
      await store().subjects.erase(gallery.uid, 'ann', LATER)
      await store().galleries.markErased(gallery.uid, LATER)
      const records = await readAll(store(), before)
      assert.deepEqual(
        records.map(({ faceId, subjectUid, erasedAt }) => [faceId, subjectUid, erasedAt]),
        [
          [one.id, subject!.uid, LATER],
          [two.id, subject!.uid, LATER],
          [null, subject!.uid, LATER],
          [null, null, LATER],
        ],
      )
      assert.deepEqual(await store().erasures.last(), records.at(-1))
      assert.deepEqual(await store().erasures.list(before, 2), records.slice(0, 2))
      assert.deepEqual(
        records.map(record => record.sequence),
        records.map(record => record.sequence).toSorted((a, b) => a - b),
      )
    })

    it('of a face are carried out again, with its picture, counts and a tombstone', async () => {
      const before = await lastSequence(store())
      const gallery = await addGallery(store())
      const picture = makePicture()
      const { face } = await insertFace(store(), makeFace(gallery.uid, 'ann', { picture }))
      await addFace(store(), gallery.uid, 'ann')
      const replayed = await store().erasures.replay([
        makeRecord({ galleryUid: gallery.uid, subjectUid: face.subjectUid, faceId: face.id, revision: 50 }),
      ])
      assert.deepEqual(replayed, {
        galleries: 0,
        subjects: 0,
        faces: 1,
        blobKeys: [picture.key],
        frameKeys: [],
        people: [{ tenantId: gallery.tenantId, galleryId: gallery.id, erased: { subjectIds: [], faceIds: [face.id] } }],
      })
      assert.equal(await store().faces.find(gallery.uid, face.id), null)
      assert.deepEqual(await store().faces.templatesOf([face.id]), [])
      assert.deepEqual(await store().galleries.counts(gallery.uid), { subjects: 1, faces: 1 })
      assert.equal((await store().subjects.find(gallery.uid, 'ann'))?.faceCount, 1)
      // No revision that callers have seen is used again.
      assert.equal((await store().galleries.find(gallery.tenantId, gallery.id))?.revision, 51)
      const [tomb, ...more] = await readAll(store(), before)
      assert.deepEqual([tomb?.faceId, tomb?.revision, tomb?.erasedAt, more], [face.id, 51, LATER, []])
      assert.deepEqual(await store().inspection.findMiscounts(), [])
    })

    it('of a subject take all its faces, and of a gallery hide it', async () => {
      const gallery = await addGallery(store())
      const ann = await insertFace(store(), makeFace(gallery.uid, 'ann', { picture: makePicture() }))
      const more = await addFace(store(), gallery.uid, 'ann')
      await addFace(store(), gallery.uid, 'bob')
      const subjects = await store().erasures.replay([
        makeRecord({ galleryUid: gallery.uid, subjectUid: ann.subject.uid }),
      ])
      assert.deepEqual([subjects.subjects, subjects.faces, subjects.blobKeys], [1, 2, [ann.face.picture!.key]])
      assert.deepEqual(subjects.people[0]?.erased, { subjectIds: ['ann'], faceIds: [ann.face.id, more.id].toSorted() })
      assert.equal(await store().subjects.find(gallery.uid, 'ann'), null)
      assert.deepEqual(await store().galleries.counts(gallery.uid), { subjects: 1, faces: 1 })

      const galleries = await store().erasures.replay([makeRecord({ galleryUid: gallery.uid })])
      assert.deepEqual([galleries.galleries, galleries.people[0]?.erased], [1, 'gallery'])
      assert.equal(await store().galleries.find(gallery.tenantId, gallery.id), null)
      assert.ok((await store().galleries.listErased()).includes(gallery.uid))
      while (!(await store().galleries.eraseBatch(gallery.uid, 100, LATER)).done);
      assert.deepEqual(await store().inspection.findUnerased(10), [])
    })

    it('of what is not there leave a tombstone and nothing else', async () => {
      const before = await lastSequence(store())
      const gallery = await addGallery(store())
      const unknown = makeRecord({ galleryUid: makeId(), subjectUid: makeId(), faceId: makeId() })
      const there = makeRecord({ galleryUid: gallery.uid, subjectUid: makeId(), faceId: makeId() })
      const replayed = await store().erasures.replay([unknown, there])
      assert.deepEqual(
        { ...replayed },
        { galleries: 0, subjects: 0, faces: 0, blobKeys: [], frameKeys: [], people: [] },
      )
      const tombs = await readAll(store(), before)
      assert.deepEqual(
        tombs.map(({ faceId }) => faceId),
        [unknown.faceId, there.faceId],
      )
      assert.deepEqual(await store().erasures.replay([]), replayed)
    })
  })

  describe('inspection', () => {
    it('finds no damage in a sound database, and counts what is there', async () => {
      const before = await store().inspection.counts()
      const gallery = await addGallery(store())
      await addFace(store(), gallery.uid, 'ann')
      assert.deepEqual(await store().inspection.findDamage(), [])
      assert.deepEqual(await store().inspection.counts(), {
        galleries: before.galleries + 1,
        subjects: before.subjects + 1,
        faces: before.faces + 1,
      })
    })

    it('finds counts that drifted, and mends them', async () => {
      const gallery = await addGallery(store())
      const { subject } = await insertFace(store(), makeFace(gallery.uid, 'ann'))
      const { db } = opened().region
      await db
        .updateTable('galleries')
        .set({ face_count: 7, subject_count: 0 })
        .where('uid', '=', gallery.uid)
        .execute()
      await db.updateTable('subjects').set({ face_count: 3 }).where('uid', '=', subject.uid).execute()
      assert.deepEqual(await store().inspection.findMiscounts(), [
        { of: 'gallery faces', uid: gallery.uid, kept: 7, counted: 1 },
        { of: 'gallery subjects', uid: gallery.uid, kept: 0, counted: 1 },
        { of: 'subject faces', uid: subject.uid, kept: 3, counted: 1 },
      ])
      assert.equal(await store().inspection.mendCounts(), 3)
      assert.deepEqual(await store().inspection.findMiscounts(), [])
      assert.deepEqual(await store().galleries.counts(gallery.uid), { subjects: 1, faces: 1 })
    })

    it('streams pictures in batches, and knows which keys are in use', async () => {
      const gallery = await addGallery(store())
      const pictures = [makePicture(), makePicture(), makePicture()]
      for (const picture of pictures) await addFace(store(), gallery.uid, 'ann', { picture })
      await addFace(store(), gallery.uid, 'ann')
      const streamed: { galleryUid: string; key: string; bytes: number }[] = []
      for await (const batch of store().inspection.streamPictures(2)) {
        assert.ok(batch.length <= 2)
        streamed.push(...batch)
      }
      assert.deepEqual(
        streamed.filter(each => each.galleryUid === gallery.uid).map(({ key, bytes }) => ({ key, bytes })),
        pictures.map(({ key, bytes }) => ({ key, bytes })),
      )
      const keys = pictures.map(({ key }) => key)
      assert.deepEqual((await store().inspection.findPictureKeys([...keys, makeId()])).toSorted(), keys.toSorted())
    })

    it('finds what has a tombstone and is still there', async () => {
      const gallery = await addGallery(store())
      const { face, subject } = await insertFace(store(), makeFace(gallery.uid, 'ann'))
      const { db } = opened().region
      const tomb = { gallery_uid: gallery.uid, revision: 1, erased_at: LATER.getTime() }
      await db
        .insertInto('tombstones')
        .values({ ...tomb, subject_uid: subject.uid, face_id: face.id })
        .execute()
      await db
        .insertInto('tombstones')
        .values({ ...tomb, subject_uid: subject.uid, face_id: null })
        .execute()
      await db
        .insertInto('tombstones')
        .values({ ...tomb, subject_uid: null, face_id: null })
        .execute()
      const found = ofOne(await store().inspection.findUnerased(1000), gallery)
      assert.deepEqual(
        found.map(({ faceId, subjectUid }) => [faceId, subjectUid]),
        [
          [face.id, subject.uid],
          [null, subject.uid],
          [null, null],
        ],
      )
      await store().galleries.markErased(gallery.uid, LATER)
      while (!(await store().galleries.eraseBatch(gallery.uid, 100, LATER)).done);
      assert.deepEqual(ofOne(await store().inspection.findUnerased(1000), gallery), [])
    })
  })
}
