// Native API: a gallery's enrolment policy, set, changed and obeyed.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { adaElsewhere, otherPictureOf, pictureOf, readSample } from '../src/vision/pictures.fixture.ts'
import type { EnrolAnswer, Gallery, SearchAnswer, Subject } from './answers.ts'
import { assertProblem, base64, countStored, enrol, launchReady } from './support.ts'

const server = await launchReady()
after(() => server.close())
const { call } = server
const ada = await pictureOf('ada')

const createWith = async (id: string, policy: object): Promise<Gallery> => {
  const { status, body } = await call<Gallery>('POST', '/v1/galleries', { id, policy })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}
const tryToEnrol = (gallery: string, picture: Uint8Array, subjectId: string) =>
  call<EnrolAnswer>('POST', `/v1/galleries/${gallery}/faces`, { image: base64(picture), subjectId })

describe('the policy of a gallery', () => {
  test('is set with the gallery, and changed in parts', async () => {
    const created = await createWith('parts', { maxFacesPerSubject: 100, duplicates: 'warn' })
    assert.deepEqual([created.policy.maxFacesPerSubject, created.policy.whenFull], [100, 'refuse'])
    const change = { policy: { whenFull: 'replace_oldest', duplicateThreshold: 82.5 } }
    const changed = await call<Gallery>('PATCH', '/v1/galleries/parts', change)
    assert.equal(changed.status, 200)
    assert.deepEqual(changed.body.policy, { ...created.policy, ...change.policy })
    const reset = await call<Gallery>('PATCH', '/v1/galleries/parts', { policy: { duplicateThreshold: null } })
    assert.deepEqual(reset.body.policy, { ...changed.body.policy, duplicateThreshold: null })
    assert.deepEqual((await call('GET', '/v1/galleries/parts')).body, reset.body)
  })

  for (const policy of [
    { maxFacesPerSubject: 0 },
    { maxFacesPerSubject: 101 },
    { maxFacesPerSubject: 1.5 },
    { maxFacesPerSubject: null },
    { whenFull: 'forget' },
    { existingSubject: true },
    { severalFaces: 'all' },
    { duplicates: 'REFUSE' },
    { duplicateThreshold: 101 },
    { duplicateThreshold: -1 },
    { duplicateThreshold: '80' },
    { acceptance: 'strict' },
    { acceptance: null },
    { acceptance: { profile: 'vip' } },
    { acceptance: { profile: 'none', rules: { beauty: { action: 'refuse' } } } },
    { acceptance: { profile: 'none', rules: { blur: { action: 'forbid' } } } },
    { acceptance: { profile: 'none', rules: { blur: { action: 'refuse', threshold: 1 } } } },
    { acceptance: { profile: 'none', rules: { mask: { action: 'refuse', threshold: 2 } } } },
    { probeAcceptance: { profile: 'none', rules: { sharpness: { action: 'warn', threshold: 101 } } } },
    { colour: 'red' },
    'strict',
    null,
  ])
    test(`cannot be ${JSON.stringify(policy)}`, async () => {
      assertProblem(await call('POST', '/v1/galleries', { id: 'bad', policy }), 400, 'request_invalid')
      assertProblem(await call('PATCH', '/v1/galleries/parts', { policy }), 400, 'request_invalid')
      assertProblem(await call('GET', '/v1/galleries/bad'), 404, 'gallery_not_found')
    })
})

