// Face groups and face records of the Alibaba Cloud API over a fake core: every rule of their parameters, and what is stored.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Transaction } from '../../src/core/ports.ts'
import { createTenant, updateTenant } from '../../src/core/tenants.ts'
import { AppError } from '../../src/errors.ts'
import type { FetchPicture } from '../../src/http/picture-url/fetch.ts'
import type { FakePorts } from '../fake-core.ts'
import { openAlibaba, qualityOf, recordsOf } from './alibaba-app.ts'
import {
  assertRefused,
  assertSuccess,
  base64,
  createVendorClient,
  type Fields,
  makeKeys,
  operatorOf,
  picture,
  readingHeads,
} from './alibaba-client.ts'

const pages = new Map<string, Uint8Array | AppError>()
const fetchPage: FetchPicture = async url => {
  const found = pages.get(url)
  if (found instanceof Uint8Array) return new Uint8Array(found)
  throw found ?? new AppError('image_url_unreachable')
}

/** Whose picture is not as the page wants it. */
const judging = readingHeads({ assessments: ['quality'] }, person => ({
  quality: qualityOf(person.startsWith('blurred') ? 'blur' : null),
}))

/** Happens once, as soon as a subject has been read and before anything follows from it. */
let meanwhile: (() => Promise<unknown>) | null = null
const interrupted = (ports: FakePorts): FakePorts => {
  const { store } = ports
  const find: typeof store.subjects.find = async (galleryUid, id) => {
    const found = await store.subjects.find(galleryUid, id)
    const run = meanwhile
    meanwhile = null
    await run?.()
    return found
  }
  return { ...ports, store: { ...store, subjects: { ...store.subjects, find } } }
}

const { app, client } = await openAlibaba({
  adapt: ports => interrupted(judging(ports)),
  limits: { alibabaCallsPerSecond: 10_000 },
  pictureUrls: { fetch: fetchPage, policyOf: () => ({ mode: 'public', allow: [] }) },
})
after(() => app.close())

const makeGroup = async (id: string, policy: object = {}): Promise<string> => {
  const { status, body } = await app.call<{ id: string; code: string }>('POST', '/v1/galleries', {
    id,
    name: `Group ${id}`,
    policy,
  })
  assert.equal(status, 201)
  assert.match(body.code, /^sg[0-9a-z]{10}$/)
  return body.code
}
const code = await makeGroup('staff')
const { add, list } = recordsOf(client, code)
const usersOf = async (query: Fields = {}): Promise<string[]> => {
  const answer = await list(query)
  assertSuccess(answer)
  return answer.body.Items.map((item: { MerchantUserId: string }) => item.MerchantUserId)
}
const PASSED = { Passed: 'Y', ExtFaceInfo: '{"faceQuality":"HIGH"}' }

