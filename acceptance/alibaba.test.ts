// The Alibaba Cloud face-group API as the vendor's own clients meet it, unmodified from npm: a pair and a group made at the
// command line, a face added in each of the three ways, found, listed and deleted, and the errors that programs catch.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { request as requestTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import openApiClient from '@alicloud/openapi-client'
import openApiCore from '@alicloud/openapi-core'
import PopClient from '@alicloud/pop-core'
import { adaElsewhere, pictureOf } from './pictures.ts'
import { call, runCommand, startServer } from './support.ts'

interface Keys {
  readonly id: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string
}

// biome-ignore lint/suspicious/noExplicitAny: what the clients give back is typed by none of them
type Body = Record<string, any>

const folder = await mkdtemp(join(tmpdir(), 'likeness-acceptance-'))
const dataDir = join(folder, 'data')
const ada = await pictureOf('ada')
const pictures: Server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'image/jpeg' }).end(ada)
}).listen(0, '127.0.0.1')
const server = await startServer(dataDir, { LIKENESS_IMAGE_URL_ALLOW: '127.0.0.1' })
after(async () => {
  pictures.close()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})
const key = server.key ?? ''
const { host } = new URL(server.url)
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const credentials = async (command: string): Promise<Keys> =>
  JSON.parse(
    await runCommand(`npx likeness credentials ${command} --data-dir ${dataDir} --json`, { url: server.url, key }),
  )
const makeGroup = async (name: string): Promise<{ id: string; code: string }> =>
  JSON.parse(await runCommand(`npx likeness galleries create --name ${name} --json`, { url: server.url, key }))

const keys = await credentials('create --protocol alibaba')
const group = await makeGroup('Staff')

interface Wanted {
  readonly action: string
  readonly body?: Record<string, string>
  readonly query?: Record<string, string>
  readonly version?: string
}

/** One generic call of each client; their product packages are made of such calls. */
type Send = (wanted: Wanted, pair?: Keys) => Promise<Body>

const settings = ({ accessKeyId, accessKeySecret, securityToken }: Keys) => ({
  accessKeyId,
  accessKeySecret,
  ...(securityToken !== undefined && { securityToken }),
  endpoint: host,
  protocol: 'HTTP',
  regionId: 'ap-southeast-1',
  readTimeout: 20_000,
  connectTimeout: 20_000,
})
const paramsOf = ({ action, version = '2022-08-09' }: Wanted) => ({
  action,
  version,
  protocol: 'HTTPS',
  pathname: '/',
  method: 'POST',
  authType: 'AK',
  style: 'RPC',
  reqBodyType: 'formData',
  bodyType: 'json',
})

const withCore =
  (more: object = {}): Send =>
  async (wanted, pair = keys) => {
    const { default: Client, $OpenApiUtil } = openApiCore
    const client = new Client(new $OpenApiUtil.Config({ ...settings(pair), ...more }))
    const request = new $OpenApiUtil.OpenApiRequest({ query: wanted.query, body: wanted.body })
    const params = new $OpenApiUtil.Params({ ...paramsOf(wanted), ...(wanted.version && { method: 'GET' }) })
    return (await client.callApi(params, request, {} as never)).body
  }

const withClient: Send = async (wanted, pair = keys) => {
  const { default: Client, Config, OpenApiRequest, Params } = openApiClient
  const client = new Client(new Config(settings(pair)) as never)
  const request = new OpenApiRequest({ query: wanted.query, body: wanted.body })
  return (await client.callApi(new Params(paramsOf(wanted)), request, {} as never)).body
}

const withPop =
  (method: 'GET' | 'POST'): Send =>
  async ({ action, body, query, version = '2022-08-09' }, { accessKeyId, accessKeySecret, securityToken } = keys) => {
    const client = new PopClient({
      endpoint: server.url,
      apiVersion: version,
      accessKeyId,
      accessKeySecret,
      securityToken,
    })
    return client.request(action, { ...query, ...body }, { method, timeout: 20_000 })
  }

