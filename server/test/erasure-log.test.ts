// The log of erasures and the database: what is erased gets into the log, and a database from before forgets again.
import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createMemoryBlobStore } from '../src/blobs/memory.ts'
import { readAuditKey } from '../src/core/control-keys.ts'
import { createErasureRecorder, keyOf, reconcileErasures } from '../src/core/erasure-log.ts'
import { hashMention } from '../src/core/mentions.ts'
import type { BlobStore, ControlStore, ErasureLog, ErasureRecord, Store } from '../src/core/ports.ts'
import type { Gallery } from '../src/core/types.ts'
import { createTestVault } from '../src/seal/vault.fixture.ts'
import { openControlStore } from '../src/store/control-store.ts'
import { openErasureFile } from '../src/store/erasure-file.ts'
import { openRegionStore } from '../src/store/region-store.ts'
import { addFace, addGallery, insertFace, LATER, makeFace, makePicture } from '../src/store/samples.suite.ts'
import type { ControlTables, RegionTables } from '../src/store/schema.ts'
import { addFrame, addStarted, makeVerdict } from '../src/store/session-samples.suite.ts'
import { openSqlite } from '../src/store/sqlite.ts'
import { copySqlite } from '../src/store/sqlite-files.ts'

const root = await mkdtemp(join(tmpdir(), 'likeness-erasures-'))
after(() => rm(root, { recursive: true, force: true }))
const vault = await createTestVault()
const clock = { now: () => LATER }
let made = 0

/** A region with its log; the database of a copy, and the same log or another, make the one that was restored. */
interface Opened {
  readonly store: Store
  readonly log: ErasureLog
  readonly blobs: BlobStore
  readonly control: ControlStore
  reconcile(): ReturnType<typeof reconcileErasures>
  record(): Promise<void>
  list(): Promise<readonly ErasureRecord[]>
  close(): Promise<void>
}

const newPath = (name: string): string => join(root, `${++made}-${name}`)

const open = async (database: string, logPath: string, blobs = createMemoryBlobStore()): Promise<Opened> => {
  const store = await openRegionStore(openSqlite<RegionTables>(database), vault)
  const control = await openControlStore(openSqlite<ControlTables>(':memory:'))
  const log = await openErasureFile(logPath, 'default')
  const recorder = createErasureRecorder(store, log)
  return {
    store,
    log,
    blobs,
    control,
    reconcile: () => reconcileErasures({ regionId: 'default', store, blobs, log, control, vault, clock }),
    record: () => recorder.record(),
    list: async () => {
      const all: ErasureRecord[] = []
      for await (const records of log.read()) all.push(...records)
      return all
    },
    async close() {
      await recorder.close()
      await store.close()
      await control.close()
    },
  }
}

const addPeople = async ({ store, blobs }: Opened, gallery: Gallery, names: readonly string[]) => {
  const faces = []
  for (const name of names) {
    const picture = makePicture()
    await blobs.put(picture.key, new Uint8Array(8))
    faces.push((await insertFace(store, makeFace(gallery.uid, name, { picture }))).face)
  }
  return faces
}

const erase = async ({ store, blobs, record }: Opened, gallery: Gallery, id: string): Promise<void> => {
  const erased = await store.subjects.erase(gallery.uid, id, LATER)
  assert.ok(erased && erased !== 'changed')
  await record()
  await blobs.delete(erased.blobKeys)
}

const countBlobs = async (blobs: BlobStore): Promise<number> => {
  let count = 0
  for await (const _ of blobs.keys()) count++
  return count
}

const keysOf = (records: readonly ErasureRecord[]): string[] => records.map(keyOf).toSorted()

