// The actions of the Alibaba Cloud API that search and compare faces, over a fake core whose people can be told apart.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { findAction } from '../../src/http/protocols/alibaba/routes.ts'
import { makeGroup, openAlibaba, qualityOf, recordOf, recordsOf } from './alibaba-app.ts'
import {
  assertRefused,
  assertSuccess,
  base64,
  type Fields,
  picture,
  readingHeads,
  type VendorAnswer,
} from './alibaba-client.ts'

/** What the names of the people say of them. */
const see = (person: string) => ({
  quality: qualityOf(person.startsWith('dark') ? 'dark' : null, {
    scores: { faceOcclusion: 70 },
    unified: { score: 61.234, expectedFnmr: 0.1 },
  }),
  attributes: {
    mask: { probability: 0.9, threshold: 0.5, present: true },
    hat: { probability: 0.1, threshold: 0.5, present: false },
  },
  liveness: person.startsWith('photo')
    ? { score: 0.02, threshold: 0.5, live: false, model: 'm', bpcer: 0.01 }
    : { score: 0.97, threshold: 0.5, live: true, model: 'm', bpcer: 0.01 },
})

const analysed: string[] = []
const heads = readingHeads({ assessments: ['quality', 'attributes', 'liveness'] }, see)
const { app, client } = await openAlibaba({
  limits: { alibabaCallsPerSecond: 10_000 },
  adapt: ports => {
    const adapted = heads(ports)
    const { engine } = adapted
    return {
      ...adapted,
      engine: {
        ...engine,
        analyse(image, options) {
          analysed.push(Buffer.from(image).toString('latin1'))
          return engine.analyse(image, options)
        },
      },
    }
  },
})
after(() => app.close())
const code = await makeGroup(client, 'one')
const other = await makeGroup(client, 'two')
const { add, list } = recordsOf(client, code)
for (const user of ['ana', 'ben', 'cem']) assertSuccess(await add(recordOf(user)))

const source = (person: string): Fields => ({ SourceFacePicture: base64(picture(person)) })
const target = (person: string): Fields => ({ TargetFacePicture: base64(picture(person)) })
/** The product in the address, everything else in the form, as the vendor's client has it. */
const check = (fields: Fields): Promise<VendorAnswer> =>
  client.call(
    'FaceDuplicationCheckIntl',
    { MerchantBizId: 'b1', MerchantUserId: 'someone', VerifyModel: '0', FaceGroupCodes: code, ...fields },
    { query: { ProductCode: 'FACE_IDU_MIN' } },
  )
// biome-ignore lint/suspicious/noExplicitAny: answers have as many forms as there are actions
const resultOf = (answer: VendorAnswer): any => {
  assertSuccess(answer)
  assert.match(answer.body.Result.TransactionId, /^[0-9a-f]{32}$/)
  return answer.body.Result
}
const duplicatesOf = (answer: VendorAnswer): { faceGroupCode: string; faceId: string; merchantUserId: string }[] =>
  JSON.parse(resultOf(answer).DuplicateFace)
const records = async (group: string, query: Fields = {}) => (await list({ FaceGroupCode: group, ...query })).body.Items

test('a check without a second picture takes one place in the line', () => {
  const places = (name: string, parameters: Record<string, string>) =>
    findAction(name)?.picturesOf?.(new Map(Object.entries({ ProductCode: 'FACE_IDU_MIN', ...parameters })))
  for (const name of ['FaceDuplicationCheckIntl', 'FaceVerifyIntl']) {
    assert.equal(places(name, { VerifyModel: '0' }), 1)
    for (const VerifyModel of ['1', '2', '']) assert.equal(places(name, { VerifyModel }), 2)
  }
  assert.equal(places('FaceVerifyIntl', { ProductCode: 'FACE_VERIFY_MIN', VerifyModel: '0' }), 2)
})

