// Codes of the Alibaba Cloud API from real causes: real pictures and models, a picture server that never answers, ports that
// fail, a full line, a start; and regions by endpoint.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { adaElsewhere, cutPerson, pictureOf, pictureOfNobody } from '../../src/vision/pictures.fixture.ts'
import { type Operator, openOperator } from '../operator.ts'
import { launch, launchReady, type TestServer } from '../support.ts'
import { makeGroup, openAlibaba, recordOf, recordsOf } from './alibaba-app.ts'
import {
  assertRefused,
  assertSuccess,
  base64,
  createVendorClient,
  type Fields,
  makeKeysWith,
  readingHeads,
  type VendorAnswer,
  type VendorClient,
} from './alibaba-client.ts'

describe('over real models', () => {
  let server: TestServer
  let operator: Operator
  let client: VendorClient
  let pictures: Server
  let code: string
  const address = (path: string): string => `http://127.0.0.1:${(pictures.address() as AddressInfo).port}${path}`

  before(async () => {
    const ada = await pictureOf('ada')
    pictures = createServer((request, response) => {
      if (request.url === '/ada.jpg') response.writeHead(200, { 'content-type': 'image/jpeg' }).end(ada)
      else if (request.url === '/missing.jpg') response.writeHead(404).end()
      else if (request.url === '/drip.jpg')
        response.writeHead(200, { 'content-type': 'image/jpeg' }).write(ada.subarray(0, 10))
      // All else is never answered.
    }).listen(0, '127.0.0.1')
    server = await launchReady({ imageUrlAllow: '127.0.0.1', alibabaUrlTimeoutMs: 200 })
    operator = await openOperator(server)
    client = createVendorClient(server.url, await makeKeysWith(operator))
    code = await makeGroup(client, 'Staff')
  })
  after(async () => {
    pictures.closeAllConnections()
    pictures.close()
    await operator.close()
    await server.close()
  })
  const add = (fields: Fields): Promise<VendorAnswer> => recordsOf(client, code).add(fields)

  test('a person is added, found in another photograph, listed and deleted', async () => {
    assertSuccess(
      await add({ MerchantUserId: 'ada', FacePicture: base64(await pictureOf('ada')), FaceQualityCheck: 'Y' }),
    )
    assertSuccess(await add({ MerchantUserId: 'bea', FacePicture: base64(await pictureOf('bea')) }))
    const probe = base64(await adaElsewhere())
    const check = () =>
      client.call(
        'FaceDuplicationCheckIntl',
        { MerchantBizId: 'b1', MerchantUserId: 'u', VerifyModel: '0', FaceGroupCodes: code, SourceFacePicture: probe },
        { query: { ProductCode: 'FACE_IDU_MIN' } },
      )
    const found = await check()
    assertSuccess(found)
    assert.equal(JSON.parse(found.body.Result.DuplicateFace)[0].merchantUserId, 'ada')
    const { body } = await server.call<{ items: { id: string }[] }>(
      'GET',
      `/v1/galleries/${await galleryId()}/subjects`,
    )
    assert.deepEqual(
      body.items.map(({ id }) => id),
      ['ada', 'bea'],
    )
    const removed = await client.call('DeleteFaceRecordV2', {}, { query: { MerchantUserId: 'ada' } })
    assert.deepEqual(removed.body.Result, { Deleted: 'Y', DeletedGroupCodes: code })
    assert.equal((await check()).body.Result.DuplicateFace, '[]')
  })
  const galleryId = async (): Promise<string> => {
    const { body } = await server.call<{ items: { id: string; code: string }[] }>('GET', '/v1/galleries')
    return body.items.find(each => each.code === code)?.id ?? ''
  }

  test('a blurred face is of low quality', async () => {
    const blurred = await cutPerson('dora').blur(12).jpeg().toBuffer()
    const answer = await add({ MerchantUserId: 'dora', FacePicture: base64(blurred), FaceQualityCheck: 'Y' })
    assertSuccess(answer)
    assert.deepEqual(answer.body.Result, { Passed: 'N', ExtFaceInfo: '{"faceQuality":"LOW"}' })
    const told = await add({ MerchantUserId: 'dora', FacePicture: base64(blurred) })
    assert.deepEqual(told.body.Result, { Passed: 'Y', ExtFaceInfo: '{"faceQuality":"LOW"}' })
  })

  test('UnqualifiedPhoto: PNG, too large by a pixel, truncated', async () => {
    const cut = cutPerson('fay')
    const whole = await cut.clone().jpeg().toBuffer()
    for (const bytes of [
      await cut.clone().png().toBuffer(),
      await cut.clone().webp().toBuffer(),
      await cut.clone().resize(1081, 1081).jpeg().toBuffer(),
      await cut.clone().resize(600, 1921, { fit: 'fill' }).jpeg().toBuffer(),
      whole.subarray(0, 4000),
    ])
      assertRefused(await add({ MerchantUserId: 'fay', FacePicture: base64(bytes) }), 401, 'UnqualifiedPhoto')
  })

  test('NoFaceDetected', async () => {
    assertRefused(await add({ FacePicture: base64(await pictureOfNobody()) }), 401, 'NoFaceDetected')
  })

  test('DownloadTimeout: a server that says nothing, stops half-way or is not there', async () => {
    assertSuccess(await add({ MerchantUserId: 'by-url', FacePictureUrl: address('/ada.jpg') }))
    for (const path of ['/silent.jpg', '/drip.jpg', '/missing.jpg'])
      assertRefused(await add({ MerchantUserId: 'late', FacePictureUrl: address(path) }), 401, 'DownloadTimeout')
    assertRefused(await add({ FacePictureUrl: 'http://127.0.0.1:1/x.jpg' }), 401, 'DownloadTimeout')
    assertRefused(await add({ FacePictureUrl: 'http://10.0.0.1/x.jpg' }), 400, 'InvalidParameter')
  })
})

