// ADVANCE.AI calls over a fake core: what is remembered and counted of them, limits, ports that fail, clocks that are told.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createCredential } from '../../src/core/credentials.ts'
import type { Allowance } from '../../src/core/types.ts'
import { AppError } from '../../src/errors.ts'
import { pngThatPromises } from '../bad-pictures.ts'
import { type FakeApp, type FakeAppOptions, openFakeApp } from '../fake-app.ts'
import { countBlobs, createFakeEngine, type FakeFace, type FakePorts, fakePicture } from '../fake-core.ts'
import { base64 } from '../support.ts'
import {
  type Advance,
  askToken,
  assertDone,
  assertEnvelope,
  assertRefused,
  createAdvance,
  formOf,
  openAdvance,
  type Pair,
} from './advance-app.ts'

/** The head of a PNG in front of what the fake engine reads. */
const HEAD = pngThatPromises(300, 300)
const pictureOf = (...faces: readonly FakeFace[]): Uint8Array => Buffer.concat([HEAD, fakePicture(...faces)])
const ann = pictureOf({ person: 'ann' })

const readsBehindHead = ({ engine, ...ports }: FakePorts): FakePorts => ({
  ...ports,
  engine: { ...engine, analyse: (image, options) => engine.analyse(image.subarray(HEAD.length), options) },
})

const open = (options: FakeAppOptions = {}): Promise<FakeApp> =>
  openFakeApp({ ...options, adapt: ports => readsBehindHead(options.adapt?.(ports) ?? ports) })

const pairOf = async ({ core }: FakeApp, allowance: Allowance | null = null): Promise<Pair> => {
  const { control, clock, ids, limits, vault } = core.context
  const operator = { control, clock, ids, limits, regionIds: ['default'], vault: async () => vault }
  const input = { protocol: 'advance', tenantId: 'default', regionId: 'default', allowance } as const
  const { credential, pair } = await createCredential(operator, input)
  return { id: credential.id, accessKey: pair.publicId, secretKey: pair.secret }
}

const enroll = ({ authentication }: Advance, userId: string, faceImage: Uint8Array = ann) =>
  authentication('enroll', { userId, region: 'PHL', faceImage: base64(faceImage) })
const addFace = ({ search }: Advance, faceSetId = '1') =>
  search<string>('POST', '/facereferences', formOf({ faceSetId, faceImage: ann }))

