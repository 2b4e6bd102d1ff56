// The Verihubs API with real models: FAIL_ON_n from pictures of people, masked, printed, blurred, in company; people recognised
// in other pictures; two regions by their hosts.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as requestHttp } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import sharp from 'sharp'
import { createCredential } from '../../src/core/credentials.ts'
import { adaElsewhere, otherPictureOf, pictureOf, readSample } from '../../src/vision/pictures.fixture.ts'
import { drawAttack } from '../../src/vision/presentation-attack.fixture.ts'
import type { Raster } from '../../src/vision/tensor.ts'
import { openOperator } from '../operator.ts'
import { type Answer, base64, launchReady } from '../support.ts'
import { canvasOf, jpegOf, rasterOf, wearing } from '../worn-pictures.ts'
import { assertFailOn, assertRefused, assertSuccess, type VerihubsBody } from './verihubs-app.ts'

const folder = await mkdtemp(join(tmpdir(), 'likeness-test-'))
const regionsFile = join(folder, 'regions.json')
await writeFile(regionsFile, '{"regions": {"default": {"hosts": ["id.example"]}, "eu": {"hosts": ["eu.example"]}}}')
const server = await launchReady({ regionsFile })
const operator = await openOperator(server)
after(async () => {
  await operator.close()
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const newApplication = async (regionId = 'default') => {
  const { pair } = await createCredential(operator, { protocol: 'verihubs', tenantId: 'default', regionId })
  return { 'App-ID': pair.publicId, 'API-Key': pair.secret }
}
const headers = await newApplication()
const call = (path: string, body: object): Promise<Answer<VerihubsBody>> =>
  server.call<VerihubsBody>('POST', `/verihubs/v1/face${path}`, body, headers)

const ada = await canvasOf(server, 'ada')

/** A sheet of paper with the picture on it, held before a camera. */
const printedOn = async (picture: Raster): Promise<Raster> => {
  let state = 6
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const wall = await rasterOf(await pictureOf('bea'))
  const { width } = picture
  const face = { x: 0.2 * width, y: 0.15 * width, width: 0.6 * width, height: 0.7 * width }
  const background = { ...wall, height: Math.floor(wall.height / 6) }
  return drawAttack({ picture, face, background, species: 'print', width: 640, height: 640, faceWidth: 200 }, next)
}

/** Somebody else beside the person, smaller. */
const inCompany = async (picture: Raster): Promise<Buffer> => {
  const beside = await sharp(await pictureOf('bea'))
    .resize(320, 320)
    .toBuffer()
  const person = await sharp(await jpegOf(picture))
    .resize(640, 640)
    .toBuffer()
  return sharp({ create: { width: 960, height: 640, channels: 3, background: '#777' } })
    .composite([
      { input: person, left: 0, top: 0 },
      { input: beside, left: 640, top: 160 },
    ])
    .jpeg({ quality: 92 })
    .toBuffer()
}
const grey = (bytes: Buffer): Promise<Buffer> => sharp(bytes).grayscale().jpeg({ quality: 92 }).toBuffer()
const blurred = (bytes: Buffer): Promise<Buffer> => sharp(bytes).blur(8).jpeg({ quality: 92 }).toBuffer()
const darkened = (bytes: Buffer): Promise<Buffer> => sharp(bytes).modulate({ brightness: 0.15 }).jpeg().toBuffer()

const plain = await pictureOf('ada')
const mask = await wearing(ada, 'mask')
const ALL = {
  is_liveness: true,
  validate_liveness: true,
  validate_attribute: true,
  validate_quality: true,
  validate_nface: true,
}
const BUT_LIVENESS = { ...ALL, validate_liveness: false }

describe('FAIL_ON from real pictures', () => {
  const PICTURES: readonly [number, string, () => Promise<Buffer>, object][] = [
    [1, 'a printed photograph', async () => jpegOf(await printedOn(await rasterOf(plain))), ALL],
    [2, 'a mask', () => jpegOf(mask), ALL],
    [2, 'sunglasses', async () => jpegOf(await wearing(ada, 'sunglasses')), ALL],
    [3, 'a printed photograph of a mask', async () => jpegOf(await printedOn(mask)), ALL],
    [4, 'a blurred picture', () => blurred(plain), ALL],
    // Of a dark or grey picture nobody can say whether the person is live.
    [4, 'a dark picture', () => darkened(plain), BUT_LIVENESS],
    [4, 'a grey picture', () => grey(plain), BUT_LIVENESS],
    [6, 'a mask in a grey picture', async () => grey(await jpegOf(mask)), BUT_LIVENESS],
    [8, 'a group', () => readSample(5), BUT_LIVENESS],
    [12, 'a group in a grey picture', async () => grey(await readSample(5)), BUT_LIVENESS],
    [15, 'a grey print of a mask, in company', async () => grey(await inCompany(await printedOn(mask))), ALL],
  ]
  for (const [number, what, make, flags] of PICTURES)
    test(`${number}: ${what}; nothing is stored`, async () => {
      const image = base64(await make())
      const subject = { subject_id: 'nobody' }
      const body = assertFailOn(await call('/enroll', { image, ...subject, ...flags }), number)
      assert.ok(body.image_quality && body.attributes && body.liveness && body.bounding_box && body.face_landmark)
      assertRefused(await call('/verify', { image, ...subject }), 400, 'INVALID_PAYLOAD_SUBJECT_ID')
    })

  test('a live person without anything passes, and so do hat and veil, which are told', async () => {
    const body = assertSuccess(await call('/liveness', { image: base64(plain), ...ALL }))
    assert.deepEqual(
      [body.nface, body.image_quality, body.attributes, body.liveness?.status],
      [
        1,
        { blur: false, dark: false, grayscale: false },
        { sunglasses_on: false, mask_on: false, veil_on: false, hat_on: false },
        true,
      ],
    )
    for (const thing of ['hat', 'veil'] as const) {
      const image = base64(await jpegOf(await wearing(ada, thing)))
      const { attributes } = assertSuccess(await call('/search', { image, ...BUT_LIVENESS }))
      assert.equal((attributes as Record<string, boolean>)[`${thing}_on`], true)
    }
  })

  test('a print is no failure of liveness but its result', async () => {
    const image = base64(await jpegOf(await printedOn(await rasterOf(plain))))
    const { liveness } = assertSuccess(await call('/liveness', { image }))
    assert.equal(liveness?.status, false)
    assert.ok(liveness.probability < 50)
  })
})

describe('people', () => {
  test('are found, verified and compared in other pictures, turned ones too', async () => {
    for (const person of ['ada', 'dora'] as const)
      assertSuccess(await call('/enroll', { image: base64(await pictureOf(person)), subject_id: person }))
    const elsewhere = base64(await adaElsewhere())
    const { matches } = assertSuccess(await call('/search', { image: elsewhere, limit: 10, return_image: true }))
    assert.deepEqual(matches, [{ subject_id: 'ada', similarity_status: true, image: base64(plain) }])
    assertSuccess(await call('/verify', { image: elsewhere, subject_id: 'ada' }))
    assertFailOn(await call('/verify', { image: elsewhere, subject_id: 'dora' }), 16)
    assertSuccess(await call('/compare', { image_1: base64(plain), image_2: elsewhere }))
    const turned = base64(await sharp(plain).rotate(90).png().toBuffer())
    assert.equal(assertSuccess(await call('/verify', { image: turned, subject_id: 'ada' })).rotation, 90)
    const webp = base64(
      await sharp(await otherPictureOf('dora'))
        .webp()
        .toBuffer(),
    )
    assertRefused(await call('/search', { image: webp }), 400, 'INVALID_PAYLOAD_IMAGE_FORMAT')
  })
})

describe('regions', () => {
  const callHost = (host: string, sent: Readonly<Record<string, string>>): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = { method: 'POST', headers: { ...sent, host, 'content-type': 'application/json' } }
      const request = requestHttp(`${server.url}/v1/face/enroll`, options, response => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0))
      })
      request.once('error', reject).end(JSON.stringify({ image: base64(plain), subject_id: 'ada' }))
    })

  test('an application is known on the host of its region, and its people are there', async () => {
    const european = await newApplication('eu')
    assert.equal(await callHost('eu.example', european), 200)
    assert.equal(await callHost('id.example', european), 401)
    assert.equal(await callHost('eu.example', headers), 401)
    assert.equal(await callHost('id.example', headers), 200)
    const client = await operator.newClient({ regionId: 'eu' })
    const path = `/v1/galleries/verihubs-${european['App-ID']}`
    assert.equal((await client.call<{ faceCount: number }>('GET', path)).body.faceCount, 1)
    assert.equal((await server.call('GET', path)).status, 404)
    const made = await client.call<{ regionId: string }>('POST', '/v1/credentials', { protocol: 'verihubs' })
    assert.equal(made.body.regionId, 'eu')
  })
})
