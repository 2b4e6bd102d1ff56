// The part of the store's contract on galleries.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../core/ports.ts'
import { AT, addFace, addGallery, LATER, makeGallery, makeId, makePicture, readPages } from './samples.suite.ts'

const NOTHING_LEFT = { blobKeys: [], frameKeys: [], done: true }

export function testGalleries(open: () => Store): void {
  describe('galleries', () => {
    it('are found as they were inserted', async () => {
      const { galleries } = open()
      const gallery = makeGallery({ name: null, description: 'Ground floor – 地下' })
      assert.equal(await galleries.insert(gallery), true)
      assert.deepEqual(await galleries.find(gallery.tenantId, gallery.id), gallery)
    })

    it('are found by exact id and tenant only', async () => {
      const { galleries } = open()
      const gallery = await addGallery(open())
      assert.equal(await galleries.find(gallery.tenantId, 'STAFF'), null)
      assert.equal(await galleries.find(makeId(), gallery.id), null)
      assert.deepEqual(await galleries.findByUid(gallery.tenantId, gallery.uid), gallery)
      assert.equal(await galleries.findByUid(makeId(), gallery.uid), null)
      assert.equal(await galleries.findByUid(gallery.tenantId, makeId()), null)
    })

    it('have an id that is unique within a tenant', async () => {
      const { galleries } = open()
      const gallery = await addGallery(open())
      const rival = makeGallery({ tenantId: gallery.tenantId, name: 'Rival' })
      assert.equal(await galleries.insert(rival), false)
      assert.deepEqual(await galleries.find(gallery.tenantId, gallery.id), gallery)
      assert.equal(await galleries.insert(makeGallery()), true)
    })

    testLists(open)

    it('change name and description, each alone', async () => {
      const { galleries } = open()
      const gallery = await addGallery(open())
      const renamed = await galleries.update(gallery.uid, { name: 'Crew', updatedAt: LATER })
      assert.deepEqual(renamed, { ...gallery, name: 'Crew', revision: 1, updatedAt: LATER })
      const described = await galleries.update(gallery.uid, { name: null, description: 'd', updatedAt: LATER })
      assert.deepEqual(described, { ...gallery, name: null, description: 'd', revision: 2, updatedAt: LATER })
      assert.deepEqual(await galleries.find(gallery.tenantId, gallery.id), described)
      assert.equal(await galleries.update(makeId(), { name: 'x', updatedAt: LATER }), null)
    })

    it('change their policy in parts', async () => {
      const { galleries } = open()
      const gallery = await addGallery(open())
      const policy = { ...gallery.policy, duplicates: 'warn', duplicateThreshold: 82.5 } as const
      const strict = await galleries.update(gallery.uid, { policy, updatedAt: LATER })
      assert.deepEqual(strict, { ...gallery, policy, revision: 1, updatedAt: LATER })
      await galleries.update(gallery.uid, { policy: { whenFull: 'replace_oldest' }, updatedAt: LATER })
      await galleries.update(gallery.uid, { name: 'Crew', policy: { duplicateThreshold: null }, updatedAt: LATER })
      const found = await galleries.find(gallery.tenantId, gallery.id)
      assert.deepEqual(found?.policy, { ...policy, whenFull: 'replace_oldest', duplicateThreshold: null })
    })

    it('change and go only at the revision that is asked for', async () => {
      const { galleries } = open()
      const gallery = await addGallery(open())
      const rename = (name: string, revision: number) =>
        galleries.update(gallery.uid, { name, updatedAt: LATER }, revision)
      assert.equal(await rename('early', 1), 'changed')
      const changes = await Promise.all(Array.from({ length: 8 }, (_, index) => rename(`n${index}`, 0)))
      assert.equal(changes.filter(change => change === 'changed').length, 7)
      const found = await galleries.find(gallery.tenantId, gallery.id)
      assert.deepEqual(
        changes.filter(change => change !== 'changed'),
        [found],
      )
      assert.equal(await galleries.markErased(gallery.uid, LATER, 0), 'changed')
      assert.ok(await galleries.find(gallery.tenantId, gallery.id))
      assert.equal(await galleries.markErased(gallery.uid, LATER, 1), true)
      assert.equal(await galleries.markErased(gallery.uid, LATER, 1), false)
    })

    it('count subjects and faces through every change', async () => {
      const store = open()
      const { uid } = await addGallery(store)
      assert.deepEqual(await store.galleries.counts(uid), { subjects: 0, faces: 0 })
      const face = await addFace(store, uid, 'a')
      await addFace(store, uid, 'a')
      await addFace(store, uid, 'b')
      assert.deepEqual(await store.galleries.counts(uid), { subjects: 2, faces: 3 })
      await store.faces.erase(uid, face.id, LATER)
      assert.deepEqual(await store.galleries.counts(uid), { subjects: 2, faces: 2 })
      await store.subjects.erase(uid, 'a', LATER)
      assert.deepEqual(await store.galleries.counts(uid), { subjects: 1, faces: 1 })
      assert.deepEqual(await store.galleries.counts(makeId()), { subjects: 0, faces: 0 })
    })

    testErasure(open)
  })
}