describe('the log of erasures', () => {
  test('has every erasure once it is recorded, however many come together', async () => {
    const region = await open(newPath('region.db'), newPath('log'))
    const gallery = await addGallery(region.store)
    const names = Array.from({ length: 20 }, (_, index) => `s${index}`)
    await addPeople(region, gallery, names)
    await Promise.all(names.map(name => erase(region, gallery, name)))
    const tombs = await region.store.erasures.list(0, 1000)
    assert.equal(tombs.length, 40)
    assert.deepEqual(await region.list(), tombs)
    await region.close()
  })

  test('gets what it could not take with the next erasure, and the one that failed is not acknowledged', async () => {
    const region = await open(newPath('region.db'), newPath('log'))
    const gallery = await addGallery(region.store)
    await addPeople(region, gallery, ['ann', 'bob'])
    let isFull = true
    const log: ErasureLog = {
      ...region.log,
      append: records => (isFull ? Promise.reject(new Error('the disk is full')) : region.log.append(records)),
    }
    const recorder = createErasureRecorder(region.store, log)
    await region.store.subjects.erase(gallery.uid, 'ann', LATER)
    await assert.rejects(recorder.record(), /disk is full/)
    isFull = false
    await region.store.subjects.erase(gallery.uid, 'bob', LATER)
    await recorder.record()
    assert.deepEqual(await region.list(), await region.store.erasures.list(0, 1000))
    assert.equal((await region.list()).length, 4)
    await region.close()
  })

  test('gets on the next start what a crash kept out of it', async () => {
    const [database, log] = [newPath('region.db'), newPath('log')]
    const region = await open(database, log)
    const gallery = await addGallery(region.store)
    await addPeople(region, gallery, ['ann', 'bob'])
    await erase(region, gallery, 'ann')
    await region.store.subjects.erase(gallery.uid, 'bob', LATER)
    await region.close()
    const again = await open(database, log)
    assert.equal((await again.list()).length, 2)
    assert.deepEqual(await again.reconcile(), { galleries: 0, subjects: 0, faces: 0, pictures: 0 })
    assert.deepEqual(await again.list(), await again.store.erasures.list(0, 1000))
    assert.equal((await again.list()).length, 4)
    await again.close()
  })

  test('makes a database from before forget whoever was erased since, and goes on after that', async () => {
    const [database, log, copy] = [newPath('region.db'), newPath('log'), newPath('copy.db')]
    const region = await open(database, log)
    const gallery = await addGallery(region.store)
    const doomed = await addGallery(region.store, { tenantId: gallery.tenantId, id: 'doomed' })
    const [ann, bob, cid] = await addPeople(region, gallery, ['ann', 'bob', 'cid', 'dan'])
    await addPeople(region, doomed, ['eve'])
    await copySqlite(database, copy)
    await erase(region, gallery, 'bob')
    const [fay] = await addPeople(region, gallery, ['fay'])
    await erase(region, gallery, 'fay')
    await region.store.faces.erase(gallery.uid, cid!.id, LATER)
    await region.store.galleries.markErased(doomed.uid, LATER)
    await region.record()
    const logged = await region.list()
    const blobs = region.blobs
    await region.close()

    // The pictures come back with the copy.
    for (const face of [bob!, cid!]) await blobs.put(face.picture!.key, new Uint8Array(8))
    const restored = await open(copy, log, blobs)
    const at = { tenantId: gallery.tenantId, regionId: 'default' }
    const answers = await keepAnswers(restored.control, at, gallery.id)
    assert.deepEqual(await restored.reconcile(), { galleries: 1, subjects: 2, faces: 3, pictures: 3 })
    assert.equal(await restored.store.subjects.find(gallery.uid, 'bob'), null)
    assert.equal(await restored.store.faces.find(gallery.uid, cid!.id), null)
    assert.ok(await restored.store.subjects.find(gallery.uid, 'cid'), 'only a face of this one was erased')
    assert.ok(await restored.store.faces.find(gallery.uid, ann!.id))
    assert.equal(await restored.store.galleries.find(gallery.tenantId, 'doomed'), null)
    assert.deepEqual(await restored.store.galleries.listErased(), [])
    assert.deepEqual(await restored.store.galleries.counts(gallery.uid), { subjects: 3, faces: 2 })
    assert.equal(await countBlobs(blobs), 2)
    assert.deepEqual(await answers.stillKept(), ['ann'])
    assert.deepEqual(await restored.store.inspection.findUnerased(10), [])
    assert.deepEqual(await restored.store.inspection.findMiscounts(), [])
    assert.deepEqual(keysOf(await restored.list()), keysOf(logged), 'nothing is logged twice')
    assert.ok(keysOf(await restored.list()).includes(fay!.id), 'the one that came later too')

    // From now on as ever: what is erased next is logged, and a start finds nothing to do.
    await erase(restored, gallery, 'ann')
    assert.equal((await restored.list()).length, logged.length + 2)
    await restored.close()
    const last = await open(copy, log, blobs)
    assert.deepEqual(await last.reconcile(), { galleries: 0, subjects: 0, faces: 0, pictures: 0 })
    assert.equal((await last.list()).length, logged.length + 2)
    await last.close()
  })

  test('makes a database from before forget what its capture sessions held', async () => {
    const [database, log, copy] = [newPath('region.db'), newPath('log'), newPath('copy.db')]
    const region = await open(database, log)
    const gallery = await addGallery(region.store)
    await addPeople(region, gallery, ['ann', 'bob'])
    const { tenantId } = gallery
    const verdict = makeVerdict()
    const session = await addStarted(region.store, { tenantId, subjectId: 'cid', verdict })
    const about = await addStarted(region.store, { tenantId, subjectId: 'bob', verdict })
    const frames = [await addFrame(region.store, session.id, 1), await addFrame(region.store, about.id, 1)]
    for (const { blobKey } of frames) await region.blobs.put(blobKey, new Uint8Array(8))
    await copySqlite(database, copy)
    await erase(region, gallery, 'bob')
    const { blobs } = region
    await region.close()

    const restored = await open(copy, log, blobs)
    assert.deepEqual(await restored.reconcile(), { galleries: 0, subjects: 1, faces: 1, pictures: 1 })
    assert.equal(await restored.store.sessions.find(tenantId, about.id), null, 'it was about the erased')
    const found = await restored.store.sessions.find(tenantId, session.id)
    assert.deepEqual([found?.state, found?.verdict, found?.clearedAt], ['expired', null, LATER])
    assert.equal(await countBlobs(blobs), 1, "Ann's picture")
    await restored.close()
  })

  test('unites the erasures of two databases that went their own ways', async () => {
    const [database, log, copy, copiedLog] = [newPath('region.db'), newPath('log'), newPath('copy.db'), newPath('log')]
    const region = await open(database, log)
    const gallery = await addGallery(region.store)
    await addPeople(region, gallery, ['ann', 'bob', 'cid'])
    await copySqlite(database, copy)
    await copyFile(log, copiedLog)
    await erase(region, gallery, 'ann')
    await region.close()
    const other = await open(copy, copiedLog)
    await erase(other, gallery, 'bob')
    const [bobs] = [await other.list()]
    await other.close()

    const united = await open(copy, log)
    const anns = await united.list()
    assert.deepEqual(await united.reconcile(), { galleries: 0, subjects: 1, faces: 1, pictures: 1 })
    const { items } = await united.store.subjects.list(gallery.uid, { limit: 10, cursor: null })
    assert.deepEqual(
      items.map(subject => subject.id),
      ['cid'],
    )
    assert.deepEqual(keysOf(await united.list()), keysOf([...anns, ...bobs]))
    await united.close()
  })

  test('is written anew from the tombstones where it is gone', async () => {
    const database = newPath('region.db')
    const region = await open(database, newPath('log'))
    const gallery = await addGallery(region.store)
    await addPeople(region, gallery, ['ann'])
    await addFace(region.store, gallery.uid, 'ann')
    await erase(region, gallery, 'ann')
    const before = await region.list()
    await region.close()
    const again = await open(database, newPath('log'))
    await again.reconcile()
    assert.deepEqual(await again.list(), before)
    await again.close()
  })
})