test('ServiceUnavailable while the server is starting, as JSON like everything', async context => {
  const server = await launch({ packsDir: await mkdtemp(join(tmpdir(), 'likeness-no-packs-')) })
  context.after(async () => {
    await server.ready.catch(() => null)
    await server.close()
    await rm(server.config.packsDir, { recursive: true, force: true })
  })
  const operator = await openOperator(server)
  context.after(() => operator.close())
  const client = createVendorClient(server.url, await makeKeysWith(operator))
  assertRefused(await client.call('KeepaliveIntl'), 503, 'ServiceUnavailable')
})

describe('over a fake core', () => {
  const open = async (options: Parameters<typeof openAlibaba>[0]) => {
    const { app, client } = await openAlibaba(options)
    const code = await makeGroup(client, 'g')
    const { add, list } = recordsOf(client, code)
    return { app, client, list, add: (user: string): Promise<VendorAnswer> => add(recordOf(user)) }
  }

  test('InternalError: the store fails, and says nothing of itself', async context => {
    const { app, add, list } = await open({
      adapt: ports => {
        const adapted = readingHeads()(ports)
        const insert = async () => {
          throw new Error('/secret/path: disk on fire')
        }
        return { ...adapted, store: { ...adapted.store, faces: { ...adapted.store.faces, insert } } }
      },
    })
    context.after(() => app.close())
    const answer = await add('ana')
    assertRefused(answer, 500, 'InternalError')
    assert.doesNotMatch(answer.text, /fire/)
    assert.equal((await list({})).body.TotalCount, 0)
  })

  test('ServiceUnavailable: more pictures than the server takes, and one that takes too long', async context => {
    const full = await open({
      adapt: readingHeads({
        stats: () => ({ waiting: 100, working: 1, places: 1, framesWaiting: 0, framePlaces: 1, pictureMs: 1000 }),
      }),
    })
    context.after(() => full.app.close())
    const busy = await full.add('ana')
    assertRefused(busy, 503, 'ServiceUnavailable')
    assert.ok(Number(busy.headers.get('x-acs-retry-after')) >= 1000)
    assertSuccess(await full.client.call('KeepaliveIntl'))

    const old = await full.client.callRpc('AddFaceRecord', { ...recordOf('ana'), Format: 'JSON' })
    assertRefused(old, 503, 'ServiceUnavailable')
    assertSuccess(await full.client.callRpc('KeepaliveIntl'))

    const slow = await open({
      limits: { alibabaCallTimeoutMs: 50 },
      adapt: ports => {
        const adapted = readingHeads()(ports)
        const analyse: typeof adapted.engine.analyse = (_image, { signal }) =>
          new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
        return { ...adapted, engine: { ...adapted.engine, analyse } }
      },
    })
    context.after(() => slow.app.close())
    assertRefused(await slow.add('ana'), 503, 'ServiceUnavailable')
  })

  test('ServiceUnavailable: before the body where the head names the action, and never for a body that names none', async context => {
    const { app } = await open({
      adapt: readingHeads({
        stats: () => ({ waiting: 100, working: 1, places: 1, framesWaiting: 0, framePlaces: 1, pictureMs: 1000 }),
      }),
    })
    context.after(() => app.close())
    const bodiless = request(app.url, {
      method: 'POST',
      headers: { 'x-acs-action': 'AddFaceRecord', 'content-length': 1000 },
    })
    bodiless.flushHeaders()
    const [answer] = await once(bodiless, 'response')
    assert.equal(answer.statusCode, 503)
    // Not that of a body that came too late.
    assert.ok(Number(answer.headers['x-acs-retry-after']) >= 1000)
    bodiless.destroy()
    const file = await fetch(app.url, {
      method: 'POST',
      body: 'nothing',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    })
    assert.equal(file.status, 400)
    assert.match(await file.text(), /<Code>MalformedPOSTRequest<\/Code>/)
  })

  test('ToolargeImage: a body that no picture needs', async context => {
    const { app, client } = await open({ limits: { maxBodyBytes: 10_000 } })
    context.after(() => app.close())
    assertRefused(await client.call('AddFaceRecord', { FacePicture: 'A'.repeat(10_001) }), 401, 'ToolargeImage')
  })
})

