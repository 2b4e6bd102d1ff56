// Native API: enrolling, reading and deleting faces.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { adaElsewhere, otherPictureOf, pictureOf, readSample } from '../src/vision/pictures.fixture.ts'
import type { EnrolAnswer, Face, Gallery, SearchAnswer, Subject } from './answers.ts'
import {
  assertProblem,
  assertRecent,
  assertUuidV7,
  base64,
  countStored,
  createGallery,
  enrol,
  launchReady,
} from './support.ts'

const server = await launchReady()
after(() => server.close())
const { call } = server
const { pack } = await createGallery(server, 'people')
const FACES = '/v1/galleries/people/faces'
const ada = await pictureOf('ada')

describe('enrolling', () => {
  test('base64 in JSON', async () => {
    const body = { image: base64(ada), subjectId: 'ada', metadata: { name: 'Ada', age: 30, staff: true, badge: null } }
    const answer = await call<EnrolAnswer>('POST', FACES, body)
    assert.equal(answer.status, 201)
    assertUuidV7(answer.headers.get('x-request-id'))
    const { face, subject, duplicates } = answer.body
    assert.deepEqual(subject, { id: 'ada', faceCount: 1, metadata: body.metadata })
    assert.deepEqual(duplicates, [])
    const { id, box, confidence, createdAt, ...rest } = face
    const picture = { mediaType: 'image/jpeg', bytes: ada.length }
    assert.deepEqual(rest, { subjectId: 'ada', galleryId: 'people', pack, picture })
    assertUuidV7(id)
    assertRecent(createdAt)
    assert.ok(confidence > 0.5 && confidence <= 1)
    assert.deepEqual(Object.keys(box).sort(), ['height', 'width', 'x', 'y'])
    assert.ok(box.x > 50 && box.y > 50 && box.width > 150 && box.x + box.width < 468 && box.y + box.height < 468)
    assert.deepEqual((await call<Face>('GET', `${FACES}/${id}`)).body, face)
  })

  test('a data URL, with line breaks and the other alphabet too', async () => {
    const folded = base64(ada).replace(/.{76}/g, '$&\r\n')
    const urlSafe = base64(ada).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
    for (const image of [`data:image/jpeg;base64,${base64(ada)}`, `data:;base64,${folded}`, folded, urlSafe]) {
      const { status, body } = await call<EnrolAnswer>('POST', FACES, { image, subjectId: 'ada-again' })
      assert.equal(status, 201)
      assert.deepEqual(body.face.picture, { mediaType: 'image/jpeg', bytes: ada.length })
    }
  })

  test('multipart, with subject and metadata beside the file', async () => {
    const form = new FormData()
    form.set('subjectId', '42')
    form.set('metadata', JSON.stringify({ name: 'Bea', floor: 3 }))
    form.set('image', new Blob([new Uint8Array(await pictureOf('bea'))], { type: 'image/jpeg' }), 'bea.jpg')
    const { status, body } = await call<EnrolAnswer>('POST', FACES, form)
    assert.equal(status, 201)
    assert.deepEqual(body.subject, { id: '42', faceCount: 1, metadata: { name: 'Bea', floor: 3 } })
  })

  test('multipart with the picture as base64 text, larger than a megabyte', async () => {
    const { default: sharp } = await import('sharp')
    const large = await sharp(await pictureOf('bea'))
      .resize(800)
      .png({ compressionLevel: 0 })
      .toBuffer()
    const form = new FormData()
    form.set('image', base64(large))
    form.set('subjectId', 'bea')
    const { status, body } = await call<EnrolAnswer>('POST', FACES, form)
    assert.equal(status, 201, JSON.stringify(body))
    assert.deepEqual(body.face.picture, { mediaType: 'image/png', bytes: large.length })
  })

  test('a subject is made when none is named, a new one each time', async () => {
    const [one, other] = [await enrol(server, 'people', ada), await enrol(server, 'people', ada)]
    assertUuidV7(one.subject.id)
    assertUuidV7(other.subject.id)
    assert.notEqual(one.subject.id, other.subject.id)
    assert.deepEqual(one.subject.metadata, {})
  })

  test('a second face joins the subject; its metadata changes only when given', async () => {
    const first = await enrol(server, 'people', ada, { subjectId: 'twice', metadata: { a: 1 } })
    const second = await enrol(server, 'people', await adaElsewhere(), { subjectId: 'twice' })
    assert.deepEqual(second.subject, { id: 'twice', faceCount: 2, metadata: { a: 1 } })
    const third = await enrol(server, 'people', await otherPictureOf('ada'), { subjectId: 'twice', metadata: { b: 2 } })
    assert.deepEqual(third.subject, { id: 'twice', faceCount: 3, metadata: { b: 2 } })
    const { body } = await call<Subject>('GET', '/v1/galleries/people/subjects/twice')
    assert.deepEqual(
      body.faces.map(face => face.id),
      [first, second, third].map(({ face }) => face.id),
    )
  })

  test('twenty at once for one new subject make one subject with twenty faces', async () => {
    await call('POST', '/v1/galleries', { id: 'crowd', policy: { maxFacesPerSubject: 20 } })
    await Promise.all(Array.from({ length: 20 }, () => enrol(server, 'crowd', ada, { subjectId: 'one' })))
    const { body } = await call<Gallery>('GET', '/v1/galleries/crowd')
    assert.deepEqual([body.subjectCount, body.faceCount], [1, 20])
  })

  test('of several faces the largest is taken, and the caller told how many there were', async () => {
    const group = await enrol(server, 'people', await readSample(3), { subjectId: 'group' })
    assert.ok(group.face.box.x > 900 && group.face.box.x < 1200, 'the woman in the middle')
  })

  test('ids may hold any text, and addresses carry it percent-encoded', async () => {
    for (const subjectId of ['Zoë 你好', 'a/b?c=d#e', '100 %', '😀'.repeat(128), '...']) {
      const { face } = await enrol(server, 'people', ada, { subjectId })
      const path = `/v1/galleries/people/subjects/${encodeURIComponent(subjectId)}`
      assert.equal((await call<Subject>('GET', path)).body.id, subjectId)
      assert.equal(face.subjectId, subjectId)
    }
  })
})

