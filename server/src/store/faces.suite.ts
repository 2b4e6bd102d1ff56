// The part of the store's contract on faces and templates.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FaceTemplate, NewFace, Store } from '../core/ports.ts'
import {
  ANY,
  AT,
  addFace,
  addGallery,
  insertFace,
  LATER,
  makeFace,
  makeId,
  makePicture,
  makeTemplate,
  readPages,
} from './samples.suite.ts'

export function testFaces(open: () => Store): void {
  describe('faces', () => {
    testInsert(open)
    testReading(open)
    testTemplates(open)
    testStreaming(open)
    testErasure(open)
  })
}

function testInsert(open: () => Store): void {
  it('are inserted with a new subject, and both come back', async () => {
    const { faces, subjects, galleries } = open()
    const gallery = await addGallery(open())
    const face = makeFace(gallery.uid, 'ann', { metadata: { a: 1 }, picture: makePicture() })
    const inserted = await insertFace(open(), face)
    assert.deepEqual(inserted.face, toFace(face, face.newSubjectUid))
    assert.deepEqual(inserted.subject, await subjects.find(gallery.uid, 'ann'))
    assert.equal(inserted.subject.uid, face.newSubjectUid)
    assert.deepEqual(await faces.find(gallery.uid, face.id), inserted.face)
    assert.equal((await galleries.find(gallery.tenantId, gallery.id))?.revision, 1)
  })

  it('join the subject that is there, whose metadata they replace only when they bring some', async () => {
    const { uid } = await addGallery(open())
    const first = await addFace(open(), uid, 'ann', { metadata: { a: 1, b: 2 } })
    const second = await insertFace(open(), makeFace(uid, 'ann', { createdAt: LATER }))
    assert.equal(second.subject.uid, first.newSubjectUid)
    assert.equal(second.face.subjectUid, first.newSubjectUid)
    assert.deepEqual(second.subject.metadata, { a: 1, b: 2 })
    assert.equal(second.subject.faceCount, 2)
    const third = await insertFace(open(), makeFace(uid, 'ann', { metadata: { c: 3 } }))
    assert.deepEqual(third.subject.metadata, { c: 3 })
    assert.deepEqual(third.subject.createdAt, AT)
    const fourth = await insertFace(open(), makeFace(uid, 'ann', { metadata: {} }))
    assert.deepEqual(fourth.subject.metadata, {})
  })

  it('are not inserted when the gallery is missing or marked as erased', async () => {
    const { faces, galleries, subjects } = open()
    assert.deepEqual(await faces.insert(makeFace(makeId(), 'ann'), ANY), { outcome: 'gallery_missing' })
    const { uid } = await addGallery(open())
    await galleries.markErased(uid, LATER)
    const late = makeFace(uid, 'ann')
    assert.deepEqual(await faces.insert(late, ANY), { outcome: 'gallery_missing' })
    assert.equal(await subjects.find(uid, 'ann'), null)
    assert.deepEqual(await faces.templatesOf([late.id]), [])
  })

  it('leave no half of themselves when the insert fails', async () => {
    const { faces, subjects, galleries } = open()
    const gallery = await addGallery(open())
    const face = await addFace(open(), gallery.uid, 'ann')
    await assert.rejects(faces.insert(makeFace(gallery.uid, 'bob', { id: face.id, picture: makePicture() }), ANY))
    await assert.rejects(faces.insert(makeFace(gallery.uid, 'ann', { id: face.id, metadata: { x: 1 } }), ANY))
    assert.equal(await subjects.find(gallery.uid, 'bob'), null)
    assert.deepEqual((await subjects.find(gallery.uid, 'ann'))?.metadata, {})
    assert.equal((await subjects.find(gallery.uid, 'ann'))?.faceCount, 1)
    assert.deepEqual(await galleries.counts(gallery.uid), { subjects: 1, faces: 1 })
    assert.equal((await galleries.find(gallery.tenantId, gallery.id))?.revision, 1)
    assert.equal((await faces.find(gallery.uid, face.id))?.picture, null)
  })

  it('make one subject when many are inserted at once, and every change is counted', async () => {
    const { subjects, galleries } = open()
    const gallery = await addGallery(open())
    const inserts = Array.from({ length: 30 }, (_, index) => insertFace(open(), makeFace(gallery.uid, `s${index % 3}`)))
    const reads = Array.from({ length: 30 }, () => galleries.counts(gallery.uid))
    const inserted = await Promise.all(inserts)
    await Promise.all(reads)
    assert.equal(new Set(inserted.map(entry => entry.subject.uid)).size, 3)
    assert.deepEqual(inserted.map(entry => entry.subject.faceCount).sort(byNumber), repeat(3, 10))
    assert.equal((await subjects.find(gallery.uid, 's0'))?.faceCount, 10)
    assert.deepEqual(await galleries.counts(gallery.uid), { subjects: 3, faces: 30 })
    assert.equal((await galleries.find(gallery.tenantId, gallery.id))?.revision, 30)
  })
}

