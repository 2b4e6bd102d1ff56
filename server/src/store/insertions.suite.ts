// The part of the store's contract on the rules of an insertion: who may be there, who gives way, what must not have
// changed.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InsertionRules, Store } from '../core/ports.ts'
import { ANY, AT, addFace, addGallery, insertFace, LATER, makeFace, makePicture } from './samples.suite.ts'

export function testInsertions(open: () => Store): void {
  describe('insertions', () => {
    testFull(open)
    testReplacing(open)
    testRefusing(open)
    testGuard(open)
  })
}

const idsOf = async (store: Store, galleryUid: string, subjectId: string): Promise<string[]> => {
  const { items } = await store.faces.listOfSubject(galleryUid, subjectId, { limit: 100, cursor: null })
  return items.map(face => face.id)
}

function testFull(open: () => Store): void {
  it('into a full subject are refused, and change nothing', async () => {
    const store = open()
    const gallery = await addGallery(store)
    const rules: InsertionRules = { ...ANY, maxFacesPerSubject: 2 }
    for (let index = 0; index < 2; index++) await insertFace(store, makeFace(gallery.uid, 'ann'), rules)
    const before = await store.galleries.find(gallery.tenantId, gallery.id)
    const late = makeFace(gallery.uid, 'ann', { metadata: { late: true }, picture: makePicture() })
    assert.deepEqual(await store.faces.insert(late, rules), { outcome: 'subject_full', faceCount: 2 })
    assert.deepEqual(await store.galleries.find(gallery.tenantId, gallery.id), before)
    assert.deepEqual((await store.subjects.find(gallery.uid, 'ann'))?.metadata, {})
    assert.equal(await store.faces.find(gallery.uid, late.id), null)
    await insertFace(store, makeFace(gallery.uid, 'bob'), rules)
  })

  it('at once for one subject fill it to the limit exactly', async () => {
    const store = open()
    const { uid } = await addGallery(store)
    const rules: InsertionRules = { ...ANY, maxFacesPerSubject: 5 }
    const insertions = await Promise.all(
      Array.from({ length: 20 }, () => store.faces.insert(makeFace(uid, 'ann'), rules)),
    )
    assert.equal(insertions.filter(({ outcome }) => outcome === 'inserted').length, 5)
    assert.equal(insertions.filter(({ outcome }) => outcome === 'subject_full').length, 15)
    assert.deepEqual(await store.galleries.counts(uid), { subjects: 1, faces: 5 })
  })

  it('let the oldest faces give way where that is the rule', async () => {
    const store = open()
    const { uid } = await addGallery(store)
    const picture = makePicture()
    const oldest = await addFace(store, uid, 'ann', { picture })
    const second = await addFace(store, uid, 'ann')
    const third = await addFace(store, uid, 'ann')
    const other = await addFace(store, uid, 'bob')
    const rules: InsertionRules = { ...ANY, maxFacesPerSubject: 3, whenFull: 'replace_oldest' }
    const fourth = await insertFace(store, makeFace(uid, 'ann', { createdAt: LATER }), rules)
    assert.deepEqual(fourth.erased, { faceIds: [oldest.id], blobKeys: [picture.key] })
    assert.equal(fourth.subject.faceCount, 3)
    assert.deepEqual(await idsOf(store, uid, 'ann'), [second.id, third.id, fourth.face.id])
    // A lower limit than there are faces is made good at once.
    const fifth = await insertFace(store, makeFace(uid, 'ann', { createdAt: LATER }), {
      ...rules,
      maxFacesPerSubject: 1,
    })
    assert.deepEqual(fifth.erased.faceIds, [second.id, third.id, fourth.face.id])
    assert.deepEqual(await idsOf(store, uid, 'ann'), [fifth.face.id])
    assert.deepEqual(await idsOf(store, uid, 'bob'), [other.id])
    assert.deepEqual(await store.galleries.counts(uid), { subjects: 2, faces: 2 })
  })
}

