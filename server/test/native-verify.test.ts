// Native API: verifying a person (1:1) and comparing two pictures.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { adaElsewhere, otherPictureOf, pictureOf } from '../src/vision/pictures.fixture.ts'
import type { CompareAnswer, VerifyAnswer } from './answers.ts'
import { type Answer, assertProblem, base64, countStored, createGallery, enrol, launchReady } from './support.ts'

const server = await launchReady()
after(() => server.close())
const { call } = server

await createGallery(server, 'people')
const [ada, bea] = [await pictureOf('ada'), await pictureOf('bea')]
const single = await enrol(server, 'people', ada, { subjectId: 'ada' })
await enrol(server, 'people', bea, { subjectId: 'bea' })

const verify = async (subject: string, picture: Uint8Array, rest: object = {}): Promise<Answer<VerifyAnswer>> =>
  call('POST', `/v1/galleries/people/subjects/${subject}/verify`, { image: base64(picture), ...rest })

describe('verifying', () => {
  test('the person matches, by another rendering and by another photograph', async () => {
    for (const picture of [await otherPictureOf('ada'), await adaElsewhere()]) {
      const { status, body } = await verify('ada', picture)
      assert.equal(status, 200)
      assert.equal(body.match, true)
      assert.ok(body.similarity >= 80 && body.falseMatchRate <= 1e-4)
      assert.equal(body.threshold, 80)
      assert.deepEqual(body.thresholds, { '1e-3': 70, '1e-4': 80, '1e-5': 85 })
      const { similarity, falseMatchRate, extrapolated } = body
      assert.deepEqual(body.best, { faceId: single.face.id, similarity, falseMatchRate, extrapolated })
      assert.equal(body.fused, null)
      assert.ok(body.box.width > 50)
    }
  })

  test('somebody else does not match', async () => {
    const { status, body } = await verify('ada', bea)
    assert.equal(status, 200)
    assert.equal(body.match, false)
    assert.ok(body.similarity < 80)
  })

  test('the threshold decides: at the similarity it matches, above it not', async () => {
    const { similarity } = (await verify('ada', await adaElsewhere())).body
    assert.equal((await verify('ada', await adaElsewhere(), { threshold: similarity })).body.match, true)
    const above = await verify('ada', await adaElsewhere(), { threshold: Number((similarity + 0.01).toFixed(2)) })
    assert.equal(above.body.match, false)
    assert.equal((await verify('ada', bea, { threshold: 0 })).body.match, true)
  })

  test('maxFmr sets the threshold by its rate', async () => {
    for (const [maxFmr, threshold] of [
      [1e-3, 70],
      [1e-4, 80],
      [1e-5, 85],
      [1e-6, 90],
    ])
      assert.equal((await verify('ada', ada, { maxFmr })).body.threshold, threshold)
    assertProblem(await verify('ada', ada, { maxFmr: 1e-4, threshold: 80 }), 400, 'threshold_conflict')
    for (const rest of [{ maxFmr: 0 }, { maxFmr: 1 }, { threshold: 101 }, { threshold: 'high' }])
      assertProblem(await verify('ada', ada, rest), 400, 'request_invalid')
  })

  test('a person with several faces is judged by all of them, best and fused', async () => {
    const first = await enrol(server, 'people', await pictureOf('ada'), { subjectId: 'several' })
    const second = await enrol(server, 'people', await adaElsewhere(), { subjectId: 'several' })
    const { body } = await verify('several', await pictureOf('ada'))
    assert.equal(body.match, true)
    assert.equal(body.best.faceId, first.face.id)
    assert.ok(body.fused)
    assert.equal(body.similarity, body.fused.similarity)
    assert.equal(body.falseMatchRate, body.fused.falseMatchRate)
    const other = (await verify('several', await adaElsewhere())).body
    assert.equal(other.best.faceId, second.face.id)
    assert.equal((await verify('several', bea)).body.match, false)
  })

  test('by multipart', async () => {
    const form = new FormData()
    form.set('image', new Blob([new Uint8Array(ada)]), 'ada.jpg')
    form.set('maxFmr', '1e-5')
    const answer = await call<VerifyAnswer>('POST', '/v1/galleries/people/subjects/ada/verify', form)
    assert.deepEqual([answer.status, answer.body.match, answer.body.threshold], [200, true, 85])
  })
})

describe('comparing', () => {
  const compare = async (one: Uint8Array, other: Uint8Array, rest: object = {}): Promise<Answer<CompareAnswer>> =>
    call('POST', '/v1/compare', { image1: base64(one), image2: base64(other), ...rest })

  test('tells whether two pictures show one person, and stores nothing', async () => {
    const before = await countStored(server)
    const same = await compare(ada, await adaElsewhere())
    assert.equal(same.status, 200)
    assert.deepEqual([same.body.match, same.body.threshold], [true, 80])
    assert.ok(same.body.similarity >= 80 && same.body.falseMatchRate <= 1e-4)
    const different = await compare(ada, bea)
    assert.equal(different.body.match, false)
    assert.ok(different.body.similarity < 80)
    assert.deepEqual(await countStored(server), before)
  })

  test('is the same either way round, and 100 for the same picture', async () => {
    const [one, other] = [await compare(ada, bea), await compare(bea, ada)]
    assert.equal(one.body.similarity, other.body.similarity)
    assert.deepEqual([one.body.box1, one.body.box2], [other.body.box2, other.body.box1])
    assert.equal((await compare(ada, ada)).body.similarity, 100)
  })

  test('takes a threshold', async () => {
    const { similarity } = (await compare(ada, await adaElsewhere())).body
    assert.equal((await compare(ada, await adaElsewhere(), { threshold: similarity })).body.match, true)
    assert.equal((await compare(ada, await adaElsewhere(), { threshold: 100 })).body.match, false)
    for (const threshold of [-1, 101, '80'])
      assertProblem(await compare(ada, bea, { threshold }), 400, 'request_invalid')
  })

  test('by multipart, and a mixture of file and text', async () => {
    const form = new FormData()
    form.set('image1', new Blob([new Uint8Array(ada)]), 'ada.jpg')
    form.set('image2', base64(await otherPictureOf('ada')))
    const { status, body } = await call<CompareAnswer>('POST', '/v1/compare', form)
    assert.deepEqual([status, body.match], [200, true])
  })
})
