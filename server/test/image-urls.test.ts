// Pictures by URL in every operation that takes a picture: enrol, search, verify, compare, detect.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { createTenant, updateTenant } from '../src/core/tenants.ts'
import { otherPictureOf, pictureOf } from '../src/vision/pictures.fixture.ts'
import type { CompareAnswer, DetectAnswer, EnrolAnswer, SearchAnswer, VerifyAnswer } from './answers.ts'
import { openOperator } from './operator.ts'
import {
  assertProblem,
  base64,
  type Client,
  countStored,
  createClient,
  createGallery,
  launch,
  launchReady,
} from './support.ts'

const PICTURES: Record<string, Buffer> = {
  '/ada.jpg': await pictureOf('ada'),
  '/ada-again.jpg': await otherPictureOf('ada'),
  '/bea.jpg': await pictureOf('bea'),
  '/text.jpg': Buffer.from('this is no picture'),
  '/empty.jpg': Buffer.alloc(0),
  '/large.jpg': Buffer.alloc(200_001),
}
const requests: string[] = []
let hangUp: (() => void) | null = null
const pictures = createServer((request, response) => {
  requests.push(String(request.url))
  if (request.url === '/slow.jpg') response.on('close', () => hangUp?.())
  else if (request.url === '/moved.jpg') response.writeHead(301, { location: '/ada.jpg' }).end()
  else if (request.url && PICTURES[request.url])
    response.setHeader('content-type', 'image/jpeg').end(PICTURES[request.url])
  else response.writeHead(404).end()
})
await new Promise<void>(resolve => pictures.listen(0, '127.0.0.1', resolve))
const { port } = pictures.address() as AddressInfo
const at = (path: string): string => `http://127.0.0.1:${port}${path}`

const server = await launchReady({ imageUrlAllow: `127.0.0.1:${port}`, maxImageBytes: 200_000 })
after(async () => {
  await server.close()
  pictures.close()
})
const { call } = server
await createGallery(server, 'people')
const FACES = '/v1/galleries/people/faces'

test('enrol, search, verify, compare and detect', async () => {
  const enrolled = await call<EnrolAnswer>('POST', FACES, { image: at('/ada.jpg'), subjectId: 'ada' })
  assert.equal(enrolled.status, 201, JSON.stringify(enrolled.body))
  assert.deepEqual(enrolled.body.face.picture, { mediaType: 'image/jpeg', bytes: PICTURES['/ada.jpg'].length })

  const image = at('/ada-again.jpg')
  const found = await call<SearchAnswer>('POST', '/v1/galleries/people/search', { image })
  assert.equal(found.body.candidates[0].subjectId, 'ada')
  const verified = await call<VerifyAnswer>('POST', '/v1/galleries/people/subjects/ada/verify', { image })
  assert.equal(verified.body.match, true)
  const detected = await call<DetectAnswer>('POST', '/v1/detect', { image: at('/moved.jpg').replace('http', 'HTTP') })
  assert.equal(detected.body.faces.length, 1)

  const [same, other, mixed] = await Promise.all([
    call<CompareAnswer>('POST', '/v1/compare', { image1: at('/ada.jpg'), image2: at('/ada-again.jpg') }),
    call<CompareAnswer>('POST', '/v1/compare', { image1: at('/ada.jpg'), image2: at('/bea.jpg') }),
    call<CompareAnswer>('POST', '/v1/compare', { image1: base64(PICTURES['/bea.jpg']), image2: at('/bea.jpg') }),
  ])
  assert.deepEqual(
    [same, other, mixed].map(({ body }) => body.match),
    [true, false, true],
  )
})

test('a text field of a multipart form may be a URL, a part with bytes is never taken for one', async () => {
  const form = new FormData()
  form.set('image', at('/ada.jpg'))
  assert.equal((await call<DetectAnswer>('POST', '/v1/detect', form)).body.faces.length, 1)
  requests.length = 0
  form.set('image', new Blob([at('/ada.jpg')]), 'ada.jpg')
  assertProblem(await call('POST', '/v1/detect', form), 422, 'image_format_unsupported')
  assert.deepEqual(requests, [])
})