describe('AddFaceRecord', () => {
  test('enrols by base64 and by URL, where the native API finds it', async () => {
    pages.set('https://example.com/a/cem%20k.jpeg?x=1', picture('cem'))
    const ways: Fields[] = [
      { MerchantUserId: 'ana', FacePicture: base64(picture('ana')) },
      { MerchantUserId: 'ben', FacePicture: base64(picture('ben')).replaceAll('+', ' ').replace(/=+$/, '') },
      { FacePictureUrl: 'https://example.com/a/cem%20k.jpeg?x=1' },
    ]
    for (const fields of ways) {
      const answer = await add(fields)
      assertSuccess(answer)
      assert.deepEqual(answer.body.Result, PASSED)
    }
    assert.deepEqual(await usersOf(), ['ana', 'ben', 'cem k'])
    const { body } = await app.call<{ faceCount: number }>('GET', '/v1/galleries/staff/subjects/cem%20k')
    assert.equal(body.faceCount, 1)
    assertSuccess(
      await client.callRpc('AddFaceRecord', {
        ProductCode: 'FACE_ENROLL',
        FaceGroupCode: code,
        MerchantUserId: 'old',
        FacePicture: base64(picture('old')),
      }),
    )
  })

  test('makes an id where the picture names none', async () => {
    const group = await makeGroup('nameless')
    pages.set('https://example.com/', picture('one'))
    pages.set(`https://example.com/${'x'.repeat(33)}.jpg`, picture('two'))
    const ways: Fields[] = [
      { FacePictureUrl: 'https://example.com/' },
      { FacePictureUrl: `https://example.com/${'x'.repeat(33)}.jpg` },
      { FacePicture: base64(picture('three')) },
    ]
    for (const fields of ways) assertSuccess(await add({ FaceGroupCode: group, ...fields }))
    for (const user of await usersOf({ FaceGroupCode: group })) assert.match(user, /^[0-9a-f]{32}$/)
  })

  test('tells of low quality, and refuses it where it is asked to check', async () => {
    const told = await add({ MerchantUserId: 'blurred-1', FacePicture: base64(picture('blurred-1')) })
    assertSuccess(told)
    assert.deepEqual(told.body.Result, { Passed: 'Y', ExtFaceInfo: '{"faceQuality":"LOW"}' })
    const refused = await add({
      MerchantUserId: 'blurred-2',
      FacePicture: base64(picture('blurred-2')),
      FaceQualityCheck: 'Y',
    })
    assertSuccess(refused)
    assert.deepEqual(refused.body.Result, { Passed: 'N', ExtFaceInfo: '{"faceQuality":"LOW"}' })
    assert.deepEqual(await usersOf({ MerchantUserId: 'blurred-2' }), [])
    const good = await add({ MerchantUserId: 'clear', FacePicture: base64(picture('clear')), FaceQualityCheck: 'Y' })
    assert.deepEqual(good.body.Result, PASSED)
  })

  test('takes a user once, unless the group overwrites', async () => {
    const fields = { MerchantUserId: 'once', FacePicture: base64(picture('once')) }
    assertSuccess(await add(fields))
    assertRefused(await add(fields), 400, 'InvalidParameter', /The face group has the MerchantUserId "once" already/)
    const group = await makeGroup('overwriting', { existingSubject: 'replace' })
    for (let each = 0; each < 2; each++) assertSuccess(await add({ ...fields, FaceGroupCode: group }))
    assert.deepEqual(await usersOf({ FaceGroupCode: group }), ['once'])
  })

  const image = base64(picture('nobody'))
  const refusals: [string, Fields, number, string, RegExp?][] = [
    ['no product', { ProductCode: '' }, 400, 'MissingParameter', /ProductCode/],
    ['no group', { FaceGroupCode: '' }, 400, 'MissingParameter', /FaceGroupCode/],
    ['another product', { ProductCode: 'FACE_IDU' }, 400, 'InvalidParameter', /ProductCode/],
    ['a group that is none', { FaceGroupCode: 'sgl0000007uc' }, 400, 'InvalidParameter', /face group .+"sgl0000007uc"/],
    ['33 characters', { MerchantUserId: 'x'.repeat(33) }, 400, 'InvalidParameter', /MerchantUserId/],
    ['a control character', { MerchantUserId: 'a\u0001' }, 400, 'InvalidParameter'],
    ['a name that is a path', { MerchantUserId: '..' }, 400, 'InvalidParameter'],
    ['a check that is none', { FaceQualityCheck: 'yes' }, 400, 'InvalidParameter', /FaceQualityCheck/],
    ['no picture', { FacePicture: '' }, 400, 'InvalidParameter', /FacePictureUrl/],
    ['a picture twice', { FacePictureUrl: 'https://example.com/x.jpg' }, 401, 'DataDuplication'],
    ['no base64', { FacePicture: '***' }, 400, 'InvalidParameter'],
    ['no picture in base64', { FacePicture: 'AAAA' }, 401, 'UnqualifiedPhoto'],
    [
      'a PNG',
      { FacePicture: base64(Buffer.from('89504e470d0a1a0a0000000d494844520000000a0000000a', 'hex')) },
      401,
      'UnqualifiedPhoto',
    ],
    ['1921 pixels high', { FacePicture: base64(picture('a', { height: 1921 })) }, 401, 'UnqualifiedPhoto', /480x1921/],
    ['1081 pixels wide', { FacePicture: base64(picture('a', { width: 1081, height: 1920 })) }, 401, 'UnqualifiedPhoto'],
    ['nobody', { FacePicture: base64(picture('')) }, 401, 'NoFaceDetected', /in FacePicture/],
    [
      'bytes that are no picture after all',
      { FacePicture: base64(Buffer.concat([picture('a'), Buffer.from('x')])) },
      401,
      'UnqualifiedPhoto',
    ],
    [
      'a file that is none',
      { FacePictureFile: 'http://127.0.0.1/upload/x.jpg' },
      400,
      'InvalidParameter',
      /FacePictureFile/,
    ],
  ]
  for (const [what, fields, status, vendorCode, message] of refusals)
    test(`refuses ${what}, and stores nothing`, async () => {
      const before = await usersOf()
      assertRefused(await add({ MerchantUserId: 'nobody', FacePicture: image, ...fields }), status, vendorCode, message)
      assert.deepEqual(await usersOf(), before)
    })

  test('takes the largest picture that it may, of either shape', async () => {
    for (const [id, size] of [
      ['high', { width: 1080, height: 1920 }],
      ['wide', { width: 1920, height: 1080 }],
    ] as const)
      assertSuccess(await add({ MerchantUserId: id, FacePicture: base64(picture(id, size)), FaceGroupCode: code }))
  })

  test('refuses more than 10 MB, whichever way it comes', async () => {
    const large = Buffer.concat([picture('large'), Buffer.alloc(10 * 1024 * 1024, ' ')])
    assertRefused(await add({ FacePicture: base64(large) }), 401, 'ToolargeImage')
    pages.set('https://example.com/large.jpg', large)
    assertRefused(await add({ FacePictureUrl: 'https://example.com/large.jpg' }), 401, 'ToolargeImage')
    const largest = Buffer.concat([picture('largest'), Buffer.alloc(10 * 1024 * 1024, ' ')]).subarray(
      0,
      10 * 1024 * 1024,
    )
    assertSuccess(await add({ MerchantUserId: 'largest', FacePicture: base64(largest) }))
  })

  test('tells why a picture by URL did not come', async () => {
    const cases = [
      ['image_url_timeout', 401, 'DownloadTimeout'],
      ['image_url_unreachable', 401, 'DownloadTimeout'],
      ['image_url_refused', 400, 'InvalidParameter'],
      ['image_url_not_image', 401, 'UnqualifiedPhoto'],
    ] as const
    for (const [cause, status, vendorCode] of cases) {
      pages.set('https://example.com/bad.jpg', new AppError(cause))
      assertRefused(await add({ FacePictureUrl: 'https://example.com/bad.jpg' }), status, vendorCode)
    }
  })

  test('refuses landscapes for a tenant that is held to portraits', async () => {
    const operator = operatorOf(app, ['default'])
    await createTenant(operator, { id: 'portraits' })
    const own = createVendorClient(app.url, await makeKeys(app, { tenantId: 'portraits' }))
    const made = await own.call('AddFaceGroup', { Name: 'Own' })
    assertSuccess(made)
    const wide = {
      FaceGroupCode: made.body.Result.Code,
      MerchantUserId: 'wide',
      FacePicture: base64(picture('w', { width: 640, height: 480 })),
    }
    await updateTenant(operator, 'portraits', { pictureShape: 'portrait' })
    assertRefused(await add(wide, own), 401, 'UnqualifiedPhoto', /higher than it is wide/)
    assertSuccess(await add({ ...wide, MerchantUserId: 'high', FacePicture: base64(picture('h')) }, own))
    await updateTenant(operator, 'portraits', { pictureShape: 'any' })
    assertSuccess(await add(wide, own))
  })
})

