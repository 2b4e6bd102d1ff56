// Native API: what is judged of a face, in every call that looks at one; what a gallery minds, and how it says so.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import sharp from 'sharp'
import { cutPerson, pictureOf, readSample } from '../src/vision/pictures.fixture.ts'
import { printOf } from '../src/vision/printed.fixture.ts'
import type { Problem } from './answers.ts'
import { assertProblem, base64, countStored, createGallery, launchReady, type TestServer } from './support.ts'
import { canvasOf, jpegOf, wearing } from './worn-pictures.ts'

interface Finding {
  readonly name: string
  readonly action: string
  readonly component: string
  readonly value: number
  readonly threshold: number
  readonly message: string
}
interface Assessment {
  readonly quality?: {
    readonly components: Record<string, { score: number | null; value: number | null; unit: string }>
    readonly unified: { score: number; expectedFnmr: number } | null
    readonly findings: Record<string, boolean>
  }
  readonly attributes?: Record<string, { probability: number; threshold: number; present: boolean }>
  readonly liveness?: { score: number; threshold: number; live: boolean; model: string; bpcer: number }
}
interface Judged {
  readonly assessment?: Assessment
  readonly warnings: readonly Finding[]
}

const server = await launchReady()
after(() => server.close())
const { call } = server
const ada = base64(await pictureOf('ada'))

const EVERYTHING = { assess: ['quality', 'attributes', 'liveness'] }
const ask = async <T>(path: string, body: object): Promise<T> => {
  const answer = await call<T>('POST', path, body)
  assert.ok(answer.status < 300, JSON.stringify(answer.body))
  return answer.body
}
const createWith = async (id: string, policy: object): Promise<void> => {
  const { status, body } = await call('POST', '/v1/galleries', { id, policy })
  assert.equal(status, 201, JSON.stringify(body))
}
const assertJudged = (assessment: Assessment | undefined): void => {
  assert.equal(Object.keys(assessment?.quality?.components ?? {}).length, 23)
  assert.ok(assessment?.quality?.unified)
  assert.deepEqual(assessment.quality.findings, { blur: false, dark: false, grayscale: false })
  assert.deepEqual(Object.keys(assessment.attributes ?? {}).sort(), [
    'eyeglasses',
    'faceBlocker',
    'hat',
    'mask',
    'sunglasses',
    'veil',
  ])
  assert.equal(assessment.attributes!.mask.present, false)
  assert.equal(assessment.attributes!.sunglasses.present, false)
  assert.match(assessment.liveness!.model, /^[a-z]+@\d/)
  assert.equal(assessment.liveness!.live, assessment.liveness!.score >= assessment.liveness!.threshold)
}