describe('what is remembered of a call', () => {
  let app: FakeApp
  let advance: Advance
  before(async () => {
    app = await open()
    advance = await openAdvance(app, await pairOf(app))
  })
  after(() => app.close())

  interface Transaction {
    readonly protocol: string
    readonly operation: string
    readonly outcome: string
    readonly galleryId: string | null
    readonly subjectHash: string | null
    readonly facts: object
  }

  test('it is found by its id in the native API', async () => {
    const done = await enroll(advance, 'ann')
    assertDone(done)
    assert.equal(done.headers['x-request-id'], done.body.transactionId)
    const { body } = await app.call<Transaction>('GET', `/v1/transactions/${done.body.transactionId}`)
    assert.partialDeepStrictEqual(body, {
      id: done.body.transactionId,
      protocol: 'advance',
      operation: 'advanceEnroll',
      outcome: 'ok',
      galleryId: 'advance-face-authentication',
      facts: { code: 'SUCCESS', pricingStrategy: 'FREE' },
    } as object)
    assert.ok(body.subjectHash)
    const refused = await advance.authentication('enroll', { userId: 'ann', region: 'XXX', faceImage: 'x' })
    const of = await app.call<Transaction>('GET', `/v1/transactions/${refused.body.transactionId}`)
    assert.partialDeepStrictEqual(of.body, {
      outcome: 'REGION_WRONG',
      facts: { code: 'REGION_WRONG', pricingStrategy: 'FREE' },
    } as object)
  })

  test('the audit trail names the call by it', async () => {
    const done = await enroll(advance, 'audited')
    const { body } = await app.call<{ items: { action: string; transactionId: string }[] }>('GET', '/v1/audit')
    const entry = body.items.find(({ transactionId }) => transactionId === done.body.transactionId)
    assert.equal(entry?.action, 'face.enrol')
  })

  test('it is counted as free or charged, by day, endpoint and code', async () => {
    assertDone(await advance.search('POST', '/facesets', {}))
    assertDone(await addFace(advance))
    for (const threshold of ['0', '80'])
      assert.equal(
        (await advance.search('POST', '/search', formOf({ faceSetId: '1', faceImage: ann, threshold }))).body
          .pricingStrategy,
        'PAY',
      )
    assertRefused(
      await advance.search('POST', '/search', formOf({ faceSetId: '9', faceImage: ann })),
      'PARAMETER_ERROR',
      'FaceSet not found, id: 9',
    )
    const { body } = await app.call<{ items: object[] }>('GET', '/v1/usage?operation=advanceSearch')
    const of = { day: new Date().toISOString().slice(0, 10), regionId: 'default', operation: 'advanceSearch' }
    assert.deepEqual(body.items, [
      { ...of, outcome: 'PARAMETER_ERROR', pricing: 'FREE', count: 1 },
      { ...of, outcome: 'ok', pricing: 'PAY', count: 2 },
    ])
  })

  test('the token’s calls are counted too, and those that nobody is known of are not', async () => {
    const { body } = await app.call<{ items: { outcome: string; count: number }[] }>(
      'GET',
      '/v1/usage?operation=advanceGenerateToken',
    )
    assert.deepEqual(
      body.items.map(({ outcome, count }) => [outcome, count]),
      [['ok', 1]],
    )
    const unknown = await createAdvance(app, 'x').search('GET', '/facesets')
    assertEnvelope(unknown)
    assert.equal((await app.call('GET', `/v1/transactions/${unknown.body.transactionId}`)).status, 404)
  })

  test('the person of a face set is the subject that the native API has', async () => {
    const added = await addFace(advance)
    const path = `/v1/galleries/advance-faceset-1/subjects/${added.headers['x-likeness-subject']}`
    assert.equal((await app.call('GET', path)).status, 200)
  })

  test('it says which gallery and whose face a call of Face Search was about', async () => {
    const made = await advance.search<string>('POST', '/facesets', {})
    const id = assertDone(made)
    const galleryId = `advance-faceset-${id}`
    const added = await addFace(advance, id)
    const face = assertDone(added)
    const sets = `/facesets?id=${id}`
    const faces = `/facereferences?id=${face}`
    const notes = async (received: { body: { transactionId: string } }) => {
      const { body } = await app.call<Transaction>('GET', `/v1/transactions/${received.body.transactionId}`)
      return [body.galleryId, body.subjectHash]
    }
    const [, subject] = await notes(added)
    assert.ok(subject)
    for (const call of [made, await advance.search('GET', sets), await advance.search('PUT', sets, {})])
      assert.deepEqual(await notes(call), [galleryId, null])
    const found = await advance.search('POST', '/search', formOf({ faceSetId: id, faceImage: ann }))
    assert.deepEqual(await notes(found), [galleryId, null])
    for (const method of ['GET', 'PUT', 'DELETE'])
      assert.deepEqual(await notes(await advance.search(method, faces, method === 'PUT' ? {} : undefined)), [
        galleryId,
        subject,
      ])
    assert.deepEqual(await notes(await advance.search('DELETE', sets)), [galleryId, null])
  })
})