describe('face groups', () => {
  test('are made, listed, changed and deleted by their numbers', async () => {
    const operator = operatorOf(app, ['default'])
    await createTenant(operator, { id: 'groups' })
    const own = createVendorClient(app.url, await makeKeys(app, { tenantId: 'groups' }))
    const query = (more: Fields = {}) =>
      own.call('QueryFaceGroup', {}, { query: { CurrentPage: 1, PageSize: 2, ...more } })
    const made = []
    for (const Name of ['Doors', 'Gates', 'Door 2']) {
      const answer = await own.call('AddFaceGroup', { Name, Description: 'x' })
      assertSuccess(answer)
      made.push(answer.body.Result)
    }
    assert.deepEqual(
      made.map(({ Id, Name, Description }) => [Id, Name, Description]),
      [
        [1, 'Doors', 'x'],
        [2, 'Gates', 'x'],
        [3, 'Door 2', 'x'],
      ],
    )
    const first = await query()
    assertSuccess(first)
    const { RequestId: _, Code: __, Message: ___, NextToken, ...rest } = first.body
    assert.deepEqual(rest, {
      CurrentPage: 1,
      PageSize: 2,
      TotalCount: 3,
      TotalPage: 2,
      MaxResults: 2,
      Items: made.slice(0, 2),
    })
    assert.deepEqual((await query({ CurrentPage: 2 })).body.Items, made.slice(2))
    const next = await own.call('QueryFaceGroup', {}, { query: { NextToken, MaxResults: 5 } })
    assert.deepEqual([next.body.Items, next.body.NextToken], [made.slice(2), ''])
    assert.deepEqual((await query({ Name: 'Door' })).body.Items, [made[0], made[2]])
    assert.deepEqual((await query({ GroupCode: made[1].Code })).body.Items, [made[1]])
    assert.deepEqual((await query({ GroupCode: code })).body.Items, [], "another tenant's")
    assertSuccess(await own.call('ModifyFaceGroup', { Id: 2, Name: 'Gate', Description: 'y' }))
    assert.deepEqual((await query({ Name: 'Gate' })).body.Items, [{ ...made[1], Name: 'Gate', Description: 'y' }])
    const deleted = await own.call('DeleteFaceGroup', { Id: 1 })
    assertSuccess(deleted)
    assert.equal(deleted.body.Data, 1)
    assert.deepEqual((await query({ PageSize: 10 })).body.TotalCount, 2)
    for (const [action, fields] of [
      ['DeleteFaceGroup', { Id: 1 }],
      ['ModifyFaceGroup', { Id: 1, Name: 'x' }],
      ['DeleteFaceGroup', { Id: 99 }],
    ] as const)
      assertRefused(await own.call(action, fields), 400, 'InvalidParameter')
    assertRefused(await client.call('DeleteFaceGroup', { Id: 'abc' }), 400, 'InvalidParameter', /Id/)
    assertRefused(await client.call('DeleteFaceGroup'), 400, 'MissingParameter', /Id/)
    assertRefused(await own.call('ModifyFaceGroup', { Id: 2 }), 400, 'MissingParameter', /Name/)
    assertRefused(await own.call('AddFaceGroup'), 400, 'MissingParameter', /Name/)
    assertRefused(await own.call('AddFaceGroup', { Name: 'x'.repeat(201) }), 400, 'InvalidParameter')
    for (const [name, value] of [
      ['CurrentPage', 0],
      ['PageSize', 1001],
      ['PageSize', 'x'],
      ['NextToken', 'x'],
    ] as const)
      assertRefused(await query({ [name]: value }), 400, 'InvalidParameter', new RegExp(name))
    assertRefused(await own.call('QueryFaceGroup'), 400, 'MissingParameter')
  })

  test('that the native API makes have numbers and codes too, and a name for people', async () => {
    const group = await makeGroup('native')
    const answer = await client.call('QueryFaceGroup', {}, { query: { CurrentPage: 1, PageSize: 1, GroupCode: group } })
    const [item] = answer.body.Items
    assert.deepEqual([item.Name, item.Code, item.Description, typeof item.Id], ['Group native', group, '', 'number'])
  })

  test('other than its own are not there for a key that is bound to one', async () => {
    const bound = createVendorClient(app.url, await makeKeys(app, { galleryId: 'staff' }))
    const foreign = await makeGroup('foreign')
    const { body } = await bound.call('QueryFaceGroup', {}, { query: { CurrentPage: 1, PageSize: 100 } })
    assert.deepEqual(
      body.Items.map((item: { Code: string }) => item.Code),
      [code],
    )
    assertRefused(
      await add({ FaceGroupCode: foreign, FacePicture: base64(picture('x')) }, bound),
      400,
      'InvalidParameter',
    )
    assertRefused(await bound.call('AddFaceGroup', { Name: 'More' }), 400, 'InvalidParameter')
    assertSuccess(await add({ MerchantUserId: 'bound', FacePicture: base64(picture('bound')) }, bound))
  })
})