/** Answers to calls about ann and about bob; erasing tells how many spoke of those it is asked for. */
const keepAnswers = async (
  control: ControlStore,
  { tenantId, regionId }: { tenantId: string; regionId: string },
  galleryId: string,
) => {
  const key = await readAuditKey({ control, vault })
  const mention = (id: string) => hashMention(key, tenantId, regionId, { galleryId, id, kind: 'subject' })
  for (const [number, id] of ['ann', 'bob'].entries()) {
    const claimed = await control.keptAnswers.claim({
      id,
      tenantId,
      credentialId: 'credential',
      keyHash: new Uint8Array(32).fill(number),
      route: 'POST /v1',
      requestHash: new Uint8Array(32),
      owner: 'process',
      at: LATER,
      keptSince: new Date(0),
      runningSince: new Date(0),
      isAlone: true,
    })
    assert.equal(claimed.outcome, 'claimed')
    await control.keptAnswers.keep(id, 'process', { status: 200, sealed: new Uint8Array(9), mentions: [mention(id)] })
  }
  return {
    async stillKept(): Promise<string[]> {
      const kept: string[] = []
      for (const id of ['ann', 'bob']) if ((await control.keptAnswers.erase([mention(id)])) > 0) kept.push(id)
      return kept
    },
  }
}
