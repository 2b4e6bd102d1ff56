// The part of the store's contract on subjects.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../core/ports.ts'
import type { Metadata } from '../core/types.ts'
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
        revision: 2,
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
      assert.ok(updated !== 'changed')
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

    testFilters(open)
    testRevisions(open)
    testErasure(open)
  })
}

function testFilters(open: () => Store): void {
  it('are listed by what their metadata holds, value and type', async () => {
    const { uid } = await addGallery(open())
    const people: Record<string, Metadata> = {
      text: { k: '3' },
      number: { k: 3 },
      fraction: { k: 0.1 },
      yes: { k: true },
      one: { k: 1 },
      no: { k: false },
      nothing: { k: null },
      missing: {},
      odd: { 'a"b.c\\d$': "it's 語 🙂", k: 'x', z: -2.5e-7 },
      large: { k: 1e21 },
    }
    for (const [id, metadata] of Object.entries(people)) await addFace(open(), uid, id, { metadata })
    const find = async (filter: Metadata): Promise<string[]> => {
      const { items } = await open().subjects.list(uid, { limit: 100, cursor: null }, filter)
      return items.map(subject => subject.id)
    }
    for (const [filter, ids] of [
      [{ k: '3' }, ['text']],
      [{ k: 3 }, ['number']],
      [{ k: 3.0000001 }, []],
      [{ k: 0.1 }, ['fraction']],
      [{ k: true }, ['yes']],
      [{ k: 1 }, ['one']],
      [{ k: false }, ['no']],
      [{ k: 0 }, []],
      [{ k: null }, ['nothing']],
      [{ k: 1e21 }, ['large']],
      [{ K: 3 }, []],
      [{ 'a"b.c\\d$': "it's 語 🙂" }, ['odd']],
      [{ k: 'x', z: -2.5e-7 }, ['odd']],
      [{ k: 'x', z: 1 }, []],
      [{ k: "' or 1=1 --" }, []],
    ] as const)
      assert.deepEqual(await find(filter), ids, JSON.stringify(filter))
    assert.equal((await find({})).length, Object.keys(people).length)
  })

  it('are listed page by page with a filter too', async () => {
    const { subjects } = open()
    const { uid } = await addGallery(open())
    for (let index = 10; index < 30; index++) {
      await addFace(open(), uid, `s${index}`, { metadata: { third: index % 3 === 0 } })
    }
    const { items, sizes } = await readPages(3, page => subjects.list(uid, page, { third: true }))
    assert.deepEqual(
      items.map(subject => subject.id),
      ['s12', 's15', 's18', 's21', 's24', 's27'],
    )
    assert.deepEqual(sizes, [3, 3])
    await assert.rejects(subjects.list(uid, { limit: 3, cursor: 'x' }, { third: true }), { code: 'request_invalid' })
  })
}

function testRevisions(open: () => Store): void {
  it('take the revision of the gallery with each change of theirs, and only then', async () => {
    const { subjects, faces } = open()
    const { uid } = await addGallery(open())
    const revisionOf = async (id: string) => (await subjects.find(uid, id))?.revision
    const { id } = await addFace(open(), uid, 'ann')
    await addFace(open(), uid, 'bob')
    assert.deepEqual([await revisionOf('ann'), await revisionOf('bob')], [1, 2])
    await subjects.updateMetadata(uid, 'ann', { a: 1 }, LATER)
    assert.equal(await revisionOf('ann'), 3)
    await faces.erase(uid, id, LATER)
    assert.equal(await revisionOf('ann'), 4)
    await addFace(open(), uid, 'ann')
    assert.deepEqual([await revisionOf('ann'), await revisionOf('bob')], [5, 2])
  })

  it('change and go only at the revision that is asked for', async () => {
    const { subjects } = open()
    const { uid } = await addGallery(open())
    await addFace(open(), uid, 'ann')
    assert.equal(await subjects.updateMetadata(uid, 'ann', { a: 1 }, LATER, 0), 'changed')
    assert.deepEqual((await subjects.find(uid, 'ann'))?.metadata, {})
    const changes = await Promise.all(
      Array.from({ length: 8 }, (_, index) => subjects.updateMetadata(uid, 'ann', { index }, LATER, 1)),
    )
    assert.equal(changes.filter(change => change !== 'changed' && change?.revision === 2).length, 1)
    assert.equal(changes.filter(change => change === 'changed').length, 7)
    assert.equal(await subjects.erase(uid, 'ann', LATER, 1), 'changed')
    assert.ok(await subjects.find(uid, 'ann'))
    assert.equal(await subjects.updateMetadata(uid, 'eve', {}, LATER, 1), null)
    assert.equal(await subjects.erase(uid, 'eve', LATER, 1), null)
    assert.equal(typeof (await subjects.erase(uid, 'ann', LATER, 2)), 'object')
    assert.equal(await subjects.find(uid, 'ann'), null)
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
    assert.ok(erased !== 'changed')
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
    assert.deepEqual(await subjects.erase(uid, 'ann', LATER), { faceIds: [], blobKeys: [], frameKeys: [] })
    assert.deepEqual(await galleries.counts(uid), { subjects: 0, faces: 0 })
  })
}