describe('limits', () => {
  test('calls that come too fast are told when to come again', async () => {
    const app = await open()
    const allowance = { requestsPerSecond: 1, burst: 2, perDay: null, perMonth: null, operations: null }
    const advance = await openAdvance(app, await pairOf(app, allowance))
    assertDone(await advance.search('GET', '/facesets'))
    const refused = await advance.search('GET', '/facesets')
    assertRefused(
      refused,
      'SERVICE_BUSY',
      'Rate limit is exceeded, please retry after the suggested time in HTTP Header.',
    )
    assert.match(String(refused.headers['retry-after']), /^[1-9]\d*$/)
    await app.close()
  })

  test('a quota that is used up', async () => {
    const app = await open()
    const allowance = { requestsPerSecond: null, burst: null, perDay: 2, perMonth: null, operations: null }
    const advance = await openAdvance(app, await pairOf(app, allowance))
    assertDone(await advance.search('GET', '/facesets'))
    assertRefused(await advance.search('GET', '/facesets'), 'OVER_QUERY_LIMIT', 'The quota of queries is used up')
    await app.close()
  })

  test('a server that has more work than it can take', async () => {
    const busy = {
      stats: () => ({ waiting: 99, working: 1, places: 1, framesWaiting: 0, framePlaces: 1, pictureMs: 100 }),
    }
    const app = await open({ adapt: ports => ({ ...ports, engine: { ...createFakeEngine(), ...busy } }) })
    const advance = await openAdvance(app, await pairOf(app))
    for (const received of [await enroll(advance, 'ann'), await addFace(advance)]) {
      assert.equal(received.body.code, 'SERVICE_BUSY')
      assert.ok(received.headers['retry-after'])
    }
    await app.close()
  })

  test('a call that takes too long', async () => {
    const never = { analyse: (_: unknown, { signal }: { signal?: AbortSignal }) => waitFor(signal) }
    const app = await open({
      limits: { callTimeoutMs: 100 },
      adapt: ports => ({ ...ports, engine: { ...createFakeEngine(), ...never } as never }),
    })
    const advance = await openAdvance(app, await pairOf(app))
    assert.equal((await enroll(advance, 'ann')).body.code, 'SERVICE_BUSY')
    await app.close()
  })

  const waitFor = (signal: AbortSignal | undefined) =>
    new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
})

describe('ports that fail', () => {
  const fails = async (): Promise<never> => {
    throw new Error('The port fails, as it was told to.')
  }
  const isEmpty = async ({ core }: FakeApp): Promise<void> => {
    const { faces, subjects } = await core.region.store.inspection.counts()
    assert.deepEqual([faces, subjects, await countBlobs(core.region)], [0, 0, 0])
  }
  const causes: [string, (ports: FakePorts) => FakePorts][] = [
    [
      'the store',
      ({ store, ...ports }) => ({ ...ports, store: { ...store, faces: { ...store.faces, insert: fails } } }),
    ],
    ['the blobs', ({ blobs, ...ports }) => ({ ...ports, blobs: { ...blobs, put: fails } })],
    [
      'a full disk',
      ({ blobs, ...ports }) => ({
        ...ports,
        blobs: { ...blobs, put: () => Promise.reject(new AppError('storage_full')) },
      }),
    ],
  ]
  for (const [name, adapt] of causes)
    test(`${name}: Enroll failed, Server error, and nothing is stored`, async () => {
      const app = await open({ adapt })
      const advance = await openAdvance(app, await pairOf(app))
      assertRefused(await enroll(advance, 'ann'), 'ENROLL_FAILED', 'Enroll failed')
      assertDone(await advance.search('POST', '/facesets', {}))
      assertRefused(await addFace(advance), 'ERROR', 'Server error')
      await isEmpty(app)
      await app.close()
    })

  test('reading fails: Server error', async () => {
    const app = await open({
      adapt: ({ store, ...ports }) => ({
        ...ports,
        store: { ...store, galleries: { ...store.galleries, find: fails }, numbers: { ...store.numbers, find: fails } },
      }),
    })
    const advance = await openAdvance(app, await pairOf(app))
    for (const call of ['enroll', 'get-enroll', 'delete-enroll'])
      assertRefused(
        await advance.authentication(call, { userId: 'ann', region: 'PHL', faceImage: base64(ann) }),
        'ERROR',
        'Server error',
      )
    for (const [method, path] of [
      ['GET', '/facereferences?id=1'],
      ['DELETE', '/facereferences?id=1'],
      ['GET', '/facesets?id=1'],
      ['DELETE', '/facesets?id=1'],
    ])
      assertRefused(await advance.search(method, path), 'ERROR', 'Server error')
    await isEmpty(app)
    await app.close()
  })

  test('the control data: Server error', async () => {
    const app = await open()
    const pair = await pairOf(app)
    const advance = await openAdvance(app, pair)
    const { control } = app.core.context
    Object.assign(control, { findCredentialByPublicId: fails })
    assertRefused(await advance.search('GET', '/facesets'), 'ERROR', 'Server error')
    assertRefused(await askToken(app, pair), 'ERROR', 'Server error')
    await app.close()
  })
})

