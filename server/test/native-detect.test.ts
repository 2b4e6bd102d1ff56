// Native API: detecting faces; and the open routes: health, the API's own description, the page that shows it.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import sharp from 'sharp'
import { pictureOf, pictureOfNobody, readSample } from '../src/vision/pictures.fixture.ts'
import type { DetectAnswer } from './answers.ts'
import { type Answer, assertUuidV7, base64, createClient, launchReady } from './support.ts'

const server = await launchReady()
after(() => server.close())
const { call } = server

const detect = async (picture: Uint8Array, rest: object = {}): Promise<Answer<DetectAnswer>> =>
  call('POST', '/v1/detect', { image: base64(picture), ...rest })

describe('detecting', () => {
  test('lists the faces, largest first, with exactly the promised fields', async () => {
    const { status, body } = await detect(await readSample(3))
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body).sort(), ['faces', 'image', 'pack'])
    assert.deepEqual(body.image, { width: 1920, height: 1350 })
    assert.match(body.pack, /^open@/)
    assert.equal(body.faces.length, 3)
    const areas = body.faces.map(({ box }) => box.width * box.height)
    assert.deepEqual(
      areas,
      areas.toSorted((one, other) => other - one),
    )
    for (const face of body.faces) {
      assert.deepEqual(Object.keys(face).sort(), ['box', 'confidence', 'landmarks', 'pose'])
      assert.deepEqual(Object.keys(face.pose).sort(), ['pitch', 'roll', 'yaw'])
      const { leftEye, rightEye, nose, mouthLeft, mouthRight } = face.landmarks
      assert.equal(Object.keys(face.landmarks).length, 5)
      assert.ok(leftEye.x < rightEye.x && mouthLeft.x < mouthRight.x, "left is the viewer's")
      assert.ok(nose.y > Math.min(leftEye.y, rightEye.y) && nose.y < Math.max(mouthLeft.y, mouthRight.y))
    }
  })

  test('points and templates come when asked for', async () => {
    const { body } = await detect(await readSample(3), { points: true, template: true })
    for (const { box, points, template } of body.faces) {
      assert.equal(points?.length, 468)
      assert.ok(points.every(point => point.length === 3 && point.every(Number.isFinite)))
      const inside = points.filter(
        ([x, y]) => x > box.x && y > box.y && x < box.x + box.width && y < box.y + box.height,
      )
      assert.ok(inside.length > 400, 'the mesh lies in the box')
      assert.equal(template?.length, 128)
      assert.ok(Math.abs(Math.hypot(...template) - 1) < 1e-3, 'a unit vector')
    }
    const [pointsOnly] = (await detect(await pictureOf('ada'), { points: true })).body.faces
    assert.deepEqual([pointsOnly.points?.length, pointsOnly.template], [468, undefined])
  })

  test('a mirrored picture turns yaw and roll around', async () => {
    const picture = await pictureOf('cleo')
    const [{ pose }] = (await detect(picture)).body.faces
    const [{ pose: mirrored }] = (await detect(await sharp(picture).flop().png().toBuffer())).body.faces
    assert.ok(Math.abs(pose.roll) > 10 && Math.abs(pose.roll + mirrored.roll) < 6)
    assert.ok(Math.abs(pose.yaw + mirrored.yaw) < 12)
  })

  test('boxes are in pixels of the picture that was sent, also when it is larger than the server works with', async () => {
    const picture = await pictureOf('bea')
    const [{ box }] = (await detect(picture)).body.faces
    const large = await sharp(picture)
      .resize(389 * 8)
      .jpeg({ quality: 80 })
      .toBuffer()
    const { image, faces } = (await detect(large)).body
    assert.deepEqual(image, { width: 3112, height: 3112 })
    assert.equal(faces.length, 1)
    for (const side of ['x', 'y', 'width', 'height'] as const)
      assert.ok(Math.abs(faces[0].box[side] / 8 - box[side]) < 0.06 * box.width, `${side}: ${faces[0].box[side]}`)
  })

  test('a picture without a face is an empty list', async () => {
    const { status, body } = await detect(await pictureOfNobody())
    assert.deepEqual([status, body.faces], [200, []])
  })

  test('by multipart', async () => {
    const form = new FormData()
    form.set('image', new Blob([new Uint8Array(await pictureOf('ada'))]), 'ada.jpg')
    form.set('template', 'true')
    const { status, body } = await call<DetectAnswer>('POST', '/v1/detect', form)
    assert.deepEqual([status, body.faces.length, body.faces[0].template?.length], [200, 1, 128])
  })
})

describe('open to everyone', () => {
  const { call: ask } = createClient(server.url, null)

  test('health', async () => {
    const live = await ask('GET', '/health/live')
    assert.deepEqual([live.status, live.body], [200, { status: 'live' }])
    const ready = await ask('GET', '/health/ready')
    assert.deepEqual([ready.status, ready.body], [200, { status: 'ready', state: 'ready' }])
    assertUuidV7(ready.headers.get('x-request-id'))
  })

  test('the description of the API names every call', async () => {
    const { status, body } = await ask<{ openapi: string; paths: Record<string, object> }>('GET', '/openapi.json')
    assert.equal(status, 200)
    assert.equal(body.openapi, '3.1.0')
    const calls = Object.entries(body.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`),
    )
    assert.deepEqual(calls.sort(), [
      'DELETE /v1/credentials/{credential}',
      'DELETE /v1/galleries/{gallery}',
      'DELETE /v1/galleries/{gallery}/faces/{face}',
      'DELETE /v1/galleries/{gallery}/subjects/{subject}',
      'DELETE /v1/sessions/{session}',
      'DELETE /v1/webhook',
      'GET /health/live',
      'GET /health/ready',
      'GET /v1/audit',
      'GET /v1/credentials',
      'GET /v1/credentials/{credential}',
      'GET /v1/galleries',
      'GET /v1/galleries/{gallery}',
      'GET /v1/galleries/{gallery}/faces',
      'GET /v1/galleries/{gallery}/faces/{face}',
      'GET /v1/galleries/{gallery}/faces/{face}/picture',
      'GET /v1/galleries/{gallery}/subjects',
      'GET /v1/galleries/{gallery}/subjects/{subject}',
      'GET /v1/galleries/{gallery}/subjects/{subject}/export',
      'GET /v1/galleries/{gallery}/subjects/{subject}/faces',
      'GET /v1/receipts/keys',
      'GET /v1/sessions',
      'GET /v1/sessions/{session}',
      'GET /v1/sessions/{session}/picture',
      'GET /v1/transactions',
      'GET /v1/transactions/{transaction}',
      'GET /v1/usage',
      'GET /v1/webhook',
      'PATCH /v1/galleries/{gallery}',
      'PATCH /v1/galleries/{gallery}/subjects/{subject}',
      'POST /v1/compare',
      'POST /v1/credentials',
      'POST /v1/detect',
      'POST /v1/galleries',
      'POST /v1/galleries/{gallery}/faces',
      'POST /v1/galleries/{gallery}/faces:batch',
      'POST /v1/galleries/{gallery}/search',
      'POST /v1/galleries/{gallery}/subjects/{subject}/verify',
      'POST /v1/search',
      'POST /v1/sessions',
      'PUT /v1/webhook',
    ])
  })

  test('the page that shows it, without anything from elsewhere', async () => {
    const { status, headers, body } = await ask<string>('GET', '/docs')
    assert.equal(status, 200)
    assert.match(headers.get('content-type') ?? '', /^text\/html/)
    assert.doesNotMatch(body, /(src|href)="https?:/)
  })
})
