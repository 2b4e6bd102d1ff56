// The part of the store's contract on the numbers that some protocols name faces and galleries by.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NumberedThing, Store } from '../core/ports.ts'
import { AT, addFace, addGallery, insertFace, LATER, makeFace, makeId } from './samples.suite.ts'

const KIND = 'advance.face'

const makeThing = (change: Partial<NumberedThing> = {}): NumberedThing => ({
  tenantId: makeId(),
  kind: 'advance.faceSet',
  uid: makeId(),
  parentUid: '',
  ...change,
})

export function testNumbers(open: () => Store): void {
  describe('numbers', () => {
    it('count from 1 for each tenant and kind, and a thing keeps the one that it has', async () => {
      const { numbers } = open()
      const first = makeThing()
      const { tenantId } = first
      assert.equal(await numbers.assign(first), 1)
      assert.equal(await numbers.assign(makeThing({ tenantId })), 2)
      assert.equal(await numbers.assign(first), 1)
      assert.equal(await numbers.assign({ ...first, kind: 'alibaba.group' }), 1, 'each kind has its own')
      assert.equal(await numbers.assign(makeThing()), 1, 'each tenant has its own')
      assert.equal(await numbers.assign(makeThing({ tenantId })), 3)
    })

    it('are all different when many come at once', async () => {
      const { numbers } = open()
      const tenantId = makeId()
      const given = await Promise.all(Array.from({ length: 20 }, () => numbers.assign(makeThing({ tenantId }))))
      assert.deepEqual(
        given.toSorted((one, other) => one - other),
        Array.from({ length: 20 }, (_, index) => index + 1),
      )
    })

    it('are one for one thing, however often it comes at once, and none is left out', async () => {
      const { numbers } = open()
      const thing = makeThing()
      const given = await Promise.all(Array.from({ length: 20 }, () => numbers.assign(thing)))
      assert.deepEqual(new Set(given), new Set([1]))
      assert.equal(await numbers.assign(makeThing({ tenantId: thing.tenantId })), 2)
    })

    it('can be left out, of every tenant that has any', async () => {
      const { numbers } = open()
      const [one, other] = [makeThing(), makeThing()]
      for (const thing of [one, other]) await numbers.assign(thing)
      await numbers.skip(100)
      for (const { tenantId } of [one, other]) assert.equal(await numbers.assign(makeThing({ tenantId })), 102)
      assert.equal(await numbers.assign(one), 1)
      assert.equal(await numbers.assign(makeThing()), 1, 'who has none yet begins with 1')
    })

    it('are found by number and by uid, and listed in their order', async () => {
      const { numbers } = open()
      const parentUid = makeId()
      const things = Array.from({ length: 3 }, () => makeThing({ tenantId: 'of-parent', kind: KIND, parentUid }))
      for (const thing of things) await numbers.assign(thing)
      const [first, second, third] = things
      const all = things.map((thing, index) => ({ ...thing, number: index + 1, deletedAt: null, details: null }))
      assert.deepEqual(await numbers.find('of-parent', KIND, 2), all[1])
      assert.equal(await numbers.find('of-parent', KIND, 4), null)
      assert.equal(await numbers.find('another', KIND, 1), null)
      assert.deepEqual(
        await numbers.numbersOf(KIND, [third.uid, makeId(), first.uid]),
        new Map([
          [first.uid, 1],
          [third.uid, 3],
        ]),
      )
      assert.deepEqual(await numbers.numbersOf('alibaba.face', [second.uid]), new Map())
      assert.deepEqual(await numbers.list('of-parent', KIND, parentUid, { after: 0, limit: 2 }), all.slice(0, 2))
      assert.deepEqual(await numbers.list('of-parent', KIND, parentUid, { after: 2, limit: 2 }), all.slice(2))
      assert.deepEqual(await numbers.list('of-parent', KIND, makeId(), { after: 0, limit: 2 }), [])
    })

    it('come with a face or not at all', async () => {
      const store = open()
      const gallery = await addGallery(store)
      const enrol = (subjectId: string) => insertFace(store, makeFace(gallery.uid, subjectId, { numberKind: KIND }))
      assert.equal((await enrol('ann')).number, 1)
      assert.equal((await insertFace(store, makeFace(gallery.uid, 'bob'))).number, null)
      const full = { maxFacesPerSubject: 1, whenFull: 'refuse', existingSubject: 'append' } as const
      const refused = await store.faces.insert(makeFace(gallery.uid, 'ann', { numberKind: KIND }), full)
      assert.equal(refused.outcome, 'subject_full')
      const gone = await store.faces.insert(makeFace(makeId(), 'ann', { numberKind: KIND }), full)
      assert.equal(gone.outcome, 'gallery_missing')
      assert.equal((await enrol('cid')).number, 2, 'no number is left out')
    })

    it('say when their face was erased, by whatever way, and nobody else’s', async () => {
      const store = open()
      const { numbers } = store
      const gallery = await addGallery(store)
      const { tenantId, uid } = gallery
      const stateOf = async () => {
        const found = await Promise.all([1, 2, 3, 4].map(number => numbers.find(tenantId, KIND, number)))
        return found.map(each => each?.deletedAt ?? null)
      }
      const faces = []
      for (const subject of ['ann', 'bob', 'cid', 'dan'])
        faces.push(await addFace(store, uid, subject, { numberKind: KIND }))
      await store.faces.erase(uid, faces[0].id, LATER)
      assert.deepEqual(await stateOf(), [LATER, null, null, null])
      await store.subjects.erase(uid, 'bob', LATER)
      assert.deepEqual(await stateOf(), [LATER, LATER, null, null])
      const replacing = { maxFacesPerSubject: 1, whenFull: 'replace_oldest', existingSubject: 'append' } as const
      await insertFace(store, makeFace(uid, 'cid', { createdAt: LATER }), replacing)
      assert.deepEqual(await stateOf(), [LATER, LATER, LATER, null])
      assert.deepEqual(
        (await numbers.list(tenantId, KIND, uid, { after: 0, limit: 10 })).map(each => each.number),
        [4],
      )
      await store.galleries.markErased(uid, LATER)
      for (let done = false; !done; ) ({ done } = await store.galleries.eraseBatch(uid, 10, LATER))
      assert.deepEqual(await stateOf(), [LATER, LATER, LATER, LATER])
    })

    it('say when their gallery was erased', async () => {
      const store = open()
      const gallery = await addGallery(store)
      const thing = makeThing({ tenantId: gallery.tenantId, uid: gallery.uid })
      await store.numbers.assign(thing)
      await store.galleries.markErased(gallery.uid, LATER)
      assert.deepEqual((await store.numbers.find(gallery.tenantId, thing.kind, 1))?.deletedAt, LATER)
    })

    it('say so too where an erasure is carried out again in a copy from before', async () => {
      const store = open()
      const gallery = await addGallery(store)
      const { tenantId, uid } = gallery
      const [ann, bob] = [
        await addFace(store, uid, 'ann', { numberKind: KIND }),
        await addFace(store, uid, 'bob', { numberKind: KIND }),
      ]
      const bobUid = (await store.subjects.find(uid, 'bob'))!.uid
      const record = { sequence: 1, galleryUid: uid, subjectUid: null, faceId: null, revision: 9, erasedAt: LATER }
      await store.erasures.replay([
        { ...record, subjectUid: ann.newSubjectUid, faceId: ann.id },
        { ...record, subjectUid: bobUid },
      ])
      assert.equal(bob.subjectId, 'bob')
      for (const number of [1, 2])
        assert.deepEqual((await store.numbers.find(tenantId, KIND, number))?.deletedAt, LATER)
    })

    it('keep what is told of the erased until they are forgotten, and are not given again', async () => {
      const store = open()
      const { numbers } = store
      const gallery = await addGallery(store)
      const { tenantId, uid } = gallery
      const ann = await addFace(store, uid, 'ann', { numberKind: KIND })
      await numbers.describeDeleted(KIND, ann.id, { name: 'Ann' })
      assert.equal((await numbers.find(tenantId, KIND, 1))?.details, null, 'nothing is told of the living')
      await store.faces.erase(uid, ann.id, AT)
      await numbers.describeDeleted(KIND, ann.id, { name: 'Ann', number: 7, none: null })
      assert.deepEqual((await numbers.find(tenantId, KIND, 1))?.details, { name: 'Ann', number: 7, none: null })
      await numbers.forget(AT)
      assert.ok(await numbers.find(tenantId, KIND, 1))
      assert.ok((await numbers.forget(LATER)) >= 1)
      assert.equal(await numbers.find(tenantId, KIND, 1), null)
      const next = await insertFace(store, makeFace(uid, 'bob', { numberKind: KIND }))
      assert.equal(next.number, 2)
    })
  })
}
