// File upload of the Alibaba Cloud API as the vendor's client does it, step by step: announce, send over HTTPS on the same
// port, use once.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { request as requestTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createTenant } from '../../src/core/tenants.ts'
import { openCertificate } from '../../src/http/certificate.ts'
import { makeGroup, openAlibaba, recordsOf } from './alibaba-app.ts'
import {
  assertRefused,
  assertSuccess,
  base64,
  createVendorClient,
  makeKeys,
  operatorOf,
  picture,
  type VendorClient,
} from './alibaba-client.ts'

interface Ticket {
  AccessKeyId: string
  Bucket: string
  Endpoint: string
  EncodedPolicy: string
  ObjectKey: string
  Signature: string
  UseAccelerate: boolean
}

const folder = await mkdtemp(join(tmpdir(), 'likeness-uploads-'))
const certificate = await openCertificate({ certFile: undefined, keyFile: undefined, folder, host: '127.0.0.1' })
const { app, client } = await openAlibaba({ certificate })
after(async () => {
  await app.close()
  await rm(folder, { recursive: true, force: true })
})
const code = await makeGroup(client, 'Uploads')
const { add } = recordsOf(client, code)

const announce = async (from = client): Promise<Ticket> => {
  const answer = await from.call(
    'AuthorizeFileUpload',
    {},
    { method: 'GET', version: '2019-12-19', query: { Product: 'Cloudauth-intl', RegionId: 'ap-southeast-1' } },
  )
  assertSuccess(answer)
  return answer.body
}
const assertFull = async (from: VendorClient): Promise<void> =>
  assertRefused(
    await from.call('AuthorizeFileUpload', {}, { version: '2019-12-19', query: { Product: 'Cloudauth-intl' } }),
    503,
    'ServiceUnavailable',
  )
const addressOf = ({ Bucket, Endpoint, ObjectKey }: Ticket): string => `http://${Bucket}.${Endpoint}/${ObjectKey}`

const BOUNDARY = 'boundary195aa757149f'
/** The body that the vendor's Node client sends, to the byte: no line break behind the file, and a field after it. */
const formOf = (ticket: Ticket, file: Buffer, fields: Record<string, string> = {}): Buffer => {
  const all: Record<string, string> = {
    host: ticket.Endpoint,
    OSSAccessKeyId: ticket.AccessKeyId,
    policy: ticket.EncodedPolicy,
    Signature: ticket.Signature,
    key: ticket.ObjectKey,
    ...fields,
  }
  const part = (name: string, value: string) =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  return Buffer.concat([
    Buffer.from(
      Object.entries(all)
        .map(([name, value]) => part(name, value))
        .join(''),
    ),
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${ticket.ObjectKey}"\r\nContent-Type: \r\n\r\n`,
    ),
    file,
    Buffer.from(`${part('success_action_status', '201')}\r\n--${BOUNDARY}--\r\n`),
  ])
}

interface Sent {
  readonly status: number
  readonly type: string
  readonly text: string
}

/** Over TLS and in chunks, as the vendor's clients do. */
const send = (
  { Bucket, Endpoint }: Ticket,
  body: Buffer,
  type = `multipart/form-data; boundary=${BOUNDARY}`,
): Promise<Sent> =>
  new Promise((resolve, reject) => {
    const url = `https://${Bucket}.${Endpoint}/`
    const call = requestTls(
      url,
      { method: 'POST', rejectUnauthorized: false, headers: { 'content-type': type, 'transfer-encoding': 'chunked' } },
      response => {
        let text = ''
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, type: String(response.headers['content-type'] ?? ''), text }),
        )
      },
    )
    call.on('error', reject)
    for (let at = 0; at < body.length; at += 16_384) call.write(body.subarray(at, at + 16_384))
    call.end()
  })
const assertError = ({ status, type, text }: Sent, expected: number, errorCode: string): void => {
  assert.equal(status, expected, text)
  assert.equal(type, 'application/xml')
  assert.match(
    text,
    new RegExp(
      `^<\\?xml version="1.0" encoding="UTF-8"\\?><Error><Code>${errorCode}</Code><Message>.+</Message><RequestId>[0-9A-F-]{36}</RequestId><HostId>.+</HostId></Error>$`,
    ),
  )
}

