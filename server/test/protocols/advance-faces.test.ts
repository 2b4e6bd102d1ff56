// Faces of Face Search that others change while they are searched for or deleted. Over a fake core, without HTTP.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { enrol } from '../../src/core/enrol.ts'
import { deleteSubject } from '../../src/core/subjects.ts'
import type { Caller } from '../../src/http/protocols/advance/caller.ts'
import {
  addFace,
  deleteFaceReference,
  listFaceReferences,
  readFaceReference,
  searchFaces,
} from '../../src/http/protocols/advance/face-search.ts'
import { createFaceSet } from '../../src/http/protocols/advance/face-sets.ts'
import { fakePicture, openFakeCore } from '../fake-core.ts'

/** Happens once, as soon as a subject or the index was read and before anything follows from it. */
let meanwhile: (() => Promise<unknown>) | null = null
const afterwards = async <T>(result: Promise<T>): Promise<T> => {
  const found = await result
  const run = meanwhile
  meanwhile = null
  await run?.()
  return found
}

/** Reads of single rows, of which there is one a face where many faces are read one after the other. */
let singleReads = 0
const core = await openFakeCore({}, ports => {
  const { store, index } = ports
  const { subjects, faces } = store
  return {
    ...ports,
    index: { ...index, search: (...asked) => afterwards(index.search(...asked)) },
    store: {
      ...store,
      subjects: {
        ...subjects,
        find(...asked) {
          singleReads++
          return afterwards(subjects.find(...asked))
        },
      },
      faces: {
        ...faces,
        find(...asked) {
          singleReads++
          return faces.find(...asked)
        },
      },
    },
  }
})
after(() => core.close())

const caller: Caller = {
  core: core.context,
  principal: core.principal,
  signal: new AbortController().signal,
  note: () => {},
  linkTo: async () => null,
  linkToFrame: async () => '',
}
const picture = (person: string) => fakePicture({ person })
const makeSet = async () => {
  const { id, gallery } = await createFaceSet(caller, {})
  const enrolNatively = (subjectId: string, person = subjectId) =>
    enrol(core.context, core.principal, { galleryId: gallery.id, image: picture(person), subjectId })
  return { id, galleryId: gallery.id, enrolNatively }
}
const find = (id: string, person: string) => searchFaces(caller, id, picture(person), { topK: 20, threshold: 80 })

for (const reads of [1, 2])
  test(`a face that joins the person while the other is deleted stays, after ${reads} reads of the person`, async () => {
    const { id: set, enrolNatively } = await makeSet()
    const { id, face } = await addFace(caller, set, picture('ana'), {})
    const join = () => enrolNatively(face.subjectId, 'other')
    const joinNext = async () => {
      meanwhile = join
    }
    meanwhile = reads === 1 ? join : joinNext
    await deleteFaceReference(caller, id)
    assert.equal(meanwhile, null)
    assert.ok((await readFaceReference(caller, id)).deletedAt)
    assert.equal((await find(set, 'ana')).total, 0)
    assert.equal((await find(set, 'other')).total, 1)
  })

test('a face that is erased while it is searched for is no result, and gets no number', async () => {
  const { id: set, galleryId, enrolNatively } = await makeSet()
  for (const person of ['ben', 'cem']) await enrolNatively(person, 'same')
  meanwhile = () => deleteSubject(core.context, core.principal, galleryId, 'ben')
  const { total, faceReferences } = await find(set, 'same')
  assert.equal(meanwhile, null)
  assert.equal(total, 1)
  const next = await addFace(caller, set, picture('dora'), {})
  assert.equal(Number(next.id), Number(faceReferences[0].id) + 1)
})

test('many faces are read at once, by their order', async () => {
  const { id: set, enrolNatively } = await makeSet()
  for (let count = 0; count < 5; count++) await addFace(caller, set, picture('eva'), { name: `eva-${count}` })
  await enrolNatively('eva')
  singleReads = 0
  const { faceReferences } = await find(set, 'eva')
  const listed = await listFaceReferences(caller, set, { afterId: 0, pageSize: 100 })
  assert.equal(singleReads, 0)
  assert.equal(faceReferences.length, 6)
  assert.deepEqual(
    listed.faceReferences.map(({ name }) => name),
    ['eva-0', 'eva-1', 'eva-2', 'eva-3', 'eva-4', null],
  )
  const byId = new Map(listed.faceReferences.map(each => [each.id, each]))
  for (const { similarity, ...found } of faceReferences) {
    assert.equal(similarity, 100)
    assert.deepEqual(found, byId.get(found.id))
  }
})
