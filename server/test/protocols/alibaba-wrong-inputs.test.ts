// Every action of the Alibaba Cloud API with wrong values in every parameter, rightly signed; and bytes that are no call. None
// of it may be the server's fault.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { describeActions } from '../../src/http/protocols/alibaba/document.ts'
import { openAlibaba } from './alibaba-app.ts'
import { base64, type Fields, picture } from './alibaba-client.ts'

const WRONG = [
  ' ',
  '0',
  '-1',
  '1.5',
  '9'.repeat(15),
  '9'.repeat(400),
  'x'.repeat(5000),
  '\u0000',
  'é\u202e😀',
  "' or 1=1 --",
  '%',
  '[]',
  '[null]',
  '{"__proto__":{"a":1}}',
  '../../etc/passwd',
  'http://',
  'http://[::1]:1/',
  'data:image/jpeg;base64,',
  'AAAA',
  'toString',
]

const { app, client } = await openAlibaba({ limits: { alibabaCallsPerSecond: 10_000 } })
after(() => app.close())

describe('wrong values', () => {
  for (const { name, version, parameters } of describeActions())
    test(`of ${name}`, async () => {
      const { body } = await client.call('AddFaceGroup', { Name: 'g' })
      const right: Fields = { ...rightOf(body.Result.Code), ...(name === 'ModifyFaceGroup' && { Id: body.Result.Id }) }
      for (const parameter of parameters)
        for (const value of WRONG) {
          const answer = await client.call(name, { ...right, [parameter.name]: value }, { version })
          assert.ok(answer.status < 500, `${parameter.name}=${JSON.stringify(value)}: ${answer.text}`)
          assert.match(answer.body.RequestId, /^[0-9A-F-]{36}$/)
        }
    })

  const rightOf = (code: string): Fields => ({
    FaceGroupCode: code,
    FaceGroupCodes: code,
    FaceRegisterGroupCode: code,
    MerchantBizId: 'b1',
    MerchantUserId: 'u1',
    Name: 'g',
    CurrentPage: 1,
    PageSize: 10,
    VerifyModel: '0',
    Product: 'Cloudauth-intl',
    SourceFacePicture: base64(picture('ana')),
    FacePicture: base64(picture('ana')),
    ImgOssInfos: '[]',
  })
})

test('bytes that are no call', async () => {
  const bodies = [
    Buffer.alloc(0),
    Buffer.from([0xff, 0xfe, 0]),
    Buffer.from('&&&==&=&'),
    Buffer.from('a=%'),
    Buffer.alloc(100_000, '&'),
  ]
  const types = [
    'application/x-www-form-urlencoded',
    'application/json',
    'multipart/form-data; boundary=x',
    'multipart/mixed',
    'x',
    'text/plain; charset=utf-16',
  ]
  for (const headers of [
    {},
    { 'x-acs-action': 'AddFaceRecord' },
    { 'x-acs-action': 'constructor', 'x-acs-version': '' },
  ])
    for (const type of types)
      for (const body of bodies) {
        const answer = await fetch(`${app.url}/`, {
          method: 'POST',
          body,
          headers: { ...headers, 'content-type': type },
        })
        assert.ok(
          answer.status >= 400 && answer.status < 500,
          `${type} ${body.length}: ${answer.status} ${await answer.text()}`,
        )
      }
})