function testReading(open: () => Store): void {
  it('are found in their own gallery only', async () => {
    const { faces } = open()
    const { uid } = await addGallery(open())
    const other = await addGallery(open())
    const face = await addFace(open(), uid, 'ann')
    assert.deepEqual(await faces.find(uid, face.id), toFace(face, face.newSubjectUid))
    assert.equal(await faces.find(other.uid, face.id), null)
    assert.equal(await faces.find(uid, makeId()), null)
    assert.equal(await faces.erase(other.uid, face.id, LATER), null)
  })

  it('of a subject are listed in order of enrolment, page by page', async () => {
    const { faces } = open()
    const { uid } = await addGallery(open())
    const ids: string[] = []
    for (let index = 0; index < 7; index++) {
      ids.push((await addFace(open(), uid, 'ann', index % 2 ? { picture: makePicture() } : {})).id)
      await addFace(open(), uid, 'bob')
    }
    const { items, sizes } = await readPages(3, page => faces.listOfSubject(uid, 'ann', page))
    assert.deepEqual(
      items.map(face => face.id),
      ids,
    )
    assert.deepEqual(sizes, [3, 3, 1])
    assert.deepEqual(
      items.map(face => face.picture !== null),
      [false, true, false, true, false, true, false],
    )
    assert.deepEqual(await faces.listOfSubject(uid, 'eve', { limit: 3, cursor: null }), { items: [], nextCursor: null })
    await assert.rejects(faces.listOfSubject(uid, 'ann', { limit: 3, cursor: 'x' }), { code: 'request_invalid' })
  })

  it('of a gallery are listed in order of enrolment, page by page', async () => {
    const { faces } = open()
    const { uid } = await addGallery(open())
    const ids: string[] = []
    for (let index = 0; index < 7; index++) ids.push((await addFace(open(), uid, `s${index % 3}`)).id)
    await addFace(open(), (await addGallery(open())).uid, 'elsewhere')
    const { items, sizes } = await readPages(3, page => faces.listOfGallery(uid, page))
    assert.deepEqual(
      items.map(face => face.id),
      ids,
    )
    assert.deepEqual(sizes, [3, 3, 1])
    assert.deepEqual(await faces.listOfGallery(makeId(), { limit: 3, cursor: null }), { items: [], nextCursor: null })
    await assert.rejects(faces.listOfGallery(uid, { limit: 3, cursor: 'x' }), { code: 'request_invalid' })
  })

  it('lead to their subjects within one gallery', async () => {
    const { faces } = open()
    const { uid } = await addGallery(open())
    const other = await addGallery(open())
    const ann = await addFace(open(), uid, 'ann', { metadata: { a: 1 } })
    const bob = await addFace(open(), uid, 'bob')
    const stranger = await addFace(open(), other.uid, 'stranger')
    const found = await faces.subjectsOf(uid, [bob.id, stranger.id, makeId(), ann.id])
    assert.deepEqual(
      found.toSorted((a, b) => a.subjectId.localeCompare(b.subjectId)),
      [
        { faceId: ann.id, subjectId: 'ann', subjectUid: ann.newSubjectUid, metadata: { a: 1 } },
        { faceId: bob.id, subjectId: 'bob', subjectUid: bob.newSubjectUid, metadata: {} },
      ],
    )
    assert.deepEqual(await faces.subjectsOf(uid, []), [])
  })
}

function testTemplates(open: () => Store): void {
  it('give back their templates bit for bit, of every length', async () => {
    const { faces } = open()
    const { uid } = await addGallery(open())
    const templates = [
      Float32Array.of(0, -0, 1, -1, 1e-45, 3.4e38, 0.1),
      makeTemplate(1),
      makeTemplate(1024),
      makeTemplate(40).subarray(3, 11),
    ]
    for (const template of templates) {
      const { id } = await addFace(open(), uid, 'ann', { template })
      const [read] = await faces.templatesOf([id])
      assert.deepEqual(new Uint8Array(read!.template.buffer), new Uint8Array(Float32Array.from(template).buffer))
    }
    const all = await faces.templatesOfSubject(uid, 'ann')
    assert.deepEqual(
      all.map(entry => [...entry.template]),
      templates.map(template => [...template]),
    )
    assert.deepEqual(await faces.templatesOfSubject(uid, 'bob'), [])
  })

  it('give the templates of many faces, those that do not exist left out', async () => {
    const { faces } = open()
    const { uid } = await addGallery(open())
    const added: NewFace[] = []
    for (let index = 0; index < 60; index++) added.push(await addFace(open(), uid, `s${index}`))
    const found = await faces.templatesOf([makeId(), ...added.map(face => face.id), "x'--", ''])
    assert.deepEqual(sortTemplates(found), sortTemplates(added.map(toTemplate)))
    assert.deepEqual(await faces.templatesOf([]), [])
  })
}