const CLIENTS: readonly (readonly [string, Send])[] = [
  ['@alicloud/openapi-core', withCore()],
  ['@alicloud/openapi-core with signatureAlgorithm v2', withCore({ signatureAlgorithm: 'v2' })],
  ['@alicloud/openapi-client', withClient],
  ['@alicloud/pop-core by POST', withPop('POST')],
]

const add = (fields: Record<string, string>): Wanted => ({
  action: 'AddFaceRecord',
  body: { ProductCode: 'FACE_ENROLL', FaceGroupCode: group.code, ...fields },
})
const list = (query: Record<string, string> = {}): Wanted => ({
  action: 'QueryFaceRecord',
  query: { CurrentPage: '1', PageSize: '10', FaceGroupCode: group.code, ...query },
})
const remove = (user: string): Wanted => ({ action: 'DeleteFaceRecordV2', query: { MerchantUserId: user } })
const PASSED = { Passed: 'Y', ExtFaceInfo: '{"faceQuality":"HIGH"}' }

/** What the vendor's Node client does for a file, step by step; its second step to the byte as captured. */
const sendFile = async (send: Send, file: Buffer): Promise<string> => {
  const ticket = await send({
    action: 'AuthorizeFileUpload',
    version: '2019-12-19',
    query: { Product: 'Cloudauth-intl', RegionId: 'ap-southeast-1' },
  })
  assert.equal(ticket.UseAccelerate, false)
  const fields = {
    host: ticket.Endpoint,
    OSSAccessKeyId: ticket.AccessKeyId,
    policy: ticket.EncodedPolicy,
    Signature: ticket.Signature,
    key: ticket.ObjectKey,
  }
  const boundary = `boundary${Math.random().toString(16).slice(2, 14)}`
  const part = (name: string, value: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const chunks = [
    ...Object.entries(fields).map(([name, value]) => Buffer.from(part(name, value))),
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${ticket.ObjectKey}"\r\n`),
    Buffer.from('Content-Type: \r\n\r\n'),
    // No line break follows: that is the client's own form.
    file,
    Buffer.from(`${part('success_action_status', '201')}\r\n--${boundary}--\r\n`),
  ]
  const answer = await post(`https://${ticket.Bucket}.${ticket.Endpoint}/`, boundary, chunks)
  assert.equal(answer.status, 201, answer.text)
  assert.match(answer.text, /<PostResponse>.*<Key>.+<\/Key>.*<\/PostResponse>/)
  return `http://${ticket.Bucket}.${ticket.Endpoint}/${ticket.ObjectKey}`
}

const post = (url: string, boundary: string, chunks: Buffer[]): Promise<{ status?: number; text: string }> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, date: new Date().toUTCString() }
    const request = requestTls(url, { method: 'POST', rejectUnauthorized: false, headers }, response => {
      let text = ''
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
    request.on('error', reject)
    for (const chunk of chunks) request.write(chunk)
    request.end()
  })