describe('refused', () => {
  let stored: Awaited<ReturnType<typeof countStored>>
  before(async () => {
    stored = await countStored(server)
  })

  for (const [url, status, code] of [
    [at('/nowhere.jpg'), 422, 'image_url_status'],
    [at('/text.jpg'), 422, 'image_format_unsupported'],
    [at('/empty.jpg'), 400, 'image_empty'],
    [at('/large.jpg'), 413, 'image_too_large'],
    [`http://127.0.0.1:${port + 1}/`, 400, 'image_url_invalid'],
    ['http://127.0.0.1/', 400, 'image_url_refused'],
    ['http://[::1]/', 400, 'image_url_refused'],
    ['http://localhost/', 400, 'image_url_refused'],
    ['http://169.254.169.254/latest/meta-data/', 400, 'image_url_refused'],
    ['https://user@8.8.8.8/', 400, 'image_url_invalid'],
    ['http://', 400, 'image_url_invalid'],
    [`https://8.8.8.8/${'x'.repeat(3000)}`, 400, 'image_url_invalid'],
    ['file:///etc/passwd', 400, 'image_not_base64'],
    ['ftp://127.0.0.1/', 400, 'image_not_base64'],
    [` ${at('/ada.jpg')}`, 400, 'image_not_base64'],
  ] as const)
    test(`${url.slice(0, 60)}: ${code}`, async () => {
      const problem = assertProblem(await call('POST', FACES, { image: url }), status, code)
      // The decoder has no name for what it looks at.
      if (code !== 'image_format_unsupported') assert.equal(problem.details?.image, 'image')
      assert.deepEqual(await countStored(server), stored)
    })

  test('the second picture of two, by its name', async () => {
    const body = { image1: at('/ada.jpg'), image2: at('/nowhere.jpg') }
    const problem = assertProblem(await call('POST', '/v1/compare', body), 422, 'image_url_status')
    assert.deepEqual(problem.details, { image: 'image2', status: 404 })
  })

  test('nothing is fetched for a caller without a key or a body that is wrong', async () => {
    requests.length = 0
    const image = at('/ada.jpg')
    assertProblem(await createClient(server.url, null).call('POST', '/v1/detect', { image }), 401, 'key_missing')
    assertProblem(await call('POST', '/v1/detect', { image, points: 'maybe' }), 400, 'request_invalid')
    assertProblem(await call('POST', '/v1/compare', { image1: image }), 400, 'image_missing')
    assert.deepEqual(requests, [])
  })
})

test('a caller who hangs up ends the fetching too, before the deadline does', { timeout: 10_000 }, async () => {
  const closed = new Promise<void>(resolve => {
    hangUp = resolve
  })
  const caller = new AbortController()
  const answer = fetch(`${server.url}/v1/detect`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ image: at('/slow.jpg') }),
    signal: caller.signal,
  })
  setTimeout(() => caller.abort(), 100)
  await assert.rejects(answer)
  await closed
})

test('switched off, and only from the list', async () => {
  const off = await launchReady({ imageUrls: 'off', imageUrlAllow: '127.0.0.1' })
  const listed = await launchReady({ imageUrls: 'allow-list', imageUrlAllow: '127.0.0.0/8' })
  try {
    requests.length = 0
    assertProblem(await off.call('POST', '/v1/detect', { image: at('/ada.jpg') }), 400, 'image_url_refused')
    assert.deepEqual(requests, [])
    assertProblem(await listed.call('POST', '/v1/detect', { image: 'http://8.8.8.8/' }), 400, 'image_url_refused')
    assert.equal((await listed.call('POST', '/v1/detect', { image: at('/ada.jpg') })).status, 200)
  } finally {
    await Promise.all([off.close(), listed.close()])
  }
})

test('a tenant is held to a stricter rule than the server from the next request on, and never to a looser one', async () => {
  const listed = await launchReady({ imageUrls: 'allow-list', imageUrlAllow: `127.0.0.1:${port}` })
  const operator = await openOperator(listed)
  try {
    await createTenant(operator, { id: 'other' })
    const other = await operator.newClient({ tenantId: 'other' })
    const detect = async (client: Client, url: string): Promise<string> => {
      const { status, body } = await client.call<{ code?: string }>('POST', '/v1/detect', { image: url })
      return `${status} ${body.code ?? 'ok'}`
    }
    const refused = '400 image_url_refused'
    for (const [mode, expected] of [
      ['off', refused],
      ['allow-list', '200 ok'],
      ['public', '200 ok'],
      [null, '200 ok'],
    ] as const) {
      await updateTenant(operator, 'other', { imageUrls: mode })
      requests.length = 0
      assert.equal(await detect(other, at('/ada.jpg')), expected, String(mode))
      assert.equal(requests.length, mode === 'off' ? 0 : 1, String(mode))
      assert.equal(await detect(other, 'http://8.8.8.8/'), refused, String(mode))
      assert.equal(await detect(listed, at('/ada.jpg')), '200 ok')
    }
    await createGallery(other, 'people')
    await updateTenant(operator, 'other', { imageUrls: 'off' })
    const batch = await other.call<string>(
      'POST',
      '/v1/galleries/people/faces:batch',
      `${JSON.stringify({ image: at('/ada.jpg'), subjectId: 'ada' })}\n`,
      { 'content-type': 'application/x-ndjson' },
    )
    assert.match(JSON.stringify(batch.body), /image_url_refused/)
    await assert.rejects(updateTenant(operator, 'nobody', { imageUrls: 'off' }), { code: 'tenant_not_found' })
  } finally {
    await operator.close()
    await listed.close()
  }
})

test('a list that cannot be read keeps the server from starting', async () => {
  await assert.rejects(launch({ imageUrlAllow: 'http://pictures.example/' }), { code: 'config_invalid' })
})