describe('every call that looks at a face judges it', () => {
  test('detect, each face', async () => {
    type Detected = { faces: { assessment?: Assessment; findings?: Finding[] }[] }
    const { faces } = await ask<Detected>('/v1/detect', { image: ada, ...EVERYTHING })
    assertJudged(faces[0].assessment)
    const crowd = base64(await readSample(5))
    const { faces: five } = await ask<Detected>('/v1/detect', { image: crowd, assess: ['quality'] })
    assert.equal(five.length, 5)
    for (const { assessment, findings } of five) {
      assert.deepEqual(Object.keys(assessment ?? {}), ['quality'])
      assert.equal(findings, undefined)
    }
    const [face] = (
      await ask<Detected>('/v1/detect', {
        image: ada,
        acceptance: { profile: 'none', rules: { sharpness: { action: 'warn', threshold: 100 } } },
      })
    ).faces
    assert.deepEqual(
      face.findings?.map(({ name, action }) => [name, action]),
      [['sharpness', 'warn']],
    )
    assert.equal(face.assessment, undefined)
  })

  test('enrol, verify, search and compare', async () => {
    await createGallery(server, 'judged')
    const body = { image: ada, ...EVERYTHING }
    const enrolled = await ask<Judged>('/v1/galleries/judged/faces', { ...body, subjectId: 'ada' })
    const verified = await ask<Judged>('/v1/galleries/judged/subjects/ada/verify', body)
    const found = await ask<Judged>('/v1/galleries/judged/search', body)
    const foundInSeveral = await ask<Judged>('/v1/search', { galleries: ['judged'], ...body })
    for (const { assessment, warnings } of [enrolled, verified, found, foundInSeveral]) {
      assertJudged(assessment)
      assert.deepEqual(warnings, [])
    }
    type Compared = { assessment1?: Assessment; assessment2?: Assessment }
    const compared = await ask<Compared>('/v1/compare', { image1: ada, image2: ada, ...EVERYTHING })
    assertJudged(compared.assessment1)
    assertJudged(compared.assessment2)
  })

  test('only when it is asked to, also where the gallery minds something', async () => {
    await createWith('silent', { acceptance: { profile: 'none', rules: { blur: { action: 'refuse' } } } })
    const body = { image: ada, subjectId: 'ada' }
    assert.equal((await ask<Judged>('/v1/galleries/silent/faces', body)).assessment, undefined)
    assert.equal((await ask<Judged>('/v1/galleries/silent/search', { image: ada })).assessment, undefined)
    const [face] = (await ask<{ faces: object[] }>('/v1/detect', { image: ada })).faces
    assert.ok(!('assessment' in face) && !('findings' in face))
  })

  test('in forms too, where the list is JSON', async () => {
    const form = new FormData()
    form.set('image', new Blob([new Uint8Array(await pictureOf('ada'))]), 'ada.jpg')
    form.set('assess', '["quality"]')
    const { faces } = (await call<{ faces: Judged[] }>('POST', '/v1/detect', form)).body
    assert.ok(faces[0].assessment?.quality)
  })

  for (const assess of ['quality', ['quality', 'quality'], ['beauty'], [null], {}, [['quality']]])
    test(`not by ${JSON.stringify(assess)}`, async () => {
      const refused = await call<Problem>('POST', '/v1/detect', { image: ada, assess })
      assertProblem(refused, 400, 'request_invalid')
      assert.equal((refused.body.details as { issues: object[] }).issues.length, 1)
    })

  test('an acceptance out of its range is refused by the name that it has in this call', async () => {
    const acceptance = { rules: { mask: { action: 'warn', threshold: 5 } } }
    const refused = await call<Problem>('POST', '/v1/detect', { image: ada, acceptance })
    assertProblem(refused, 400, 'request_invalid')
    assert.deepEqual(refused.body.details, { field: 'acceptance.rules.mask.threshold' })
    const policy = { probeAcceptance: acceptance }
    const created = await call<Problem>('POST', '/v1/galleries', { id: 'out-of-range', policy })
    assert.deepEqual(created.body.details, { field: 'policy.probeAcceptance.rules.mask.threshold' })
  })
})