describe('regions', () => {
  const ENDPOINTS = {
    singapore: 'cloudauth-intl.ap-southeast-1.aliyuncs.com',
    jakarta: 'cloudauth-intl.ap-southeast-5.aliyuncs.com',
  }
  let folder: string
  let server: TestServer
  let operator: Operator

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-regions-'))
    const regionsFile = join(folder, 'regions.json')
    const regions = Object.fromEntries(
      Object.entries(ENDPOINTS).map(([id, host]) => [id, { hosts: [host, host.replace('intl.', 'intl-vpc.')] }]),
    )
    await writeFile(regionsFile, JSON.stringify({ regions }))
    server = await launchReady({ regionsFile, trustProxy: '127.0.0.1', unknownHosts: 'credential' })
    operator = await openOperator(server)
  })
  after(async () => {
    await operator.close()
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('are chosen by the endpoint, public and inside, for every key, and keep their groups apart', async () => {
    const client = createVendorClient(server.url, await makeKeysWith(operator, { regionId: 'singapore' }))
    const groups = async (host: string, headers?: Record<string, string>) => {
      const options = { query: { CurrentPage: 1, PageSize: 10 }, host, headers }
      const answer = await client.call('QueryFaceGroup', {}, options)
      assertSuccess(answer)
      return answer.body.Items.map(({ Name }: { Name: string }) => Name)
    }
    for (const [name, host] of Object.entries(ENDPOINTS))
      assertSuccess(await client.call('AddFaceGroup', { Name: name }, { host }))
    for (const [name, host] of Object.entries(ENDPOINTS)) {
      assert.deepEqual(await groups(host), [name])
      assert.deepEqual(await groups(host.replace('intl.', 'intl-vpc.')), [name])
      assert.deepEqual(await groups(`${host}:443`), [name])
      // A proxy that was trusted says which host was asked.
      assert.deepEqual(await groups(host, { host: 'inside', 'x-forwarded-host': host }), [name])
    }
    assert.deepEqual(await groups('another.example'), ['singapore'], 'the region that the key was made for')
  })

  test('are none on hosts that nobody named, where the operator wants it so', async context => {
    const { app, client } = await openAlibaba({
      regions: [{ id: 'default', hosts: ['faces.example'] }],
      unknownHosts: 'refuse',
    })
    context.after(() => app.close())
    assertSuccess(await client.call('KeepaliveIntl', {}, { host: 'faces.example' }))
    assertRefused(
      await client.call('KeepaliveIntl'),
      404,
      'InvalidProduct.NotFound',
      /^Cannot find product according to your specified domain\.$/,
    )
  })
})