function testStreaming(open: () => Store): void {
  it('stream the templates of a gallery in id order, in batches', async () => {
    const { faces } = open()
    const { uid } = await addGallery(open())
    const added: NewFace[] = []
    for (let index = 0; index < 10; index++) added.push(makeFace(uid, `s${index % 3}`))
    for (const face of added.toReversed()) await insertFace(open(), face)
    await addFace(open(), (await addGallery(open())).uid, 'elsewhere')
    for (const [batchSize, sizes] of [
      [4, [4, 4, 2]],
      [5, [5, 5]],
      [100, [10]],
    ] as const) {
      const batches: (readonly FaceTemplate[])[] = []
      for await (const batch of faces.streamTemplates(uid, batchSize)) batches.push(batch)
      assert.deepEqual(
        batches.map(batch => batch.length),
        sizes,
      )
      assert.deepEqual(batches.flat(), added.map(toTemplate))
    }
  })

  it('let other work in while they stream, and survive it', async () => {
    const { faces } = open()
    const { uid } = await addGallery(open())
    const added: NewFace[] = []
    for (let index = 0; index < 6; index++) added.push(await addFace(open(), uid, 'ann'))
    const seen: string[] = []
    for await (const batch of faces.streamTemplates(uid, 2)) {
      seen.push(...batch.map(entry => entry.faceId))
      if (seen.length === 2) await faces.erase(uid, added[3]!.id, LATER)
    }
    assert.deepEqual(
      seen,
      added.filter((_, index) => index !== 3).map(face => face.id),
    )
  })
}

function testErasure(open: () => Store): void {
  it('are erased one by one, and their subject stays', async () => {
    const { faces, subjects, galleries } = open()
    const gallery = await addGallery(open())
    const picture = makePicture()
    const face = await addFace(open(), gallery.uid, 'ann', { picture, metadata: { a: 1 } })
    assert.deepEqual(await faces.erase(gallery.uid, face.id, LATER), { faceIds: [face.id], blobKeys: [picture.key] })
    assert.equal(await faces.find(gallery.uid, face.id), null)
    assert.deepEqual(await faces.templatesOf([face.id]), [])
    const subject = await subjects.find(gallery.uid, 'ann')
    assert.equal(subject?.faceCount, 0)
    assert.deepEqual(subject?.metadata, { a: 1 })
    assert.deepEqual(subject?.updatedAt, LATER)
    assert.equal((await galleries.find(gallery.tenantId, gallery.id))?.revision, 2)
    assert.equal(await faces.erase(gallery.uid, face.id, LATER), null)
    assert.equal((await galleries.find(gallery.tenantId, gallery.id))?.revision, 2)
  })

  it('are erased once when many ask for it at once', async () => {
    const { faces, galleries } = open()
    const { uid } = await addGallery(open())
    const face = await addFace(open(), uid, 'ann')
    const answers = await Promise.all(Array.from({ length: 8 }, () => faces.erase(uid, face.id, LATER)))
    assert.equal(answers.filter(answer => answer !== null).length, 1)
    assert.deepEqual(await galleries.counts(uid), { subjects: 1, faces: 0 })
  })
}

function toFace({ template: _, newSubjectUid: __, metadata: ___, ...face }: NewFace, subjectUid: string) {
  return { ...face, subjectUid }
}

function toTemplate(face: NewFace): FaceTemplate {
  return { faceId: face.id, template: face.template }
}

function sortTemplates(templates: readonly FaceTemplate[]): FaceTemplate[] {
  return templates.toSorted((a, b) => (a.faceId < b.faceId ? -1 : 1))
}

function byNumber(a: number | undefined, b: number | undefined): number {
  return Number(a) - Number(b)
}

/** 1 to `upTo`, each `times` times. */
function repeat(times: number, upTo: number): number[] {
  return Array.from({ length: times * upTo }, (_, index) => Math.floor(index / times) + 1)
}