describe('enrolling', () => {
  test('the face of another subject is refused with the people who have it', async () => {
    await createWith('unique', { duplicates: 'refuse' })
    const { face } = await enrol(server, 'unique', ada, { subjectId: 'ada' })
    const before = await countStored(server)
    for (const picture of [ada, await otherPictureOf('ada')]) {
      const { details } = assertProblem(await tryToEnrol('unique', picture, 'eve'), 409, 'duplicate_face')
      assert.ok(details)
      const [{ similarity, ...who }, ...others] = details.candidates as EnrolAnswer['duplicates']
      assert.deepEqual([details.gallery, who, others], ['unique', { subjectId: 'ada', faceId: face.id }, []])
      assert.ok(similarity >= 80 && similarity <= 100)
    }
    assert.deepEqual(await countStored(server), before)
    await enrol(server, 'unique', await adaElsewhere(), { subjectId: 'ada' })
    await enrol(server, 'unique', await pictureOf('bea'), { subjectId: 'bea' })
  })

  test('ten times at once under ten ids leaves one where duplicates are refused', async () => {
    await createWith('race', { duplicates: 'refuse' })
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => tryToEnrol('race', ada, `s${index}`)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)])
    const { body } = await call<Gallery>('GET', '/v1/galleries/race')
    assert.deepEqual([body.subjectCount, body.faceCount], [1, 1])
  })

  test('names the others with this face where the policy is to warn', async () => {
    await createWith('warned', { duplicates: 'warn' })
    const first = await enrol(server, 'warned', ada, { subjectId: 'ada' })
    assert.deepEqual(first.duplicates, [])
    const { duplicates } = await enrol(server, 'warned', ada, { subjectId: 'eve' })
    assert.deepEqual(duplicates, [{ subjectId: 'ada', faceId: first.face.id, similarity: 100 }])
  })

  test('a sixth face of one person is refused, unless the oldest gives way', async () => {
    await createWith('full', {})
    for (let index = 0; index < 5; index++) await enrol(server, 'full', ada, { subjectId: 'ada' })
    const { details } = assertProblem(await tryToEnrol('full', ada, 'ada'), 409, 'subject_full')
    assert.deepEqual(details, { gallery: 'full', subject: 'ada', faceCount: 5, limit: 5 })
    const before = (await call<Subject>('GET', '/v1/galleries/full/subjects/ada')).body.faces
    const { files } = await countStored(server)
    await call('PATCH', '/v1/galleries/full', { policy: { whenFull: 'replace_oldest' } })
    const { face, subject } = await enrol(server, 'full', await pictureOf('bea'), { subjectId: 'ada' })
    assert.equal(subject.faceCount, 5)
    const after = (await call<Subject>('GET', '/v1/galleries/full/subjects/ada')).body.faces
    assert.deepEqual(
      after.map(each => each.id),
      [...before.slice(1).map(each => each.id), face.id],
    )
    assert.equal((await countStored(server)).files, files)
    assertProblem(await call('GET', `/v1/galleries/full/faces/${before[0].id}`), 404, 'face_not_found')
  })

  test('an existing person anew replaces their faces, where that is the policy', async () => {
    await createWith('replaced', { existingSubject: 'replace' })
    await enrol(server, 'replaced', ada, { subjectId: 'one', metadata: { floor: 1 } })
    const { subject } = await enrol(server, 'replaced', await pictureOf('bea'), { subjectId: 'one' })
    assert.deepEqual(subject, { id: 'one', faceCount: 1, metadata: { floor: 1 } })
    const search = { image: base64(ada), threshold: 0 }
    const { body } = await call<SearchAnswer>('POST', '/v1/galleries/replaced/search', search)
    assert.ok(body.gallerySize === 1 && body.candidates[0].similarity < 80)
  })

  test('an existing person is refused, where that is the policy', async () => {
    await createWith('once', { existingSubject: 'refuse' })
    await enrol(server, 'once', ada, { subjectId: 'ada' })
    const { details } = assertProblem(await tryToEnrol('once', ada, 'ada'), 409, 'subject_exists')
    assert.deepEqual(details, { gallery: 'once', subject: 'ada' })
  })

  test('a picture of several people is refused, where that is the policy', async () => {
    await createWith('alone', { severalFaces: 'refuse' })
    const { details } = assertProblem(await tryToEnrol('alone', await readSample(5), 'group'), 422, 'several_faces')
    assert.deepEqual(details, { image: 'image', faces: 5 })
    await enrol(server, 'alone', ada, { subjectId: 'ada' })
  })
})