describe('a file', () => {
  test('is announced, sent and used, once', async () => {
    const ticket = await announce()
    const { port } = new URL(app.url)
    assert.deepEqual([ticket.Bucket, ticket.Endpoint, ticket.UseAccelerate], ['127', `0.0.1:${port}`, false])
    const policy = JSON.parse(Buffer.from(ticket.EncodedPolicy, 'base64').toString())
    assert.deepEqual(policy.conditions, [
      ['content-length-range', 0, 10_485_760],
      ['eq', '$key', ticket.ObjectKey],
    ])
    const sent = await send(ticket, formOf(ticket, picture('file')))
    assert.equal(sent.status, 201, sent.text)
    assert.match(
      sent.text,
      /<PostResponse><Bucket>127<\/Bucket><Location>.+<\/Location><Key>upload\/[0-9a-f]{32}\.jpg<\/Key><ETag>&quot;[0-9A-F]{32}&quot;<\/ETag><\/PostResponse>$/,
    )
    const added = await add({ FacePictureFile: addressOf(ticket) })
    assertSuccess(added)
    const { body } = await client.call(
      'QueryFaceRecord',
      {},
      { query: { FaceGroupCode: code, CurrentPage: 1, PageSize: 1 } },
    )
    assert.equal(`upload/${body.Items[0].MerchantUserId}.jpg`, ticket.ObjectKey)
    const kept = await fetch(body.Items[0].ImgOssUrl)
    assert.deepEqual(Buffer.from(await kept.arrayBuffer()), picture('file'), 'not one byte more')
    assertRefused(await add({ MerchantUserId: 'again', FacePictureFile: addressOf(ticket) }), 400, 'InvalidParameter')
    assertError(await send(ticket, formOf(ticket, picture('file'))), 403, 'AccessDenied')
  })

  test('serves one of two calls at the same time', async () => {
    const ticket = await announce()
    await send(ticket, formOf(ticket, picture('twice')))
    const answers = await Promise.all(
      ['one', 'other'].map(MerchantUserId => add({ MerchantUserId, FacePictureFile: addressOf(ticket) })),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400])
  })

  test('goes before base64 and URL', async () => {
    const ticket = await announce()
    await send(ticket, formOf(ticket, picture('first')))
    assertSuccess(
      await add({
        MerchantUserId: 'first',
        FacePicture: base64(picture('other')),
        FacePictureUrl: 'https://example.com/',
        FacePictureFile: addressOf(ticket),
      }),
    )
  })

  test('is gone after a call that came to nothing', async () => {
    const ticket = await announce()
    await send(ticket, formOf(ticket, picture('lost')))
    assertRefused(
      await add({ FaceGroupCode: 'sg0', FacePictureFile: addressOf(ticket) }),
      400,
      'InvalidParameter',
      /code/,
    )
    assertRefused(await add({ FacePictureFile: addressOf(ticket) }), 400, 'InvalidParameter', /uploaded here/)
  })

  test('of another tenant, and one that was never sent, is none; foreign addresses are never asked', async () => {
    await createTenant(operatorOf(app, ['default']), { id: 'other' })
    const other = createVendorClient(app.url, await makeKeys(app, { tenantId: 'other' }))
    const ticket = await announce(other)
    await send(ticket, formOf(ticket, picture('theirs')))
    const unsent = await announce()
    for (const FacePictureFile of [
      addressOf(ticket),
      addressOf(unsent),
      'http://example.com/upload/x.jpg',
      'http://169.254.169.254/latest',
      app.url,
    ])
      assertRefused(await add({ FacePictureFile }), 400, 'InvalidParameter')
  })

  test('is refused as its policy has it', async () => {
    const ticket = await announce()
    const file = picture('x')
    assertError(
      await send(ticket, formOf(ticket, Buffer.concat([file, Buffer.alloc(10_485_760)]))),
      400,
      'EntityTooLarge',
    )
    assertError(await send(ticket, formOf(ticket, Buffer.alloc(10_485_761))), 400, 'EntityTooLarge')
    assertError(await send(ticket, formOf(ticket, file, { Signature: 'AAAA' })), 403, 'SignatureDoesNotMatch')
    assertError(await send(ticket, formOf(ticket, file, { OSSAccessKeyId: 'x' })), 403, 'InvalidAccessKeyId')
    assertError(await send(ticket, formOf(ticket, file, { key: 'upload/x.jpg' })), 403, 'AccessDenied')
    assertError(await send(ticket, Buffer.from('nothing')), 400, 'MalformedPOSTRequest')
    assertError(await send(ticket, Buffer.alloc(0)), 400, 'MalformedPOSTRequest')
    assertError(await send(ticket, formOf(ticket, file), 'multipart/form-data'), 400, 'MalformedPOSTRequest')
    assert.equal((await send(ticket, formOf(ticket, Buffer.alloc(10_485_760)))).status, 201)
  })

  test('answers as the form asks', async () => {
    for (const [status, expected] of [
      ['200', 200],
      ['204', 204],
      ['x', 204],
    ] as const) {
      const ticket = await announce()
      const body = formOf(ticket, picture('s')).toString('latin1').replace('\r\n\r\n201\r\n', `\r\n\r\n${status}\r\n`)
      const sent = await send(ticket, Buffer.from(body, 'latin1'))
      assert.deepEqual([sent.status, sent.text], [expected, ''])
    }
  })

  test('expires', async context => {
    const short = await openAlibaba({ limits: { uploadLifeMs: 1 } })
    context.after(() => short.app.close())
    const ticket = await announce(short.client)
    await new Promise(resolve => setTimeout(resolve, 5))
    const answer = await fetch(short.app.url, {
      method: 'POST',
      body: new Uint8Array(formOf(ticket, picture('late'))),
      headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    })
    assert.equal(answer.status, 403)
    assert.match(await answer.text(), /<Code>AccessDenied<\/Code>/)
  })

  test('waits among so many and no more', async context => {
    const small = await openAlibaba({ limits: { maxUploads: 1 } })
    context.after(() => small.app.close())
    await announce(small.client)
    await assertFull(small.client)
  })

  test('leaves room for those of other tenants, in number and in bytes', async context => {
    const small = await openAlibaba({ certificate, limits: { maxUploads: 4, maxUploadedBytes: 2000 } })
    context.after(() => small.app.close())
    await createTenant(operatorOf(small.app, ['default']), { id: 'other' })
    const other = createVendorClient(small.app.url, await makeKeys(small.app, { tenantId: 'other' }))
    const [one, two] = [await announce(small.client), await announce(small.client)]
    await assertFull(small.client)
    const theirs = await announce(other)
    assert.equal((await send(one, formOf(one, Buffer.alloc(600)))).status, 201)
    assertError(await send(two, formOf(two, Buffer.alloc(401))), 503, 'ServiceUnavailable')
    assert.equal((await send(theirs, formOf(theirs, Buffer.alloc(1000)))).status, 201)
    assert.equal((await send(two, formOf(two, Buffer.alloc(400)))).status, 201)
  })

  test('needs a host that can be put together again', async () => {
    const { port } = new URL(app.url)
    const local = createVendorClient(`http://localhost:${port}`, await makeKeys(app))
    assert.deepEqual([(await announce(local)).Bucket, (await announce(local)).Endpoint], ['127', `0.0.1:${port}`])
  })
})

test('the captured body gives exactly the 80,006 bytes of its file', async () => {
  const captured = readFileSync(
    new URL('../../src/http/protocols/alibaba/__fixtures__/post-object.bin', import.meta.url),
  )
  const at = captured.indexOf('\r\n\r\n', captured.indexOf('name="file"')) + 4
  const ticket = await announce()
  const head = formOf(ticket, Buffer.alloc(0))
  const body = Buffer.concat([
    head.subarray(0, head.indexOf('\r\n\r\n', head.indexOf('name="file"')) + 4),
    captured.subarray(at),
  ])
  const sent = await send(ticket, body)
  const etag = /&quot;([0-9A-F]{32})&quot;/.exec(sent.text)?.[1]
  // That of the file, as the capture's own answer has it.
  assert.equal(etag, '6693A8C8021FD03DAA0B4F6B109768EC')
})