test('a program adds a face in each of the three ways, finds it, lists it and deletes it', async () => {
  const send = withCore()
  const { port } = pictures.address() as AddressInfo
  const ways: Record<string, Record<string, string>> = {
    base64: { MerchantUserId: 'by-base64', FacePicture: base64(ada) },
    url: { MerchantUserId: 'by-url', FacePictureUrl: `http://127.0.0.1:${port}/ada.jpg` },
    file: { MerchantUserId: 'by-file', FacePictureFile: await sendFile(send, ada) },
  }
  for (const [way, fields] of Object.entries(ways)) {
    const added = await send(add(fields))
    assert.deepEqual([added.Code, added.Message, added.Result], ['Success', 'The request was successful.', PASSED], way)
    const found = await send({
      action: 'FaceDuplicationCheckIntl',
      query: { ProductCode: 'FACE_IDU_MIN' },
      body: {
        MerchantBizId: 'b1',
        MerchantUserId: 'visitor',
        VerifyModel: '0',
        FaceGroupCodes: group.code,
        SourceFacePicture: base64(await adaElsewhere()),
      },
    })
    const [duplicate] = JSON.parse(found.Result.DuplicateFace)
    assert.deepEqual([found.Result.FacePassed, duplicate.merchantUserId], ['N', fields.MerchantUserId])
    const [record] = (await send(list())).Items
    assert.deepEqual([record.MerchantUserId, record.FaceId], [fields.MerchantUserId, duplicate.faceId])
    const kept = await fetch(record.ImgOssUrl)
    assert.deepEqual(Buffer.from(await kept.arrayBuffer()), ada, 'the picture as it was sent')
    const native = await call<{ faceCount: number }>(server.url, key, 'GET', `/v1/galleries/${group.id}`)
    assert.equal(native.body.faceCount, 1)
    assert.deepEqual((await send(remove(fields.MerchantUserId))).Result, {
      Deleted: 'Y',
      DeletedGroupCodes: group.code,
    })
    assert.equal((await send(list())).TotalCount, 0)
  }
})

for (const [name, send] of CLIENTS)
  describe(name, () => {
    test('adds, lists and deletes; odd characters arrive as they were sent', async () => {
      const user = "user 1*~!()'é"
      const { Result } = await send(add({ MerchantUserId: user, FacePicture: base64(ada) }))
      assert.deepEqual({ ...Result }, PASSED)
      const page = await send(list({ MerchantUserId: user }))
      assert.deepEqual(
        [page.TotalCount, page.Items[0].MerchantUserId, page.Items[0].RegistrationType],
        [1, user, 'MANUAL'],
      )
      const groups = await send({ action: 'QueryFaceGroup', query: { CurrentPage: '1', PageSize: '10', Name: 'Staf' } })
      assert.deepEqual(
        groups.Items.map((item: Body) => item.Code),
        [group.code],
      )
      assert.equal((await send(remove(user))).Result.Deleted, 'Y')
      assert.equal((await send({ action: 'KeepaliveIntl' })).Result.Result, 'SUCCESS')
    })

    test('goes on with temporary keys', async () => {
      const temporary = await credentials(`sts ${keys.id} --ttl 900`)
      assert.ok(temporary.securityToken)
      assert.equal((await send(list(), temporary)).TotalCount, 0)
    })
  })

test('@alicloud/pop-core by GET, its default', async () => {
  const send = withPop('GET')
  assert.equal((await send(list())).TotalCount, 0)
  await assert.rejects(send(list({ FaceGroupCode: 'sg0' })), { name: 'InvalidParameterError' })
})