describe('clocks', () => {
  test('a request for a token counts up to 300 seconds before and after, inclusive', async () => {
    let now = new Date()
    const app = await open({ change: { clock: { now: () => now } } })
    const pair = await pairOf(app)
    const timestamp = Date.now()
    for (const [offsetMs, isTaken] of [
      [-300_000, true],
      [300_000, true],
      [-300_001, false],
      [300_001, false],
    ] as const) {
      now = new Date(timestamp + offsetMs)
      const received = await askToken(app, pair, { timestamp })
      if (isTaken) assertDone(received)
      else assertRefused(received, 'PARAMETER_ERROR', 'Timestamp error')
    }
    await app.close()
  })

  test('a token ends with its time', async () => {
    let now = new Date()
    const app = await open({ change: { clock: { now: () => now } } })
    const { token, expiredTime } = assertDone(
      await askToken(app, await pairOf(app), { periodSecond: 60, timestamp: now.getTime() }),
    )
    const { search } = createAdvance(app, token)
    assertDone(await search('GET', '/facesets'))
    now = new Date(expiredTime)
    assertDone(await search('GET', '/facesets'))
    now = new Date(expiredTime + 1000)
    assertRefused(await search('GET', '/facesets'), 'IAM_FAILED', 'Token not found or expired')
    await app.close()
  })

  test('a link to a picture is good for an hour, and for that picture alone', async () => {
    let now = new Date()
    const app = await open({ change: { clock: { now: () => now } } })
    const pair = await pairOf(app)
    let advance = await openAdvance(app, pair)
    for (const user of ['ann', 'bob']) assertDone(await enroll(advance, user))
    const linkOf = async (userId: string) => {
      const data = assertDone(await advance.authentication<{ imageUrlList: string[] }>('get-enroll', { userId }))
      return new URL(data.imageUrlList[0])
    }
    const [link, other] = [await linkOf('ann'), await linkOf('bob')]
    assert.equal(link.origin, app.url)
    const statusOf = async (url: URL | string) => {
      const { status, body } = await app.call<{ code?: string }>('GET', String(url).replace(app.url, ''), undefined, {
        authorization: '',
      })
      return `${status} ${body?.code ?? ''}`.trim()
    }
    assert.equal(await statusOf(link), '200')
    const shown = await fetch(link)
    assert.equal(shown.headers.get('cross-origin-resource-policy'), 'cross-origin', 'other pages may show it')
    await shown.arrayBuffer()
    const { body } = await app.call<{ items: { action: string; actor: string }[] }>(
      'GET',
      '/v1/audit?action=picture.read',
    )
    assert.deepEqual(
      body.items.map(({ actor }) => actor),
      [pair.id, pair.id],
      'who asked for the link has seen the picture',
    )
    const [, path, signed, name] = link.pathname.split('/')
    const [claims, mac] = signed.split('.')
    const [otherClaims] = other.pathname.split('/')[2].split('.')
    for (const forged of [
      `${otherClaims}.${mac}`,
      claims,
      `${claims}.`,
      `${claims}.${mac}x`,
      `${claims}.${mac}.`,
      `.${mac}`,
      `x.${mac}`,
    ])
      assert.equal(await statusOf(`${app.url}/${path}/${forged}/${name}`), '404 picture_link_invalid', forged)
    now = new Date(now.getTime() + 3_599_000)
    assert.equal(await statusOf(link), '200')
    now = new Date(now.getTime() + 2000)
    assert.equal(await statusOf(link), '410 picture_link_expired')
    advance = createAdvance(app, assertDone(await askToken(app, pair, { timestamp: now.getTime() })).token)
    const fresh = await linkOf('ann')
    assertDone(await advance.authentication('delete-enroll', { userId: 'ann' }))
    assert.equal(await statusOf(fresh), '410 picture_erased')
    await app.close()
  })

  test('what was erased is forgotten after 60 days, and its number is not given again', async () => {
    let now = new Date()
    const app = await open({ change: { clock: { now: () => now } } })
    const { forgetNumbers } = await import('../../src/core/numbers.ts')
    const pair = await pairOf(app)
    let advance = await openAdvance(app, pair)
    assertDone(await advance.search('POST', '/facesets', {}))
    assertDone(await addFace(advance))
    assertDone(await advance.search('DELETE', '/facereferences?id=1'))
    const DAY_MS = 86_400_000
    now = new Date(now.getTime() + 59.9 * DAY_MS)
    advance = createAdvance(app, assertDone(await askToken(app, pair, { timestamp: now.getTime() })).token)
    assert.equal(await forgetNumbers(app.core.context), 0)
    assert.partialDeepStrictEqual(assertDone(await advance.search<object>('GET', '/facereferences?id=1')), { id: '1' })
    now = new Date(now.getTime() + 0.2 * DAY_MS)
    advance = createAdvance(app, assertDone(await askToken(app, pair, { timestamp: now.getTime() })).token)
    assert.equal(await forgetNumbers(app.core.context), 1)
    assertRefused(
      await advance.search('GET', '/facereferences?id=1'),
      'PARAMETER_ERROR',
      'FaceReference not found, id: 1',
    )
    assert.equal(assertDone(await addFace(advance)), '2')
    await app.close()
  })
})