describe('FaceDuplicationCheckIntl', () => {
  test('finds who is in a group', async () => {
    const answer = await check(source('ben'))
    const [ben] = await records(code, { MerchantUserId: 'ben' })
    const { FacePassed, SubCode, ExtFaceInfo, ...rest } = resultOf(answer)
    assert.deepEqual([FacePassed, SubCode, ExtFaceInfo], ['N', '207', {}])
    assert.deepEqual(Object.keys(rest), ['TransactionId', 'DuplicateFace'])
    assert.deepEqual(duplicatesOf(answer), [{ faceGroupCode: code, faceId: ben.FaceId, merchantUserId: 'ben' }])
    const stranger = resultOf(await check(source('stranger')))
    assert.deepEqual([stranger.FacePassed, stranger.SubCode, stranger.DuplicateFace], ['Y', '200', '[]'])
  })

  test('looks in several groups, and names as many as asked for', async () => {
    const group = await makeGroup(client, 'twins')
    for (const user of ['t1', 't2', 't3'])
      assertSuccess(await add({ ...recordOf('ana'), FaceGroupCode: group, MerchantUserId: user }))
    const codes = `${code}, ${group}，${code}`
    assert.equal(duplicatesOf(await check({ ...source('ana'), FaceGroupCodes: codes })).length, 1)
    const all = duplicatesOf(await check({ ...source('ana'), FaceGroupCodes: codes, ReturnFaces: 5 }))
    assert.deepEqual(all.map(({ merchantUserId }) => merchantUserId).sort(), ['ana', 't1', 't2', 't3'])
    assert.deepEqual(duplicatesOf(await check({ ...source('ana'), FaceGroupCodes: other })), [])
  })

  test('compares with a second picture, by text', async () => {
    const same = resultOf(await check({ VerifyModel: '1', ...source('dan'), ...target('dan') }))
    assert.deepEqual(
      [same.FacePassed, same.SubCode, same.FaceComparisonScore, same.DuplicateFace],
      ['Y', '200', '100', undefined],
    )
    const different = resultOf(await check({ VerifyModel: '1', ...source('dan'), ...target('eva') }))
    assert.deepEqual([different.FacePassed, different.SubCode], ['N', '208'])
    assert.ok(Number(different.FaceComparisonScore) < 80)
    const both = resultOf(await check({ VerifyModel: '2', ...source('dan'), ...target('dan') }))
    assert.deepEqual([both.FacePassed, both.FaceComparisonScore, both.DuplicateFace], ['Y', '100', '[]'])
    const known = resultOf(await check({ VerifyModel: '2', ...source('ana'), ...target('ana') }))
    assert.deepEqual([known.FacePassed, known.SubCode], ['N', '207'])
    const { SubCode } = resultOf(await check({ VerifyModel: '2', ...source('ana'), ...target('eva') }))
    assert.equal(SubCode, '208')
  })

  test('tells of attacks, quality and what is worn, where asked', async () => {
    const attack = resultOf(await check({ ...source('photo of dan'), Liveness: '1' }))
    assert.deepEqual(
      [attack.FacePassed, attack.SubCode, attack.FaceAttack, attack.FaceAttackScore],
      ['N', '205', 'Y', '98'],
    )
    const live = resultOf(await check({ ...source('dan'), Liveness: '1' }))
    assert.deepEqual([live.FacePassed, live.FaceAttack, live.FaceAttackScore], ['Y', 'N', '3'])
    const judged = resultOf(
      await check({
        VerifyModel: '2',
        ...source('dan'),
        ...target('dan'),
        FaceQualityCheck: 'Y',
        FaceAttributeCheck: 'Y',
      }),
    )
    assert.deepEqual(judged.ExtFaceInfo, {
      FaceQualityScore: 61.23,
      IlluminationScore: 90,
      SharpnessScore: 90,
      OcclusionScore: 30,
      TargetFaceQualityScore: 61.23,
      TargetIlluminationScore: 90,
      TargetSharpnessScore: 90,
      TargetOcclusionScore: 30,
      FaceAttributeInfo: '{"mask":"Y","hat":"N"}',
    })
    const dark = resultOf(await check({ ...source('dark dan'), FaceQualityCheck: 'Y' }))
    assert.deepEqual([dark.FacePassed, dark.SubCode], ['N', '206'])
    assert.equal(resultOf(await check(source('dark dan'))).FacePassed, 'Y')
  })

  test('registers who is in no group, looking at the picture once', async () => {
    const registering = (person: string, more: Fields = {}) =>
      check({ ...source(person), MerchantUserId: person, AutoRegistration: '0', FaceRegisterGroupCode: code, ...more })
    analysed.length = 0
    const fay = resultOf(await registering('fay'))
    assert.equal(analysed.length, 1)
    assert.deepEqual([fay.FacePassed, fay.FaceRegistrationResult], ['Y', 1])
    const [record] = await records(code, { MerchantUserId: 'fay' })
    assert.deepEqual([record.FaceId, record.RegistrationType], [fay.FaceRegistrationId, 'AUTO'])
    assert.deepEqual(
      (await records(code, { RegistrationType: 'AUTO' })).map(
        (item: { MerchantUserId: string }) => item.MerchantUserId,
      ),
      ['fay'],
    )
    assert.ok((await records(code, { RegistrationType: 'MANUAL' })).length >= 3)
    const again = resultOf(await registering('fay'))
    assert.deepEqual([again.FacePassed, again.SubCode, again.FaceRegistrationResult], ['N', '207', 0])
    const taken = resultOf(await registering('gus', { MerchantUserId: 'ana' }))
    assert.deepEqual(
      [taken.FacePassed, taken.SubCode, taken.FaceRegistrationResult, taken.FaceRegistrationId],
      ['N', '209', 0, undefined],
    )
    const replaced = resultOf(await registering('gus', { MerchantUserId: 'fay', UpdateFaceIfUserExists: 'Y' }))
    assert.deepEqual([replaced.FacePassed, replaced.FaceRegistrationResult], ['Y', 1])
    assert.equal((await records(code, { MerchantUserId: 'fay' })).length, 1)
    const own = resultOf(await registering('gus', { MerchantUserId: 'fay', UpdateFaceIfUserExists: 'Y' }))
    assert.deepEqual([own.FacePassed, own.DuplicateFace], ['Y', '[]'], 'his own face is no duplicate of him')
    const attack = resultOf(await registering('photo of hal', { Liveness: '1' }))
    assert.deepEqual([attack.SubCode, attack.FaceRegistrationResult], ['205', 0])
    assert.deepEqual(await records(code, { MerchantUserId: 'photo of hal' }), [])
    const elsewhere = resultOf(await registering('ana', { FaceGroupCodes: other, FaceRegisterGroupCode: other }))
    assert.equal(elsewhere.FaceRegistrationResult, 1)
  })

  test('registers a face once, however many ask at the same time', async () => {
    const group = await makeGroup(client, 'race')
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, each) =>
        check({
          ...source('ida'),
          MerchantUserId: `ida${each}`,
          FaceGroupCodes: group,
          AutoRegistration: '0',
          FaceRegisterGroupCode: group,
        }),
      ),
    )
    const results = answers.map(resultOf)
    assert.equal(results.filter(({ FaceRegistrationResult }) => FaceRegistrationResult === 1).length, 1)
    for (const { FaceRegistrationResult, SubCode, DuplicateFace } of results)
      if (FaceRegistrationResult === 0) {
        assert.equal(SubCode, '207')
        assert.equal(JSON.parse(DuplicateFace).length, 1)
      }
    assert.equal((await records(group)).length, 1)
  })

  const refusals: [string, Fields, number, string, RegExp][] = [
    ['no user', { MerchantUserId: '' }, 400, 'MissingParameter', /MerchantUserId/],
    ['no business id', { MerchantBizId: '' }, 400, 'MissingParameter', /MerchantBizId/],
    ['a business id with other characters', { MerchantBizId: 'a-b' }, 400, 'InvalidParameter', /MerchantBizId/],
    ['no groups to search', { FaceGroupCodes: '' }, 400, 'MissingParameter', /FaceGroupCodes/],
    ['a group that is none', { FaceGroupCodes: 'sg0' }, 400, 'InvalidParameter', /./],
    [
      'eleven groups',
      { FaceGroupCodes: Array.from({ length: 11 }, (_, each) => `sg${each}`).join() },
      400,
      'InvalidParameter',
      /FaceGroupCodes/,
    ],
    ['six faces', { ReturnFaces: 6 }, 400, 'InvalidParameter', /ReturnFaces/],
    ['a mode that is none', { VerifyModel: '3' }, 400, 'InvalidParameter', /VerifyModel/],
    ['no group to register in', { AutoRegistration: '0' }, 400, 'MissingParameter', /FaceRegisterGroupCode/],
    ['no second picture', { VerifyModel: '1' }, 400, 'InvalidParameter', /TargetFacePicture/],
    [
      'a picture twice',
      { SourceFacePictureUrl: 'https://example.com/a.jpg' },
      401,
      'DataDuplication',
      /SourceFacePicture/,
    ],
    [
      'more than a megabyte',
      { SourceFacePicture: base64(Buffer.concat([picture('x'), Buffer.alloc(1024 * 1024, ' ')])) },
      401,
      'ToolargeImage',
      /SourceFacePicture/,
    ],
    ['nobody', { SourceFacePicture: base64(picture('')) }, 401, 'NoFaceDetected', /SourceFacePicture/],
  ]
  for (const [what, fields, status, vendorCode, message] of refusals)
    test(`refuses ${what}`, async () =>
      assertRefused(await check({ ...source('ana'), ...fields }), status, vendorCode, message))

  test('needs its product', async () => {
    assertRefused(await client.call('FaceDuplicationCheckIntl', source('ana')), 400, 'MissingParameter', /ProductCode/)
  })
})