describe('errors', () => {
  const refused = async (send: Send, wanted: Wanted, pair?: Keys) =>
    send(wanted, pair).then(
      () => assert.fail('it was not refused'),
      // biome-ignore lint/suspicious/noExplicitAny: the errors of three clients
      (error: any) => error,
    )

  test('of @alicloud/openapi-core have their types', async () => {
    const send = withCore()
    const client = await refused(send, add({}))
    assert.deepEqual([client.name, client.code, client.statusCode], ['ClientError', 'InvalidParameter', 400])
    assert.match(client.message, /^InvalidParameter: code: 400, .+ request id: [0-9A-F-]{36}$/)
    assert.equal(client.data.Code, 'InvalidParameter')
    const missing = await refused(send, { action: 'AddFaceRecord', body: { FacePicture: 'AAAA' } })
    assert.deepEqual([missing.name, missing.code], ['ClientError', 'MissingParameter'])
    const photo = await refused(send, add({ FacePicture: 'AAAA' }))
    assert.deepEqual([photo.code, photo.statusCode], ['UnqualifiedPhoto', 401])
    const unknown = await refused(send, list(), { ...keys, accessKeyId: 'LTAInobody' })
    assert.deepEqual([unknown.code, unknown.statusCode], ['InvalidAccessKeyId.NotFound', 404])
    const wrong = await refused(send, list(), { ...keys, accessKeySecret: 'x' })
    assert.equal(wrong.code, 'SignatureDoesNotMatch')
  })

  test('of a sub-user say what it is denied', async () => {
    const sub = await credentials(`create --parent ${keys.id} --deny AddFaceRecord`)
    const denied = await refused(withCore(), add({ FacePicture: 'AAAA' }), sub)
    assert.deepEqual([denied.name, denied.code], ['ClientError', 'Forbidden.RAMUserAccessDenied'])
    assert.deepEqual(denied.accessDeniedDetail, { AuthAction: 'antcloudauth:AddFaceRecord' })
    assert.equal((await withCore()(list(), sub)).TotalCount, 0)
  })

  test('of a throttled call say when to come back', async () => {
    const send = withCore()
    const calls = Array.from({ length: 80 }, () => refusedOrNull(send, { action: 'KeepaliveIntl' }))
    const errors = (await Promise.all(calls)).filter(error => error !== null)
    assert.ok(errors.length > 0, 'eighty at once are too many')
    for (const error of errors) {
      assert.deepEqual([error.name, error.code, error.statusCode], ['ThrottlingError', 'Throttling.Api', 403])
      assert.ok(error.retryAfter > 0 && error.retryAfter <= 1000)
    }
  })
  // biome-ignore lint/suspicious/noExplicitAny: the errors of three clients
  const refusedOrNull = (send: Send, wanted: Wanted): Promise<any> =>
    send(wanted).then(
      () => null,
      error => error,
    )

  test('of a suspended tenant', async () => {
    await runCommand(`npx likeness tenants create acme --data-dir ${dataDir}`, { url: server.url, key })
    const own = await credentials('create --protocol alibaba --tenant acme')
    assert.equal((await withCore()({ action: 'KeepaliveIntl' }, own)).Code, 'Success')
    await runCommand(`npx likeness tenants suspend acme --data-dir ${dataDir}`, { url: server.url, key })
    assert.equal((await refused(withCore(), { action: 'KeepaliveIntl' }, own)).code, 'Forbidden.AccountAccessDenied')
  })

  test('of the older clients', async () => {
    const byClient = await refused(withClient, add({ FacePicture: 'AAAA' }))
    assert.deepEqual([byClient.code, byClient.data.Code], ['UnqualifiedPhoto', 'UnqualifiedPhoto'])
    const byPop = await refused(withPop('POST'), add({ FacePicture: 'AAAA' }))
    assert.deepEqual([byPop.name, byPop.data.Code], ['UnqualifiedPhotoError', 'UnqualifiedPhoto'])
    const wrong = await refused(withPop('POST'), list(), { ...keys, accessKeySecret: 'x' })
    assert.match(wrong.message, /^Specified signature is not matched with our calculation/)
  })
})

/** Its name is put together, so that type checks pass where it cannot be installed. */
const PRODUCT = ['@alicloud', 'cloudauth-intl20220809'].join('/')
const product = await import(PRODUCT).then(
  loaded => loaded,
  () => null,
)
test('the product package, its three steps for a file among them', {
  skip: product === null && `${PRODUCT} is not on the npm registry`,
}, async () => {
  const { default: Client, AddFaceRecordAdvanceRequest } = product.default
  const client = new Client(settings(keys))
  client._openPlatformEndpoint = host
  const { Readable } = await import('node:stream')
  const request = new AddFaceRecordAdvanceRequest({
    productCode: 'FACE_ENROLL',
    faceGroupCode: group.code,
    merchantUserId: 'by-product',
    facePictureFileObject: Readable.from([ada]),
  })
  const { body } = await client.addFaceRecordAdvance(request, { ignoreSSL: true })
  assert.equal(body.result.passed, 'Y')
})
