// What an enrolment does under each policy, alone and many at once: on the real store and index, under a fake engine.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { type EnrolInput, enrol } from '../src/core/enrol.ts'
import { createGallery } from '../src/core/galleries.ts'
import { search } from '../src/core/search.ts'
import { deleteFace, deleteSubject, readSubject, updateSubject } from '../src/core/subjects.ts'
import type { EnrolmentPolicy } from '../src/core/types.ts'
import { AppError } from '../src/errors.ts'
import { countBlobs, fakePicture, openFakeCore } from './fake-core.ts'

const core = await openFakeCore()
after(() => core.close())
const { context, region, principal } = core

let galleries = 0
const gallery = async (policy: Partial<EnrolmentPolicy> = {}): Promise<string> => {
  galleries += 1
  const id = `gallery-${galleries}`
  await createGallery(context, principal, { id, policy })
  return id
}
const put = (galleryId: string, person: string, subjectId: string, rest: Partial<EnrolInput> = {}) =>
  enrol(context, principal, { galleryId, image: fakePicture({ person }), subjectId, ...rest })
const codeOf = (outcome: PromiseSettledResult<unknown>): string =>
  outcome.status === 'fulfilled' ? 'done' : (outcome.reason as AppError).code
const countCodes = (outcomes: readonly PromiseSettledResult<unknown>[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(outcomes, codeOf)].map(([code, group]) => [code, group.length]))
const sizeOf = async (galleryId: string) => {
  const found = await region.store.galleries.find(principal.tenantId, galleryId)
  return { ...(await region.store.galleries.counts(found!.uid)), indexed: region.index.size(found!.uid) }
}
const findWhom = async (galleryId: string, person: string): Promise<string[]> => {
  const wanted = { galleryIds: [galleryId], image: fakePicture({ person }), limit: 10, threshold: 80 }
  return (await search(context, principal, wanted)).candidates.map(({ subjectId }) => subjectId)
}

describe('duplicates', () => {
  test('of another subject are refused, with the people who have the face', async () => {
    const id = await gallery({ duplicates: 'refuse' })
    const { face } = await put(id, 'ann', 'ann')
    const pictures = await countBlobs(region)
    await assert.rejects(put(id, 'ann', 'double'), error => {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'duplicate_face')
      const candidates = [{ subjectId: 'ann', faceId: face.id, similarity: 100 }]
      assert.deepEqual(error.details, { gallery: id, candidates })
      return true
    })
    assert.deepEqual(await sizeOf(id), { subjects: 1, faces: 1, indexed: 1 })
    assert.equal(await countBlobs(region), pictures, 'the refused picture is not kept')
    await put(id, 'ann', 'ann')
    await put(id, 'bob', 'bob')
  })

  test('are enrolled and named where the policy is to warn, and not looked for where it is to allow', async () => {
    const id = await gallery({ duplicates: 'warn' })
    const { face, duplicates: none } = await put(id, 'ann', 'ann')
    assert.deepEqual(none, [])
    const { duplicates } = await put(id, 'ann', 'double')
    assert.deepEqual(duplicates, [{ subjectId: 'ann', faceId: face.id, similarity: 100 }])
    const allowed = await put(id, 'ann', 'third', { policy: { duplicates: 'allow' } })
    assert.deepEqual(allowed.duplicates, [])
    assert.deepEqual((await sizeOf(id)).faces, 3)
  })

  test('count from the threshold of the policy on', async () => {
    const id = await gallery({ duplicates: 'refuse', duplicateThreshold: 0 })
    await put(id, 'ann', 'ann')
    await assert.rejects(put(id, 'bob', 'bob'), { code: 'duplicate_face' })
    await put(id, 'bob', 'bob', { policy: { duplicateThreshold: 50 } })
  })

  test('fifty at once under fifty ids leave exactly one', async () => {
    const id = await gallery({ duplicates: 'refuse' })
    const pictures = await countBlobs(region)
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, index) => put(id, 'ann', `s${index}`)))
    assert.deepEqual(countCodes(outcomes), { done: 1, duplicate_face: 49 })
    assert.deepEqual(await sizeOf(id), { subjects: 1, faces: 1, indexed: 1 })
    assert.equal(await countBlobs(region), pictures + 1)
  })

  test('are seen by those who refuse them when others who allow them enrol at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const id = await gallery()
      const [strict, loose] = await Promise.allSettled([
        put(id, 'ann', 'strict', { policy: { duplicates: 'refuse' } }),
        put(id, 'ann', 'loose'),
      ])
      assert.equal(loose.status, 'fulfilled')
      // Only who came first may stand beside the other.
      if (strict.status === 'fulfilled') assert.ok(strict.value.face.id && loose.value.subject.revision === 2)
      else assert.equal(strict.reason.code, 'duplicate_face')
    }
  })

  test('are found although other changes of the gallery come in between', async () => {
    const id = await gallery({ duplicates: 'refuse' })
    await put(id, 'ann', 'ann')
    let busy = true
    const churn = (async () => {
      for (let n = 0; busy; n++) {
        await updateSubject(context, principal, id, 'ann', { n })
        await new Promise(resolve => setTimeout(resolve, 1))
      }
    })()
    const people = Array.from({ length: 20 }, (_, index) => put(id, `p${index >> 1}`, `s${index}`))
    const outcomes = await Promise.allSettled(people)
    busy = false
    await churn
    assert.deepEqual(countCodes(outcomes), { done: 10, duplicate_face: 10 })
  })
})