test('with pictures that are not kept there are no links to any', async () => {
  const app = await open({ change: { keepPictures: false } })
  const advance = await openAdvance(app, await pairOf(app))
  assertDone(await enroll(advance, 'ann'))
  assert.deepEqual(assertDone(await advance.authentication('get-enroll', { userId: 'ann' })), {
    userId: 'ann',
    imageUrlList: [],
  })
  assertDone(await advance.search('POST', '/facesets', {}))
  assertDone(await addFace(advance))
  const face = assertDone(await advance.search<object>('GET', '/facereferences?id=1'))
  assert.partialDeepStrictEqual(face, { faceImageId: null, faceImageUrl: null })
  await app.close()
})

test('tenants share nothing: numbers, face sets, users', async () => {
  const app = await open()
  const { control, clock, ids, limits, vault } = app.core.context
  const operator = { control, clock, ids, limits, regionIds: ['default'], vault: async () => vault }
  const { createTenant } = await import('../../src/core/tenants.ts')
  await createTenant(operator, { id: 'acme' })
  const { pair } = await createCredential(operator, { protocol: 'advance', tenantId: 'acme', regionId: 'default' })
  const theirs = await openAdvance(app, { id: '', accessKey: pair.publicId, secretKey: pair.secret })
  const ours = await openAdvance(app, await pairOf(app))
  assertDone(await ours.search('POST', '/facesets', {}))
  assertDone(await addFace(ours))
  assertDone(await enroll(ours, 'ann'))
  assertRefused(await addFace(theirs), 'PARAMETER_ERROR', 'FaceSet not found, id: 1')
  for (const method of ['GET', 'DELETE'])
    assertRefused(
      await theirs.search(method, '/facereferences?id=1'),
      'PARAMETER_ERROR',
      'FaceReference not found, id: 1',
    )
  assertRefused(await theirs.authentication('get-enroll', { userId: 'ann' }), 'PARAMETER_ERROR', 'UserId is invalid')
  assert.equal(assertDone(await theirs.search('POST', '/facesets', {})), '1')
  assert.equal(assertDone(await addFace(theirs)), '1')
  await app.close()
})
