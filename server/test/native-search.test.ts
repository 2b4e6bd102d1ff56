// Native API: searching a gallery (1:N).
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { adaElsewhere, otherPictureOf, PEOPLE_NAMES, pictureOf, readSample } from '../src/vision/pictures.fixture.ts'
import type { SearchAnswer } from './answers.ts'
import { type Answer, assertProblem, base64, createGallery, enrol, launchReady } from './support.ts'

const server = await launchReady()
after(() => server.close())
const { call } = server

await createGallery(server, 'people')
const enrolled = new Map<string, string>()
for (const name of PEOPLE_NAMES) {
  const { face } = await enrol(server, 'people', await pictureOf(name), { subjectId: name, metadata: { name } })
  enrolled.set(name, face.id)
}

const search = async (picture: Uint8Array, rest: object = {}, gallery = 'people'): Promise<Answer<SearchAnswer>> =>
  call('POST', `/v1/galleries/${gallery}/search`, { image: base64(picture), ...rest })

describe('finding a person', () => {
  for (const name of PEOPLE_NAMES)
    test(`${name} by another rendering of the picture`, async () => {
      const { status, body } = await search(await otherPictureOf(name))
      assert.equal(status, 200)
      assert.equal(body.gallerySize, PEOPLE_NAMES.length)
      const [{ similarity, falseMatchRate, extrapolated, ...who }] = body.candidates
      assert.deepEqual(who, {
        galleryId: 'people',
        subjectId: name,
        faceId: enrolled.get(name),
        metadata: { name },
      })
      assert.ok(similarity >= 90 && similarity <= 100)
      assert.ok(falseMatchRate > 0 && falseMatchRate <= 1e-6)
      assert.equal(typeof extrapolated, 'boolean')
      assert.ok(body.box.width > 50 && body.box.height > 50)
    })

  test('ada in a photograph taken elsewhere', async () => {
    const { body } = await search(await adaElsewhere())
    assert.equal(body.candidates[0].subjectId, 'ada')
    assert.ok(body.candidates[0].similarity >= 80)
  })

  test('by multipart, with settings beside the file', async () => {
    const form = new FormData()
    form.set('image', new Blob([new Uint8Array(await otherPictureOf('cleo'))]), 'cleo.jpg')
    form.set('limit', '1')
    form.set('threshold', '75.5')
    const { status, body } = await call<SearchAnswer>('POST', '/v1/galleries/people/search', form)
    assert.equal(status, 200)
    assert.deepEqual(
      body.candidates.map(({ subjectId }) => subjectId),
      ['cleo'],
    )
    assert.equal(body.threshold, 75.5)
  })

  test('of several faces in the picture the largest is looked for', async () => {
    const { body } = await search(await readSample(3))
    assert.equal(body.candidates[0].subjectId, 'ada')
  })
})

describe('the threshold', () => {
  test('0 lists everybody, best first', async () => {
    const { body } = await search(await pictureOf('dora'), { threshold: 0 })
    assert.equal(body.threshold, 0)
    assert.deepEqual(body.candidates.map(({ subjectId }) => subjectId).sort(), [...PEOPLE_NAMES].sort())
    const scores = body.candidates.map(({ similarity }) => similarity)
    assert.deepEqual(
      scores,
      scores.toSorted((one, other) => other - one),
    )
    assert.equal(body.candidates[0].subjectId, 'dora')
    assert.equal(body.candidates[0].similarity, 100)
  })

  test('is the least similarity that is listed, to the last digit', async () => {
    const probe = await otherPictureOf('eve')
    const [, second] = (await search(probe, { threshold: 0 })).body.candidates
    const at = await search(probe, { threshold: second.similarity })
    assert.equal(at.body.candidates.length, 2)
    const above = await search(probe, { threshold: Number((second.similarity + 0.01).toFixed(2)) })
    assert.equal(above.body.candidates.length, 1)
  })

  test('follows from maxFpir and the size of the gallery; 0.01 when neither is given', async () => {
    const probe = await otherPictureOf('fay')
    const byDefault = (await search(probe)).body
    assert.equal((await search(probe, { maxFpir: 0.01 })).body.threshold, byDefault.threshold)
    const stricter = (await search(probe, { maxFpir: 0.0001 })).body
    assert.ok(stricter.threshold > byDefault.threshold)
    // 1 - (1 - FMR)^8 = 0.01 gives an FMR of 1.2555e-3, which is 69.012 on the scale, rounded up.
    assert.equal(PEOPLE_NAMES.length, 8)
    assert.equal(byDefault.threshold, 69.02)
  })

  test('and maxFpir together are a conflict', async () => {
    const answer = await search(await pictureOf('ada'), { threshold: 80, maxFpir: 0.01 })
    assertProblem(answer, 400, 'threshold_conflict')
  })

  test('a stranger is nobody', async () => {
    await createGallery(server, 'without-ida')
    for (const name of PEOPLE_NAMES.slice(0, -1))
      await enrol(server, 'without-ida', await pictureOf(name), { subjectId: name })
    const { body } = await search(await otherPictureOf('ida'), { threshold: 85 }, 'without-ida')
    assert.deepEqual(body.candidates, [])
  })
})