describe('a subject that is there already', () => {
  test('takes faces up to the limit, and is full then', async () => {
    const id = await gallery({ maxFacesPerSubject: 2 })
    await put(id, 'ann', 'ann')
    await put(id, 'ann', 'ann')
    await assert.rejects(put(id, 'ann', 'ann'), error => {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'subject_full')
      assert.deepEqual(error.details, { gallery: id, subject: 'ann', faceCount: 2, limit: 2 })
      return true
    })
  })

  test('takes five of twenty at once', async () => {
    const id = await gallery()
    const pictures = await countBlobs(region)
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => put(id, 'ann', 'ann')))
    assert.deepEqual(countCodes(outcomes), { done: 5, subject_full: 15 })
    assert.deepEqual(await sizeOf(id), { subjects: 1, faces: 5, indexed: 5 })
    assert.equal(await countBlobs(region), pictures + 5)
  })

  test('loses its oldest faces where the policy says so, templates, places in the index and pictures', async () => {
    const id = await gallery({ maxFacesPerSubject: 2, whenFull: 'replace_oldest' })
    const pictures = await countBlobs(region)
    const faces: string[] = []
    for (let index = 0; index < 5; index++) faces.push((await put(id, `p${index}`, 'ann')).face.id)
    const subject = await readSubject(context, principal, id, 'ann')
    assert.deepEqual(
      subject.faces.map(face => face.id),
      faces.slice(3),
    )
    assert.deepEqual(await sizeOf(id), { subjects: 1, faces: 2, indexed: 2 })
    assert.equal(await countBlobs(region), pictures + 2)
    assert.deepEqual(await findWhom(id, 'p2'), [])
    assert.deepEqual(await findWhom(id, 'p3'), ['ann'])
  })

  test('has its faces replaced where the policy says so, and keeps its metadata', async () => {
    const id = await gallery({ existingSubject: 'replace', maxFacesPerSubject: 1 })
    const pictures = await countBlobs(region)
    await put(id, 'ann', 'ann', { metadata: { a: 1 } })
    const { subject } = await put(id, 'aged ann', 'ann')
    assert.deepEqual([subject.faceCount, subject.metadata], [1, { a: 1 }])
    assert.deepEqual([await findWhom(id, 'ann'), await findWhom(id, 'aged ann')], [[], ['ann']])
    assert.equal(await countBlobs(region), pictures + 1)
  })

  test('is refused where the policy says so, one of ten at once gets through', async () => {
    const id = await gallery({ existingSubject: 'refuse' })
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => put(id, 'ann', 'ann')))
    assert.deepEqual(countCodes(outcomes), { done: 1, subject_exists: 9 })
    await deleteSubject(context, principal, id, 'ann')
    await put(id, 'ann', 'ann')
  })
})

describe('several people in the picture', () => {
  const image = (width: number) => fakePicture({ person: 'ann', width: 200 }, { person: 'bob', width })

  test('are refused where the policy says so, with their number', async () => {
    const id = await gallery({ severalFaces: 'refuse' })
    await assert.rejects(put(id, '', 'ann', { image: image(50) }), error => {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'several_faces')
      assert.deepEqual(error.details, { image: 'image', faces: 2 })
      return true
    })
    // Who is less than a quarter as wide only passes by.
    await put(id, '', 'ann', { image: image(49) })
  })

  test('else give the largest face', async () => {
    const id = await gallery()
    await put(id, '', 'ann', { image: image(199) })
    assert.deepEqual([await findWhom(id, 'ann'), await findWhom(id, 'bob')], [['ann'], []])
  })
})

test("a call's own policy goes before the gallery's, field by field", async () => {
  const id = await gallery({ existingSubject: 'refuse', maxFacesPerSubject: 2 })
  await put(id, 'ann', 'ann')
  await put(id, 'ann', 'ann', { policy: { existingSubject: 'append' } })
  await assert.rejects(put(id, 'ann', 'ann', { policy: { existingSubject: 'append' } }), { code: 'subject_full' })
  await assert.rejects(put(id, 'ann', 'ann', { policy: { maxFacesPerSubject: 0 } }), { code: 'request_invalid' })
})

test('who gives up while others enrol leaves nothing behind', async () => {
  const id = await gallery({ duplicates: 'refuse' })
  const pictures = await countBlobs(region)
  const hangUp = new AbortController()
  const people = Array.from({ length: 20 }, (_, index) =>
    put(id, `p${index}`, `s${index}`, index % 2 === 0 ? {} : { signal: hangUp.signal }),
  )
  await new Promise(resolve => setImmediate(resolve))
  hangUp.abort(new Error('gone'))
  const outcomes = await Promise.allSettled(people)
  const done = outcomes.filter(({ status }) => status === 'fulfilled').length
  assert.ok(done >= 10)
  assert.deepEqual(await sizeOf(id), { subjects: done, faces: done, indexed: done })
  assert.equal(await countBlobs(region), pictures + done)
})

test('erasures among enrolments leave the index as the store is', async () => {
  const id = await gallery({ maxFacesPerSubject: 2, whenFull: 'replace_oldest' })
  const work = Array.from({ length: 60 }, async (_, index) => {
    const { face } = await put(id, `p${index % 7}`, `s${index % 5}`)
    if (index % 3 === 0) await deleteSubject(context, principal, id, `s${index % 5}`)
    if (index % 3 === 1) await deleteFace(context, principal, id, face.id)
  })
  const outcomes = await Promise.allSettled(work)
  const { done, subject_not_found: _, face_not_found: __, ...others } = countCodes(outcomes)
  assert.ok(done > 0)
  assert.deepEqual(others, {})
  const { faces, indexed } = await sizeOf(id)
  assert.equal(indexed, faces)
})
