// Logs hold no biometric data, no secrets and nobody's name: a server that logs all it can is used in every way, and what it
// wrote is searched.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { pictureOf } from '../src/vision/pictures.fixture.ts'
import type { DetectAnswer, EnrolAnswer } from './answers.ts'
import { base64, createClient, createGallery, launchReady } from './support.ts'

const lines: string[] = []
const server = await launchReady({ logLevel: 'debug' }, { write: line => lines.push(line) })
after(() => server.close())
const { call } = server

const PERSON = 'person-zx81'
const SECRETS = [
  'metadata-zx82',
  'wrong-key-zx83',
  'file-zx84',
  'query-zx85',
  'form-zx86',
  'gallery-zx87',
  'broken-zx88',
]

test('no word of what was sent and answered is in the log', async () => {
  const ada = await pictureOf('ada')
  const image = base64(ada)
  const detected = await call<DetectAnswer>('POST', '/v1/detect', { image, template: true, points: true })
  const { template, points } = detected.body.faces[0]
  assert.ok(template && points)
  await createGallery(server, 'gallery-zx87')
  const faces = '/v1/galleries/gallery-zx87/faces'
  const enrolment = { image, subjectId: PERSON, metadata: { word: 'metadata-zx82' } }
  const enrolled = await call<EnrolAnswer>('POST', faces, enrolment)
  assert.equal(enrolled.status, 201)
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(ada)]), 'file-zx84.jpg')
  form.set('subjectId', `${PERSON}-2`)
  form.set('metadata', JSON.stringify({ word: 'form-zx86' }))
  assert.equal((await call('POST', faces, form)).status, 201)

  const subject = `/v1/galleries/gallery-zx87/subjects/${PERSON}`
  await call('POST', '/v1/galleries/gallery-zx87/search', { image })
  await call('POST', `${subject}/verify`, { image })
  await call('POST', '/v1/compare', { image1: image, image2: image })
  await call('GET', subject)
  await call('GET', `/v1/galleries?cursor=query-zx85`)
  await call('PATCH', subject, { metadata: { word: 'metadata-zx82' } })
  // Refused: for the body, the picture, the key, the address, the type.
  const JSON_TYPE = { 'content-type': 'application/json' }
  await call('POST', faces, `{"image": "${image}", "broken-zx88`, JSON_TYPE)
  await call('POST', faces, { image: 'broken-zx88', subjectId: PERSON })
  await call('POST', faces, { image, subjectId: PERSON, colour: 'broken-zx88' })
  await call('POST', faces, new Uint8Array(ada), { 'content-type': 'image/jpeg' })
  await call('POST', faces, '--b\r\nbroken-zx88', { 'content-type': 'multipart/form-data; boundary=b' })
  await createClient(server.url, 'lk_wrong-key-zx83').call('GET', subject)
  await createClient(server.url, null).call('GET', `${subject}?key=wrong-key-zx83`)
  await call('GET', `${subject}-unknown`)
  await call('GET', `/v1/galleries/gallery-zx87/subjects/${PERSON}/%ZZ`)
  await call('GET', `/nowhere/${PERSON}`)
  await call('GET', '/v1/galleries', undefined, { 'x-long': PERSON.repeat(3000) }).catch(() => null)
  await call('DELETE', subject)

  const log = lines.join('')
  const base = Buffer.from(ada)
  for (const secret of [
    server.key,
    server.key.slice(3, 20),
    PERSON,
    ...SECRETS,
    image.slice(0, 40),
    image.slice(2000, 2040),
    base.subarray(200, 220).toString('latin1'),
    base.subarray(200, 220).toString('hex'),
    enrolled.body.face.id,
    ...template.slice(0, 10).map(value => String(value).slice(0, 9)),
    ...points.slice(0, 10).map(point => String(point[0])),
  ])
    assert.ok(!log.includes(secret), `the log holds ${secret}`)
})

test('each line is JSON, and each request has one', async () => {
  const before = lines.length
  const answer = await call('GET', '/v1/galleries/gallery-zx87')
  const id = answer.headers.get('x-request-id')
  const parsed = lines.slice(before).map(line => JSON.parse(line))
  const [line] = parsed.filter(({ transactionId }) => transactionId === id)
  const { time, ms, credential, ...rest } = line
  assert.match(time, /^\d{4}-\d{2}-\d{2}T.*Z$/)
  assert.ok(ms >= 0 && credential)
  assert.deepEqual(rest, {
    level: 30,
    transactionId: id,
    method: 'GET',
    route: '/v1/galleries/:gallery',
    status: 200,
    code: 'ok',
    tenant: 'default',
    msg: 'request',
  })
})