describe('the list of candidates', () => {
  test('is as long as the limit at most', async () => {
    const probe = await pictureOf('gia')
    for (const limit of [1, 3, 100])
      assert.equal((await search(probe, { limit, threshold: 0 })).body.candidates.length, Math.min(limit, 8))
    for (const limit of [0, 101, 1.5, -1, '3', null])
      assertProblem(await search(probe, { limit, threshold: 0 }), 400, 'request_invalid')
  })

  test('has ten by default', async () => {
    await createGallery(server, 'twelve')
    const picture = await pictureOf('gia')
    for (let i = 0; i < 12; i++) await enrol(server, 'twelve', picture, { subjectId: `copy-${i}` })
    assert.equal((await search(picture, {}, 'twelve')).body.candidates.length, 10)
  })

  test('has each person once, by the best face, however many faces a person has', async () => {
    await call('POST', '/v1/galleries', { id: 'uneven', policy: { maxFacesPerSubject: 15 } })
    const { face: best } = await enrol(server, 'uneven', await pictureOf('ada'), { subjectId: 'ada' })
    for (let i = 0; i < 14; i++) await enrol(server, 'uneven', await adaElsewhere(), { subjectId: 'ada' })
    await enrol(server, 'uneven', await pictureOf('bea'), { subjectId: 'bea' })
    await enrol(server, 'uneven', await pictureOf('cleo'), { subjectId: 'cleo' })
    const { body } = await search(await pictureOf('ada'), { limit: 3, threshold: 0 }, 'uneven')
    assert.equal(body.gallerySize, 17)
    assert.equal(body.candidates[0].faceId, best.id)
    assert.deepEqual(body.candidates.map(({ subjectId }) => subjectId).sort(), ['ada', 'bea', 'cleo'])
  })

  test('is empty in an empty gallery', async () => {
    await createGallery(server, 'empty')
    const { status, body } = await search(await pictureOf('ada'), {}, 'empty')
    assert.equal(status, 200)
    assert.deepEqual([body.candidates, body.gallerySize], [[], 0])
  })

  test('never shows people of another gallery', async () => {
    await createGallery(server, 'apart')
    await enrol(server, 'apart', await pictureOf('bea'), { subjectId: 'ada' })
    const { body } = await search(await pictureOf('bea'), { threshold: 0 }, 'apart')
    assert.deepEqual([body.candidates.length, body.gallerySize], [1, 1])
  })
})

test('who is enrolled is found by the next search, who is deleted is not, in quick succession', async () => {
  await createGallery(server, 'busy')
  const picture = await pictureOf('dora')
  for (let round = 0; round < 5; round++) {
    await enrol(server, 'busy', picture, { subjectId: 'dora' })
    assert.equal((await search(picture, {}, 'busy')).body.candidates.length, 1)
    await call('DELETE', '/v1/galleries/busy/subjects/dora')
    assert.deepEqual((await search(picture, {}, 'busy')).body.candidates, [])
  }
})

test('values that are no thresholds are refused', async () => {
  const probe = await pictureOf('ada')
  for (const rest of [
    { threshold: -1 },
    { threshold: 100.5 },
    { threshold: '80' },
    { threshold: null },
    { maxFpir: 0 },
    { maxFpir: 1 },
    { maxFpir: -0.1 },
    { maxFpir: '0.1' },
  ])
    assertProblem(await search(probe, rest), 400, 'request_invalid')
})