function testReplacing(open: () => Store): void {
  it('replace all faces of the subject, who stays the same', async () => {
    const store = open()
    const gallery = await addGallery(store)
    const pictures = [makePicture(), makePicture()]
    const first = await addFace(store, gallery.uid, 'ann', { metadata: { a: 1 }, picture: pictures[0] })
    const second = await addFace(store, gallery.uid, 'ann', { picture: pictures[1] })
    const rules: InsertionRules = { maxFacesPerSubject: 1, whenFull: 'refuse', existingSubject: 'replace' }
    const next = makeFace(gallery.uid, 'ann', { picture: makePicture(), createdAt: LATER })
    const { subject, erased, face } = await insertFace(store, next, rules)
    assert.deepEqual(erased.faceIds.toSorted(), [first.id, second.id].sort())
    assert.deepEqual(erased.blobKeys.toSorted(), pictures.map(({ key }) => key).sort())
    assert.deepEqual(
      { ...subject, revision: 0 },
      {
        uid: first.newSubjectUid,
        galleryUid: gallery.uid,
        id: 'ann',
        metadata: { a: 1 },
        faceCount: 1,
        revision: 0,
        createdAt: AT,
        updatedAt: LATER,
      },
    )
    assert.deepEqual(await idsOf(store, gallery.uid, 'ann'), [next.id])
    assert.deepEqual(face.picture, next.picture)
    assert.deepEqual(await store.faces.templatesOf([first.id, second.id]), [])
    assert.deepEqual(await store.galleries.counts(gallery.uid), { subjects: 1, faces: 1 })
    // One change for all of it.
    assert.equal((await store.galleries.find(gallery.tenantId, gallery.id))?.revision, 3)
    assert.equal(subject.revision, 3)
  })

  it('that replace somebody who is new erase nothing', async () => {
    const store = open()
    const { uid } = await addGallery(store)
    const { erased } = await insertFace(store, makeFace(uid, 'ann'), { ...ANY, existingSubject: 'replace' })
    assert.deepEqual(erased, { faceIds: [], blobKeys: [] })
  })
}

function testRefusing(open: () => Store): void {
  it('of a subject that is there are refused where that is the rule, also when it has no faces', async () => {
    const store = open()
    const { uid } = await addGallery(store)
    const rules: InsertionRules = { ...ANY, existingSubject: 'refuse' }
    const { face } = await insertFace(store, makeFace(uid, 'ann'), rules)
    assert.deepEqual(await store.faces.insert(makeFace(uid, 'ann'), rules), { outcome: 'subject_exists' })
    await store.faces.erase(uid, face.id, LATER)
    assert.deepEqual(await store.faces.insert(makeFace(uid, 'ann'), rules), { outcome: 'subject_exists' })
    await insertFace(store, makeFace(uid, 'Ann'), rules)
  })

  it('at once of one new subject leave one face where existing ones are refused', async () => {
    const store = open()
    const { uid } = await addGallery(store)
    const rules: InsertionRules = { ...ANY, existingSubject: 'refuse' }
    const insertions = await Promise.all(
      Array.from({ length: 10 }, () => store.faces.insert(makeFace(uid, 'ann'), rules)),
    )
    assert.equal(insertions.filter(({ outcome }) => outcome === 'inserted').length, 1)
    assert.deepEqual(await store.galleries.counts(uid), { subjects: 1, faces: 1 })
  })
}

function testGuard(open: () => Store): void {
  it('bound to a revision happen at that revision only', async () => {
    const store = open()
    const gallery = await addGallery(store)
    const at = (revision: number): InsertionRules => ({ ...ANY, revision })
    await insertFace(store, makeFace(gallery.uid, 'ann'), at(0))
    const late = makeFace(gallery.uid, 'bob')
    assert.deepEqual(await store.faces.insert(late, at(0)), { outcome: 'gallery_changed' })
    assert.equal(await store.subjects.find(gallery.uid, 'bob'), null)
    await insertFace(store, late, at(1))
  })

  it('at once and bound to one revision leave one face', async () => {
    const store = open()
    const { uid } = await addGallery(store)
    const rules: InsertionRules = { ...ANY, revision: 0 }
    const insertions = await Promise.all(
      Array.from({ length: 12 }, (_, index) => store.faces.insert(makeFace(uid, `s${index}`), rules)),
    )
    assert.equal(insertions.filter(({ outcome }) => outcome === 'inserted').length, 1)
    assert.equal(insertions.filter(({ outcome }) => outcome === 'gallery_changed').length, 11)
  })
}