describe('face records', () => {
  test('are listed with all that the vendor lists, by page, user, face and kind', async () => {
    const group = await makeGroup('listed')
    for (const user of ['u1', 'u2', 'u3'])
      assertSuccess(await add({ FaceGroupCode: group, MerchantUserId: user, FacePicture: base64(picture(user)) }))
    const answer = await list({ FaceGroupCode: group, PageSize: 2 })
    assertSuccess(answer)
    const [first, second] = answer.body.Items
    assert.deepEqual(Object.keys(first), [
      'Id',
      'FaceId',
      'MerchantUserId',
      'ImgOssUrl',
      'RegistrationType',
      'GmtCreate',
    ])
    assert.deepEqual([first.MerchantUserId, first.RegistrationType, first.FaceId], ['u1', 'MANUAL', String(first.Id)])
    assert.equal(second.Id, first.Id + 1)
    assert.match(first.GmtCreate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.deepEqual([answer.body.TotalCount, answer.body.TotalPage], [3, 2])
    const kept = await fetch(first.ImgOssUrl)
    assert.deepEqual(Buffer.from(await kept.arrayBuffer()), picture('u1'))
    assert.deepEqual(await usersOf({ FaceGroupCode: group, CurrentPage: 2, PageSize: 2 }), ['u3'])
    assert.deepEqual(await usersOf({ FaceGroupCode: group, MerchantUserId: 'u2' }), ['u2'])
    assert.deepEqual(await usersOf({ FaceGroupCode: group, FaceId: second.FaceId }), ['u2'])
    assert.deepEqual(await usersOf({ FaceGroupCode: group, FaceId: 999_999 }), [])
    assert.deepEqual(await usersOf({ FaceGroupCode: code, FaceId: second.FaceId }), [], 'of another group')
    assert.deepEqual(await usersOf({ FaceGroupCode: group, RegistrationType: 'MANUAL' }), ['u1', 'u2', 'u3'])
    assert.deepEqual(await usersOf({ FaceGroupCode: group, RegistrationType: 'AUTO' }), [])
    assertRefused(await list({ FaceGroupCode: group, RegistrationType: 'OTHER' }), 400, 'InvalidParameter')
    assertRefused(await list({ FaceGroupCode: '' }), 400, 'MissingParameter')
    assertRefused(await list({ FaceGroupCode: 'sg0' }), 400, 'InvalidParameter')
  })

  test('are deleted by number, and the user can be added again', async () => {
    const group = await makeGroup('deleted')
    const fields = { FaceGroupCode: group, MerchantUserId: 'gone', FacePicture: base64(picture('gone')) }
    assertSuccess(await add(fields))
    const [{ Id }] = (await list({ FaceGroupCode: group })).body.Items
    const deleted = await client.call('DeleteFaceRecord', { Id })
    assertSuccess(deleted)
    assert.equal(deleted.body.Data, 1)
    assertRefused(await client.call('DeleteFaceRecord', { Id }), 400, 'InvalidParameter')
    assertSuccess(await add(fields))
    assert.notEqual((await list({ FaceGroupCode: group })).body.Items[0].Id, Id)
  })

  test('are deleted with their user when the last two go at the same time', async () => {
    const group = await makeGroup('pairs')
    const enrol = (person: string) =>
      app.call('POST', '/v1/galleries/pairs/faces', { image: base64(picture(person)), subjectId: 'pair' })
    for (const person of ['left', 'right']) assert.equal((await enrol(person)).status, 201)
    const [one, other] = (await list({ FaceGroupCode: group })).body.Items
    meanwhile = async () => assertSuccess(await client.call('DeleteFaceRecord', { Id: other.Id }))
    assertSuccess(await client.call('DeleteFaceRecord', { Id: one.Id }))
    assert.equal(meanwhile, null)
    assertSuccess(await add({ FaceGroupCode: group, MerchantUserId: 'pair', FacePicture: base64(picture('pair')) }))
  })

  test('keep a face that joins their user while they are deleted', async () => {
    const group = await makeGroup('joined')
    const enrol = async (person: string) => {
      const fields = { image: base64(picture(person)), subjectId: 'joined' }
      assert.equal((await app.call('POST', '/v1/galleries/joined/faces', fields)).status, 201)
    }
    await enrol('first')
    const [{ Id }] = (await list({ FaceGroupCode: group })).body.Items
    meanwhile = () => enrol('second')
    assertSuccess(await client.call('DeleteFaceRecord', { Id }))
    assert.equal(meanwhile, null)
    assert.deepEqual(await usersOf({ FaceGroupCode: group }), ['joined'])
  })

  test('are deleted by user, in one group or in all', async () => {
    const groups = [await makeGroup('all-1'), await makeGroup('all-2'), await makeGroup('all-3')]
    for (const FaceGroupCode of groups)
      assertSuccess(await add({ FaceGroupCode, MerchantUserId: 'everywhere', FacePicture: base64(picture('e')) }))
    const remove = (query: Fields) => client.call('DeleteFaceRecordV2', {}, { query })
    const one = await remove({ MerchantUserId: 'everywhere', FaceGroupCode: groups[1] })
    assertSuccess(one)
    assert.deepEqual(one.body.Result, { Deleted: 'Y', DeletedGroupCodes: groups[1] })
    assert.deepEqual((await remove({ MerchantUserId: 'everywhere' })).body.Result, {
      Deleted: 'Y',
      DeletedGroupCodes: [groups[0], groups[2]].join(','),
    })
    const none = await remove({ MerchantUserId: 'everywhere' })
    assertSuccess(none)
    assert.deepEqual(none.body.Result, { Deleted: 'N', DeletedGroupCodes: '' })
    assertRefused(await remove({}), 400, 'MissingParameter', /MerchantUserId/)
    assertRefused(await remove({ MerchantUserId: 'x', FaceGroupCode: 'sg0' }), 400, 'InvalidParameter')
  })

  test('get other pictures', async () => {
    const group = await makeGroup('modified')
    assertSuccess(await add({ FaceGroupCode: group, MerchantUserId: 'mia', FacePicture: base64(picture('mia')) }))
    const [{ Id }] = (await list({ FaceGroupCode: group })).body.Items
    pages.set('https://example.com/mia.jpg', picture('mia', { height: 700 }))
    const modify = (infos: string) => client.call('ModifyFaceRecord', { FaceGroupCode: group, ImgOssInfos: infos })
    const done = await modify(JSON.stringify([{ merchantUserId: 'mia', imgOssUrl: 'https://example.com/mia.jpg' }]))
    assertSuccess(done)
    assert.equal(done.body.Data, 1)
    const [item] = (await list({ FaceGroupCode: group })).body.Items
    assert.ok(item.Id > Id)
    assertSuccess(await modify('[]'))
    for (const infos of [
      'x',
      '{}',
      '[{}]',
      '[{"merchantUserId":"nobody","imgOssUrl":"https://example.com/mia.jpg"}]',
      '[{"merchantUserId":"mia","imgOssUrl":"ftp://x"}]',
    ])
      if (!infos.includes('ftp')) assertRefused(await modify(infos), 400, 'InvalidParameter')
    assertRefused(await client.call('ModifyFaceRecord', { FaceGroupCode: group }), 400, 'MissingParameter')
  })
})

test('calls are logged with action, group and outcome', async () => {
  const fields = { MerchantUserId: 'logged', FacePicture: base64(picture('logged')) }
  for (const [outcome, status] of [
    ['ok', 200],
    ['InvalidParameter', 400],
  ] as const) {
    const call = await readCall((await add(fields)).body.RequestId.toLowerCase())
    assert.deepEqual(
      [call.protocol, call.operation, call.galleryId, call.status, call.outcome],
      ['alibaba', 'AddFaceRecord', 'staff', status, outcome],
    )
  }
})

/** The log is written a moment after the answer. */
const readCall = async (id: string): Promise<Transaction> => {
  for (;;) {
    const found = await app.core.context.control.findTransaction('default', id)
    if (found) return found
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