describe('FaceVerifyIntl', () => {
  /** Pictures in the form, everything else in the address, as the vendor's client has it. */
  const verify = (query: Fields, form: Fields) =>
    client.call('FaceVerifyIntl', form, { query: { MerchantBizId: 'b1', MerchantUserId: 'u', ...query } })

  test('compares, by number', async () => {
    const same = resultOf(await verify({ ProductCode: 'FACE_VERIFY_MIN' }, { ...source('dan'), ...target('dan') }))
    assert.deepEqual([same.FacePassed, same.SubCode, same.FaceComparisonScore], ['Y', '200', 100])
    const different = resultOf(await verify({ ProductCode: 'FACE_VERIFY_MIN' }, { ...source('dan'), ...target('eva') }))
    assert.deepEqual([different.FacePassed, typeof different.FaceComparisonScore], ['N', 'number'])
  })

  test('searches where the product does', async () => {
    const found = resultOf(
      await verify({ ProductCode: 'FACE_IDU_MIN', VerifyModel: '0', FaceGroupCodes: code }, source('ana')),
    )
    assert.deepEqual([found.FacePassed, JSON.parse(found.DuplicateFace)[0].merchantUserId], ['N', 'ana'])
    assertRefused(
      await verify({ ProductCode: 'FACE_IDU_MIN', VerifyModel: '0' }, source('ana')),
      400,
      'MissingParameter',
      /FaceGroupCodes/,
    )
    assertRefused(await verify({ ProductCode: 'FACE_OTHER' }, source('ana')), 400, 'InvalidParameter', /ProductCode/)
    assertRefused(
      await verify({ ProductCode: 'FACE_VERIFY_MIN' }, source('ana')),
      400,
      'InvalidParameter',
      /TargetFacePicture/,
    )
  })
})

