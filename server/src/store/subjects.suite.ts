// The part of the store's contract on subjects.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../core/ports.ts'
import { sortByBytes } from './galleries.suite.ts'
import { AT, addFace, addGallery, LATER, makeId, makePicture, readPages } from './samples.suite.ts'

export function testSubjects(open: () => Store): void {
  describe('subjects', () => {
    it('are found as their faces left them', async () => {
      const { subjects } = open()
      const { uid } = await addGallery(open())
      const metadata = { name: 'Ñandú 🙂 "x"', age: 41.5, member: true, note: null, empty: '' }
      const first = await addFace(open(), uid, 'ann', { metadata })
      await addFace(open(), uid, 'ann', { createdAt: LATER })
      assert.deepEqual(await subjects.find(uid, 'ann'), {
        uid: first.newSubjectUid,
        galleryUid: uid,
        id: 'ann',
        metadata,
        faceCount: 2,
        createdAt: AT,
        updatedAt: LATER,
      })
      assert.equal(await subjects.find(uid, 'Ann'), null)
      assert.equal(await subjects.find(makeId(), 'ann'), null)
    })

    it('are listed by id in byte order, page by page, with their faces counted', async () => {
      const { subjects } = open()
      const { uid } = await addGallery(open())
      const ids = ['b', 'B', 'a', 'a:b', 'a%', "a'b", 'ü', 'z', '語', '👩‍🚀', '%', 'ab', ' ', 'y'.repeat(256)]
      for (const id of ids) await addFace(open(), uid, id)
      await addFace(open(), uid, 'ü')
      await addFace(open(), (await addGallery(open())).uid, 'elsewhere')
      const { items, sizes } = await readPages(4, page => subjects.list(uid, page))
      assert.deepEqual(
        items.map(subject => subject.id),
        sortByBytes(ids),
      )
      assert.deepEqual(sizes, [4, 4, 4, 2])
      assert.deepEqual(
        items.map(subject => subject.faceCount),
        items.map(subject => (subject.id === 'ü' ? 2 : 1)),
      )
    })

    it('take new metadata in place of the old', async () => {
      const { subjects, galleries } = open()
      const gallery = await addGallery(open())
      await addFace(open(), gallery.uid, 'ann', { metadata: { a: 1, b: 2 } })
      const before = await galleries.find(gallery.tenantId, gallery.id)
      const updated = await subjects.updateMetadata(gallery.uid, 'ann', { c: 3 }, LATER)
      assert.deepEqual(updated?.metadata, { c: 3 })
      assert.deepEqual(updated?.updatedAt, LATER)
      assert.equal(updated?.faceCount, 1)
      assert.deepEqual(await subjects.find(gallery.uid, 'ann'), updated)
      const after = await galleries.find(gallery.tenantId, gallery.id)
      assert.equal(after?.revision, before!.revision + 1)
      assert.equal(await subjects.updateMetadata(gallery.uid, 'bob', {}, LATER), null)
      assert.equal(await subjects.updateMetadata(makeId(), 'ann', {}, LATER), null)
      assert.deepEqual(await galleries.find(gallery.tenantId, gallery.id), after)
    })

    testErasure(open)
  })
}

function testErasure(open: () => Store): void {
  it('are erased with their faces, and nobody else with them', async () => {
    const { subjects, faces, galleries } = open()
    const gallery = await addGallery(open())
    const picture = makePicture()
    const pictured = await addFace(open(), gallery.uid, 'ann', { picture })
    const plain = await addFace(open(), gallery.uid, 'ann')
    const other = await addFace(open(), gallery.uid, 'bob', { picture: makePicture() })
    const erased = await subjects.erase(gallery.uid, 'ann', LATER)
    assert.deepEqual(erased?.faceIds.toSorted(), [pictured.id, plain.id].sort())
    assert.deepEqual(erased?.blobKeys, [picture.key])
    assert.equal(await subjects.find(gallery.uid, 'ann'), null)
    assert.equal(await faces.find(gallery.uid, pictured.id), null)
    const left = await faces.templatesOf([pictured.id, plain.id, other.id])
    assert.deepEqual(
      left.map(entry => entry.faceId),
      [other.id],
    )
    assert.equal((await galleries.find(gallery.tenantId, gallery.id))?.revision, 4)
    assert.equal(await subjects.erase(gallery.uid, 'ann', LATER), null)
    assert.equal(await subjects.erase(makeId(), 'bob', LATER), null)
  })

  it('can be enrolled again after erasure, as somebody new', async () => {
    const { subjects } = open()
    const { uid } = await addGallery(open())
    const first = await addFace(open(), uid, 'ann', { metadata: { a: 1 } })
    await subjects.erase(uid, 'ann', LATER)
    await addFace(open(), uid, 'ann')
    const again = await subjects.find(uid, 'ann')
    assert.notEqual(again?.uid, first.newSubjectUid)
    assert.deepEqual(again?.metadata, {})
    assert.equal(again?.faceCount, 1)
  })

  it('are erased also when they have no faces', async () => {
    const { subjects, faces, galleries } = open()
    const { uid } = await addGallery(open())
    const face = await addFace(open(), uid, 'ann')
    await faces.erase(uid, face.id, LATER)
    assert.deepEqual(await subjects.erase(uid, 'ann', LATER), { faceIds: [], blobKeys: [] })
    assert.deepEqual(await galleries.counts(uid), { subjects: 0, faces: 0 })
  })
}
