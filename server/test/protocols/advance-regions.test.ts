// ADVANCE.AI over several regions in one process: host names lead to them, and nothing of one is seen in another.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pictureOf } from '../../src/vision/pictures.fixture.ts'
import { openOperator } from '../operator.ts'
import { base64, launchReady, type TestServer } from '../support.ts'
import {
  type Advance,
  askToken,
  assertDone,
  assertRefused,
  createAdvance,
  createPair,
  formOf,
  openAdvance,
  type Pair,
  send,
} from './advance-app.ts'

const REGIONS = {
  default: { hosts: ['api'] },
  sg: { hosts: ['sg-api', 'ph-api', 'th-api', 'my-api'], countries: ['SG', 'PH', 'TH', 'MY'] },
  mx: { hosts: ['mex-api', 'faces.example.mx'], countries: ['MX'] },
}
const folder = await mkdtemp(join(tmpdir(), 'likeness-regions-'))
const regionsFile = join(folder, 'regions.json')
await writeFile(regionsFile, JSON.stringify({ regions: REGIONS }))
const picture = await pictureOf('ada')

let server: TestServer
const pairs: Record<string, Pair> = {}
before(async () => {
  server = await launchReady({ regionsFile })
  for (const regionId of ['default', 'sg', 'mx']) pairs[regionId] = await createPair(server, { regionId })
})
after(async () => {
  await server?.close()
  await rm(folder, { recursive: true })
})

const OTHER_HOST = ['IAM_FAILED', 'Account not authorized for this domain'] as const
const enroll = ({ authentication }: Advance, region: string) =>
  authentication('enroll', { userId: 'ann', region, faceImage: base64(picture) })
const addFace = ({ search }: Advance) =>
  search<string>('POST', '/facereferences', formOf({ faceSetId: '1', faceImage: picture }))

test('a host name leads to its region under any domain', async () => {
  for (const [host, region] of [
    ['sg-api.advance.example', 'sg'],
    ['ph-api.advance.example', 'sg'],
    ['TH-API.LOCALHOST:8470', 'sg'],
    ['my-api', 'sg'],
    ['mex-api.example.com', 'mx'],
    ['faces.example.mx', 'mx'],
    ['api.example.com', 'default'],
  ]) {
    assertDone(await askToken(server, pairs[region], {}, { host }))
    for (const other of Object.keys(pairs).filter(each => each !== region))
      assertRefused(await askToken(server, pairs[other], {}, { host }), ...OTHER_HOST)
  }
})

test('the vendor’s own paths answer without the prefix on every host', async () => {
  const host = 'sg-api.advance.example'
  const path = '/openapi/auth/ticket/v1/generate-token'
  const { token } = assertDone(await askToken(server, pairs.sg, {}, { host, path }))
  const headers = { 'x-access-token': token }
  assertDone(await send(server.url, 'GET', '/intl/openapi/face-search/facesets', { headers, host }))
  assertRefused(
    await send(server.url, 'GET', '/intl/openapi/face-search/none', { headers, host }),
    'CLIENT_ERROR',
    'HTTP 404 - Not Found',
  )
  assertDone(await askToken(server, pairs.sg, {}, { path }))
  assertDone(await send(server.url, 'GET', '/intl/openapi/face-search/facesets', { headers }))
  for (const other of ['/openapi/none', '/openapi/none.json', '/intl'])
    assert.equal((await send(server.url, 'GET', other, { headers })).status, 404, 'an address of nobody’s')
})

test('a token is good in its region and no other', async () => {
  const host = 'sg-api.advance.example'
  const { token } = assertDone(await askToken(server, pairs.sg, {}, { host }))
  assertDone(await createAdvance(server, token, { host }).search('GET', '/facesets'))
  for (const other of ['mex-api.advance.example', 'api.advance.example'])
    assertRefused(await createAdvance(server, token, { host: other }).search('GET', '/facesets'), ...OTHER_HOST)
})