test('FaceCompare tells how alike two pictures are', async () => {
  const same = resultOf(await client.call('FaceCompare', { MerchantBizId: 'b', ...source('ana'), ...target('ana') }))
  assert.deepEqual([same.FaceComparisonScore, same.Passed], [100, 'Y'])
  const different = resultOf(await client.call('FaceCompare', { ...source('ana'), ...target('ben') }))
  assert.equal(different.Passed, 'N')
  assertRefused(await client.call('FaceCompare', source('ana')), 400, 'InvalidParameter', /TargetFacePicture/)
  assertRefused(
    await client.call('FaceCompare', { ...source('ana'), ...target('') }),
    401,
    'NoFaceDetected',
    /TargetFacePicture/,
  )
})

test('FaceLiveness tells a person from a picture of one', async () => {
  const ask = (person: string, more: Fields = {}) =>
    client.call('FaceLiveness', {
      ProductCode: 'FACE_LIVENESS_MIN',
      MerchantBizId: 'b',
      FacePictureBase64: base64(picture(person)),
      ...more,
    })
  const live = resultOf(await ask('dan'))
  assert.deepEqual([live.Passed, live.SubCode, live.ExtFaceInfo], ['Y', '200', {}])
  const attack = resultOf(await ask('photo of dan', { FaceQuality: 'T' }))
  assert.deepEqual([attack.Passed, attack.SubCode, attack.ExtFaceInfo.FaceQualityScore], ['N', '205', 61.23])
  assertRefused(await ask('dan', { ProductCode: 'FACE_GUARD' }), 400, 'InvalidParameter', /ProductCode/)
  assertRefused(await ask('dan', { FacePictureBase64: '' }), 400, 'InvalidParameter', /FacePicture/)
  assertRefused(await ask('dan', { FaceQuality: 'Y' }), 400, 'InvalidParameter', /FaceQuality/)
})

test('what the server does not judge is refused where it would decide', async context => {
  const blind = await openAlibaba()
  context.after(() => blind.app.close())
  assertRefused(
    await blind.client.call('FaceLiveness', { FacePictureBase64: base64(picture('dan')) }),
    400,
    'InvalidParameter',
    /liveness/,
  )
})