describe('a strict gallery and a lenient one', () => {
  const strict = { acceptance: { profile: 'enrolment', rules: { notLive: { action: 'ignore' } } } }
  const spoilt: Record<string, () => Promise<Buffer>> = {
    blur: () => cutPerson('ada').blur(6).jpeg().toBuffer(),
    dark: () => cutPerson('ada').linear(0.25, 0).jpeg().toBuffer(),
    grayscale: () => cutPerson('ada').grayscale().jpeg().toBuffer(),
  }

  test('a good picture passes both', async () => {
    await createWith('strict', strict)
    await createGallery(server, 'lenient')
    for (const gallery of ['strict', 'lenient'])
      await ask(`/v1/galleries/${gallery}/faces`, { image: ada, subjectId: 'good' })
  })

  for (const [name, make] of Object.entries(spoilt))
    test(`a picture with ${name} is refused for that by one, with nothing stored, and taken by the other`, async () => {
      const image = base64(await make())
      const before = await countStored(server)
      const refused = await call<Problem>('POST', '/v1/galleries/strict/faces', { image, subjectId: name })
      assertProblem(refused, 422, 'face_refused')
      const { reasons } = refused.body.details as { reasons: Finding[] }
      assert.deepEqual(
        reasons.map(reason => reason.name),
        [name],
      )
      assert.ok(reasons[0].value < reasons[0].threshold)
      assert.match(reasons[0].message, /\.$/)
      assert.ok(refused.body.detail.includes(reasons[0].message))
      assert.deepEqual(await countStored(server), before)
      await ask('/v1/galleries/lenient/faces', { image, subjectId: name })
    })

  test('a mask, sunglasses and a printed photograph too', async () => {
    await createWith('enrolling', { acceptance: { profile: 'enrolment', rules: { sharpness: { action: 'ignore' } } } })
    const canvas = await canvasOf(server, 'ada')
    const pictures = {
      mask: await jpegOf(await wearing(canvas, 'mask')),
      sunglasses: await jpegOf(await wearing(canvas, 'sunglasses')),
      notLive: await printOf('ada'),
    }
    for (const [name, picture] of Object.entries(pictures)) {
      const image = base64(picture)
      const before = await countStored(server)
      const refused = await call<Problem>('POST', '/v1/galleries/enrolling/faces', { image, subjectId: name })
      assertProblem(refused, 422, 'face_refused')
      const names = (refused.body.details as { reasons: Finding[] }).reasons.map(reason => reason.name)
      assert.ok(names.includes(name), `${name}: ${names}`)
      for (const other of Object.keys(pictures))
        if (other !== name) assert.ok(other === 'notLive' || !names.includes(other))
      assert.deepEqual(await countStored(server), before)
      await ask('/v1/galleries/lenient/faces', { image, subjectId: name })
    }
  })

  test('every reason is listed, and what the caller asked for stays', async () => {
    const image = base64(await cutPerson('ada').grayscale().blur(6).linear(0.25, 0).jpeg().toBuffer())
    const body = { image, assess: ['quality'] }
    const { details } = (await call<Problem>('POST', '/v1/galleries/strict/faces', body)).body
    const { reasons, assessment } = details as { reasons: Finding[]; assessment: Assessment }
    assert.deepEqual(
      reasons.map(reason => reason.name),
      ['blur', 'dark', 'grayscale'],
    )
    assert.deepEqual(assessment.quality?.findings, { blur: true, dark: true, grayscale: true })
    assert.deepEqual(Object.keys(assessment), ['quality'], 'what only the rules needed is not the answer')
  })

  test('several people are one reason among others', async () => {
    await createWith('alone', { severalFaces: 'refuse', ...strict })
    const crowd = await readSample(5)
    assertProblem(await call('POST', '/v1/galleries/alone/faces', { image: base64(crowd) }), 422, 'several_faces')
    const grey = base64(await sharp(crowd).grayscale().jpeg().toBuffer())
    const { details } = (await call<Problem>('POST', '/v1/galleries/alone/faces', { image: grey })).body
    assert.deepEqual(
      (details as { reasons: Finding[] }).reasons.map(({ name, value }) => [name, name === 'severalFaces' && value]),
      [
        ['grayscale', false],
        ['severalFaces', 5],
      ],
    )
  })

  test('a warning lets the face pass and says why', async () => {
    await createWith('warned', { acceptance: { profile: 'none', rules: { grayscale: { action: 'warn' } } } })
    const image = base64(await spoilt.grayscale())
    const { warnings } = await ask<Judged>('/v1/galleries/warned/faces', { image, subjectId: 'grey' })
    assert.deepEqual(
      warnings.map(({ name, action, component }) => [name, action, component]),
      [['grayscale', 'warn', 'naturalColour']],
    )
  })

  test('probes have rules of their own', async () => {
    await createWith('probed', { probeAcceptance: { profile: 'none', rules: { grayscale: { action: 'refuse' } } } })
    await ask('/v1/galleries/probed/faces', { image: base64(await spoilt.grayscale()), subjectId: 'grey' })
    const image = base64(await spoilt.grayscale())
    for (const path of ['/v1/galleries/probed/search', '/v1/galleries/probed/subjects/grey/verify'])
      assertProblem(await call('POST', path, { image }), 422, 'face_refused')
    const several = await call('POST', '/v1/search', { galleries: ['lenient', 'probed'], image })
    assertProblem(several, 422, 'face_refused')
    await ask('/v1/galleries/lenient/search', { image })
  })

  test('a threshold of its own', async () => {
    const rules = { sharpness: { action: 'refuse', threshold: 100 } }
    await createWith('sharp', { acceptance: { profile: 'none', rules } })
    const { details } = (await call<Problem>('POST', '/v1/galleries/sharp/faces', { image: ada })).body
    const [{ component, threshold, value }] = (details as { reasons: Finding[] }).reasons
    assert.deepEqual([component, threshold, value < 100], ['sharpness', 100, true])
  })
})

describe('a server on which attributes and liveness are switched off', () => {
  let bare: TestServer
  before(async () => {
    bare = await launchReady({ attributes: 'none', liveness: 'off' })
  })
  after(() => bare.close())

  test('says so to who asks for them', async () => {
    for (const assess of [['attributes'], ['liveness']])
      assertProblem(await bare.call('POST', '/v1/detect', { image: ada, assess }), 409, 'assessment_unavailable')
    assert.equal((await bare.call('POST', '/v1/detect', { image: ada, assess: ['quality'] })).status, 200)
  })

  test('does not pass a face that a gallery wants judged by them, but warns of nothing', async () => {
    const create = (id: string, action: string) =>
      bare.call('POST', '/v1/galleries', {
        id,
        policy: { acceptance: { profile: 'none', rules: { mask: { action }, notLive: { action } } } },
      })
    assert.deepEqual([(await create('minds', 'refuse')).status, (await create('warns', 'warn')).status], [201, 201])
    assertProblem(await bare.call('POST', '/v1/galleries/minds/faces', { image: ada }), 409, 'assessment_unavailable')
    assert.equal((await bare.call('POST', '/v1/galleries/warns/faces', { image: ada })).status, 201)
  })
})