test('a host that no region names gets the region of who calls', async () => {
  for (const pair of Object.values(pairs))
    assertDone(await (await openAdvance(server, pair)).search('GET', '/facesets'))
})

test('nothing of one region is seen in another', async () => {
  const sg = await openAdvance(server, pairs.sg, { host: 'sg-api.advance.example' })
  const mx = await openAdvance(server, pairs.mx, { host: 'mex-api.advance.example' })
  assertDone(await enroll(sg, 'PHL'))
  assert.equal(assertDone(await sg.search('POST', '/facesets', {})), '1')
  assert.equal(assertDone(await addFace(sg)), '1')
  assertRefused(await mx.authentication('get-enroll', { userId: 'ann' }), 'PARAMETER_ERROR', 'UserId is invalid')
  assertRefused(await addFace(mx), 'PARAMETER_ERROR', 'FaceSet not found, id: 1')
  assertRefused(await mx.search('GET', '/facereferences?id=1'), 'PARAMETER_ERROR', 'FaceReference not found, id: 1')
  assert.equal(assertDone(await mx.search('POST', '/facesets', {})), '1', 'numbers count by region')
  const found = await mx.search<{ total: number }>(
    'POST',
    '/search',
    formOf({ faceSetId: '1', faceImage: picture, threshold: '0' }),
  )
  assert.equal(assertDone(found).total, 0)
  const { imageUrlList } = assertDone(
    await sg.authentication<{ imageUrlList: string[] }>('get-enroll', { userId: 'ann' }),
  )
  const operator = await openOperator(server)
  for (const [regionId, status] of [
    ['sg', 200],
    ['mx', 404],
    ['default', 404],
  ] as const) {
    const native = await operator.newClient({ regionId })
    assert.equal((await native.call('GET', '/v1/galleries/advance-face-authentication/subjects/ann')).status, status)
  }
  await operator.close()
  const { pathname, host } = new URL(imageUrlList[0])
  assert.equal(host, 'sg-api.advance.example')
  assert.equal((await server.call('GET', pathname)).status, 200)
})

test('a region takes users of the countries that it serves', async () => {
  const sg = await openAdvance(server, pairs.sg)
  for (const region of ['MEX', 'IDN', 'NGA']) assertRefused(await enroll(sg, region), 'REGION_WRONG', 'Region is wrong')
  for (const region of ['SGP', 'THA', 'MYS']) assertDone(await enroll(sg, region))
  assertDone(await enroll(await openAdvance(server, pairs.default), 'NGA'))
})

describe('other hosts as configured', () => {
  const open = async (settings: object) => {
    const other = await launchReady({ regionsFile, ...settings })
    const made = { sg: await createPair(other, { regionId: 'sg' }), default: await createPair(other) }
    return { other, made }
  }

  test('refused', async () => {
    const { other, made } = await open({ unknownHosts: 'refuse' })
    for (const pair of Object.values(made)) assertRefused(await askToken(other, pair), ...OTHER_HOST)
    const { token } = assertDone(await askToken(other, made.sg, {}, { host: 'sg-api.localhost' }))
    assertRefused(await createAdvance(other, token).search('GET', '/facesets'), ...OTHER_HOST)
    await other.close()
  })

  test('the default region', async () => {
    const { other, made } = await open({ unknownHosts: 'default', publicUrl: 'https://faces.example.com/base' })
    assertRefused(await askToken(other, made.sg), ...OTHER_HOST)
    const advance = await openAdvance(other, made.default)
    assertDone(await enroll(advance, 'PHL'))
    const { imageUrlList } = assertDone(
      await advance.authentication<{ imageUrlList: string[] }>('get-enroll', { userId: 'ann' }),
    )
    assert.match(imageUrlList[0], /^https:\/\/faces\.example\.com\/base\/pictures\//)
    await other.close()
  })
})