describe('deleting a face', () => {
  test('erases it, its picture and its place in the index at once; the subject stays', async () => {
    await createGallery(server, 'leaving')
    const { files } = await countStored(server)
    const { face } = await enrol(server, 'leaving', ada, { subjectId: 'ada', metadata: { n: 1 } })
    const kept = await enrol(server, 'leaving', await pictureOf('bea'), { subjectId: 'bea' })
    const path = `/v1/galleries/leaving/faces/${face.id}`
    const deleted = await call('DELETE', path)
    assert.deepEqual([deleted.status, deleted.body], [204, ''])

    const search = await call<SearchAnswer>('POST', '/v1/galleries/leaving/search', {
      image: base64(ada),
      threshold: 0,
    })
    assert.deepEqual(
      search.body.candidates.map(candidate => candidate.faceId),
      [kept.face.id],
    )
    assert.equal(search.body.gallerySize, 1)
    assertProblem(await call('GET', path), 404, 'face_not_found')
    assertProblem(await call('DELETE', path), 404, 'face_not_found')
    assert.equal((await countStored(server)).files, files + 1)
    const { body } = await call<Subject>('GET', '/v1/galleries/leaving/subjects/ada')
    assert.deepEqual([body.faceCount, body.faces, body.metadata], [0, [], { n: 1 }])
    const verify = await call('POST', '/v1/galleries/leaving/subjects/ada/verify', { image: base64(ada) })
    assertProblem(verify, 404, 'subject_not_found')
  })

  test('needs the right gallery', async () => {
    const { face } = await enrol(server, 'people', ada, { subjectId: 'here' })
    const elsewhere = `/v1/galleries/leaving/faces/${face.id}`
    const { details } = assertProblem(await call('GET', elsewhere), 404, 'face_not_found')
    assert.deepEqual(details, { gallery: 'leaving', face: face.id })
    assertProblem(await call('DELETE', elsewhere), 404, 'face_not_found')
    assert.equal((await call('GET', `${FACES}/${face.id}`)).status, 200)
  })
})

test('pictures are not kept where the operator switched that off', async () => {
  const lean = await launchReady({ keepPictures: false })
  try {
    await createGallery(lean, 'lean')
    const { face } = await enrol(lean, 'lean', ada, { subjectId: 'ada' })
    assert.equal(face.picture, null)
    assert.equal((await countStored(lean)).files, 0)
    const { body } = await lean.call<SearchAnswer>('POST', '/v1/galleries/lean/search', { image: base64(ada) })
    assert.equal(body.candidates[0].subjectId, 'ada')
  } finally {
    await lean.close()
  }
})
