// The bodies of refusals in both forms, and who gets which.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { toJsonBody, toXmlBody, wantsXml } from './error-bodies.ts'
import { GatewayError } from './errors.ts'

const facts = { requestId: 'ID', hostId: 'host.example', recommend: 'https://host.example/docs?a=1&b=]]>' }

describe('a refusal', () => {
  test('as JSON', () => {
    assert.deepEqual(JSON.parse(toJsonBody(new GatewayError('InvalidAction.NotFound'), facts)), {
      RequestId: 'ID',
      HostId: 'host.example',
      Code: 'InvalidAction.NotFound',
      Message: 'Specified api is not found, please check your url and method.',
      Recommend: facts.recommend,
    })
    const denied = new GatewayError('Forbidden.RAMUserAccessDenied', undefined, { deniedAction: 'AddFaceRecord' })
    assert.deepEqual(JSON.parse(toJsonBody(denied, facts)).AccessDeniedDetail, {
      AuthAction: 'antcloudauth:AddFaceRecord',
    })
  })

  test('as XML, whatever the message holds', () => {
    assert.equal(
      toXmlBody(new GatewayError('InvalidParameter', '<a> & "b"\u0000\n\ud800'), { ...facts, recommend: 'x]]>y' }),
      "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>ID</RequestId><HostId>host.example</HostId><Code>InvalidParameter</Code><Message>&lt;a&gt; &amp; &quot;b&quot;\n\ufffd</Message><Recommend><![CDATA[x]]]]><![CDATA[>y]]></Recommend></Error>",
    )
  })
})

test('XML goes to who asks for it, and to old-style calls that ask for nothing', () => {
  const cases: [Parameters<typeof wantsXml>[0], boolean][] = [
    [{ accept: 'application/json', format: undefined, isRpc: false }, false],
    [{ accept: undefined, format: undefined, isRpc: false }, false],
    [{ accept: '*/*', format: undefined, isRpc: false }, false],
    [{ accept: '*/*', format: undefined, isRpc: true }, true],
    [{ accept: undefined, format: 'json', isRpc: true }, false],
    [{ accept: undefined, format: 'JSON', isRpc: true }, false],
    [{ accept: 'application/json', format: 'XML', isRpc: true }, true],
    [{ accept: 'text/xml', format: undefined, isRpc: false }, true],
  ]
  for (const [call, expected] of cases) assert.equal(wantsXml(call), expected, JSON.stringify(call))
})