function testLists(open: () => Store): void {
  it('are listed by id in byte order, page by page', async () => {
    const { galleries } = open()
    const tenantId = makeId()
    const ids = ['zebra', 'Zebra', 'ant', 'a-b', 'a b', 'ab', 'é', '日本', '🙂', '_', '10', '9']
    for (const id of ids) await addGallery(open(), { tenantId, id })
    const { items, sizes } = await readPages(5, page => galleries.list(tenantId, page))
    assert.deepEqual(
      items.map(gallery => gallery.id),
      sortByBytes(ids),
    )
    assert.deepEqual(sizes, [5, 5, 2])
  })

  it('end a list without a cursor when the last page is full', async () => {
    const { galleries } = open()
    const tenantId = makeId()
    for (const id of ['a', 'b', 'c', 'd']) await addGallery(open(), { tenantId, id })
    const { sizes } = await readPages(2, page => galleries.list(tenantId, page))
    assert.deepEqual(sizes, [2, 2])
    assert.deepEqual(await galleries.list(makeId(), { limit: 2, cursor: null }), { items: [], nextCursor: null })
  })

  it('refuse a cursor that no list of theirs gave', async () => {
    const { galleries, subjects } = open()
    const gallery = await addGallery(open())
    await addFace(open(), gallery.uid, 'a')
    await addFace(open(), gallery.uid, 'b')
    const { nextCursor } = await subjects.list(gallery.uid, { limit: 1, cursor: null })
    const encode = (text: string) => Buffer.from(text).toString('base64url')
    for (const cursor of [
      '',
      'x',
      '!!',
      'staff',
      nextCursor!,
      `${encode('galleries:a')}=`,
      encode('galleries:'),
      encode('galleries:a\0'),
    ]) {
      await assert.rejects(galleries.list(gallery.tenantId, { limit: 1, cursor }), { code: 'request_invalid' }, cursor)
    }
  })
}

function testErasure(open: () => Store): void {
  it('vanish at once when marked as erased, and free their id', async () => {
    const { galleries, faces } = open()
    const gallery = await addGallery(open())
    await addFace(open(), gallery.uid, 'a')
    assert.equal(await galleries.markErased(gallery.uid, LATER), true)
    assert.equal(await galleries.markErased(gallery.uid, LATER), false)
    assert.equal(await galleries.find(gallery.tenantId, gallery.id), null)
    assert.deepEqual((await galleries.list(gallery.tenantId, { limit: 9, cursor: null })).items, [])
    assert.equal(await galleries.update(gallery.uid, { name: 'x', updatedAt: LATER }), null)
    assert.equal(await addAgain(open(), gallery.uid), null)
    assert.ok((await galleries.listErased()).includes(gallery.uid))
    assert.equal(await galleries.insert(makeGallery({ tenantId: gallery.tenantId })), true)
    assert.equal(await faces.erase(gallery.uid, makeId(), LATER), null)
  })

  it('of all tenants are listed, those marked as erased left out', async () => {
    const { galleries } = open()
    const kept = await addGallery(open())
    const gone = await addGallery(open())
    await galleries.markErased(gone.uid, LATER)
    const uids = (await galleries.listAll()).map(gallery => gallery.uid)
    assert.ok(uids.includes(kept.uid))
    assert.ok(!uids.includes(gone.uid))
  })

  it('are erased in batches, with every picture named once, until nothing is left', async () => {
    const { galleries, faces, subjects } = open()
    const gallery = await addGallery(open())
    const keys: string[] = []
    for (let index = 0; index < 7; index++) {
      const picture = makePicture()
      keys.push(picture.key)
      await addFace(open(), gallery.uid, `subject-${index % 4}`, { picture })
    }
    const early = await addFace(open(), gallery.uid, 'subject-0')
    await faces.erase(gallery.uid, early.id, LATER)
    await galleries.markErased(gallery.uid, LATER)
    const named: string[] = []
    let batches = 0
    let done = false
    while (!done) {
      const batch = await galleries.eraseBatch(gallery.uid, 3, LATER)
      assert.ok(batch.blobKeys.length <= 3)
      named.push(...batch.blobKeys)
      done = batch.done
      assert.ok(++batches <= 10, 'the batches come to an end')
      assert.equal((await galleries.listErased()).includes(gallery.uid), !done)
    }
    assert.deepEqual(named.sort(), keys.sort())
    assert.equal(await subjects.find(gallery.uid, 'subject-0'), null)
    assert.deepEqual((await subjects.list(gallery.uid, { limit: 9, cursor: null })).items, [])
    for await (const batch of faces.streamTemplates(gallery.uid, 10)) assert.fail(`${batch.length} templates are left`)
    assert.deepEqual(await galleries.eraseBatch(gallery.uid, 3, LATER), NOTHING_LEFT)
  })

  it('that are not marked as erased lose nothing to a batch', async () => {
    const { galleries } = open()
    const gallery = await addGallery(open())
    await addFace(open(), gallery.uid, 'a')
    assert.deepEqual(await galleries.eraseBatch(gallery.uid, 10, AT), NOTHING_LEFT)
    assert.deepEqual(await galleries.counts(gallery.uid), { subjects: 1, faces: 1 })
    assert.ok(await galleries.find(gallery.tenantId, gallery.id))
  })
}

function addAgain(store: Store, galleryUid: string) {
  return store.subjects.updateMetadata(galleryUid, 'a', { x: 1 }, LATER)
}

export function sortByBytes(ids: readonly string[]): string[] {
  return ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}
