// ADVANCE.AI Face Search over a real server: faces, face sets and search, every message of the page from a real form.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import {
  adaElsewhere,
  cutPerson,
  otherPictureOf,
  pictureOf,
  pictureOfNobody,
} from '../../src/vision/pictures.fixture.ts'
import { blank, cutOff } from '../bad-pictures.ts'
import { base64, countStored, launchReady, type TestServer } from '../support.ts'
import {
  type Advance,
  assertDone,
  assertRefused,
  createPair,
  encode,
  FACE_SEARCH,
  formOf,
  openAdvance,
  send,
} from './advance-app.ts'

interface FaceReference {
  readonly id: string
  readonly createdAt: string
  readonly lastUpdatedAt: string
  readonly deletedAt: string | null
  readonly faceImageId: string | null
  readonly faceImageUrl: string | null
  readonly externalReferenceId: string | null
  readonly idNumber: string | null
  readonly idCardType: string | null
  readonly country: string | null
  readonly name: string | null
}
interface Found {
  readonly topK: number
  readonly threshold: number
  readonly total: number
  readonly faceReferences: readonly (FaceReference & { similarity: number })[]
}

let server: TestServer
let advance: Advance
before(async () => {
  server = await launchReady()
  advance = await openAdvance(server, await createPair(server))
})
after(() => server?.close())

const ILLEGAL = 'Parameter error, please check your request whether has illegal parameters.'
const good = await pictureOf('ada')
const add = (fields: Record<string, string | Uint8Array>, type?: string) =>
  advance.search<string>('POST', '/facereferences', formOf(fields, type))
const read = async (id: string) => assertDone(await advance.search<FaceReference>('GET', `/facereferences?id=${id}`))
const find = async (fields: Record<string, string | Uint8Array>) =>
  assertDone(await advance.search<Found>('POST', '/search', formOf(fields)))
const LOCAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,2}[1-9])?$/

describe('face sets and faces', () => {
  test('before there is a face set, every call names the one that is missing', async () => {
    assertRefused(await add({ faceSetId: '1', faceImage: good }), 'PARAMETER_ERROR', 'FaceSet not found, id: 1')
    const searched = await advance.search('POST', '/search', formOf({ faceSetId: '1', faceImage: good }))
    assertRefused(searched, 'PARAMETER_ERROR', 'FaceSet not found, id: 1')
  })

  test('face sets are made, read, listed and changed; ids count from 1', async () => {
    const made = await advance.search<string>('POST', '/facesets', { name: 'Staff', description: 'Doors' })
    assert.equal(assertDone(made), '1')
    assert.equal(made.headers['x-likeness-gallery'], 'advance-faceset-1')
    assert.equal(assertDone(await advance.search('POST', '/facesets', formOf({ name: 'Guests' }))), '2')
    assert.equal(assertDone(await advance.search('POST', '/facesets')), '3')
    const set = assertDone(await advance.search<Record<string, string>>('GET', '/facesets?id=1'))
    assert.match(set.createdAt, LOCAL)
    const { createdAt: _, lastUpdatedAt: __, ...rest } = set
    assert.deepEqual(rest, { id: '1', name: 'Staff', description: 'Doors', total: 0 })
    const changed = assertDone(await advance.search<object>('PUT', '/facesets?id=2', { name: 'Visitors' }))
    assert.partialDeepStrictEqual(changed, { id: '2', name: 'Visitors', description: null })
    const page = async (query: string) =>
      assertDone(await advance.search<{ faceSets: { id: string }[] }>('GET', `/facesets${query}`)).faceSets.map(
        ({ id }) => id,
      )
    assert.deepEqual(await page(''), ['1', '2', '3'])
    assert.deepEqual(await page('?pageSize=2'), ['1', '2'])
    assert.deepEqual(await page('?pageSize=2&afterId=2'), ['3'])
  })

  test('the vendor’s form adds a face, which the native API and Get Face know', async () => {
    const received = await add({
      faceSetId: '1',
      faceImage: good,
      externalReferenceId: '3aa0b51d-25df-4432-81ee-7b1774f89348',
      idNumber: '',
      idCardType: '',
      country: 'MG',
      name: 'Mrs. Justine',
    })
    assert.equal(assertDone(received), '1')
    const face = await read('1')
    assert.match(face.createdAt, LOCAL)
    assert.match(face.lastUpdatedAt, LOCAL)
    assert.match(String(face.faceImageId), /^[0-9a-f]{24}\.jpg$/)
    assert.ok(face.faceImageUrl?.endsWith(face.faceImageId!))
    const { createdAt: _, lastUpdatedAt: __, faceImageId: ___, faceImageUrl: ____, ...rest } = face
    assert.deepEqual(rest, {
      id: '1',
      deletedAt: null,
      externalReferenceId: '3aa0b51d-25df-4432-81ee-7b1774f89348',
      idNumber: '',
      idCardType: '',
      country: 'MG',
      name: 'Mrs. Justine',
    })
    assert.deepEqual(Buffer.from(await (await fetch(face.faceImageUrl!)).arrayBuffer()), good)
    const path = `/v1/galleries/advance-faceset-1/faces/${received.headers['x-likeness-face']}`
    assert.equal((await server.call('GET', path)).status, 200)
    const filter = encodeURIComponent(JSON.stringify({ name: 'Mrs. Justine' }))
    const list = await server.call<{ items: object[] }>(
      'GET',
      `/v1/galleries/advance-faceset-1/subjects?filter=${filter}`,
    )
    assert.equal(list.body.items?.length ?? list.status, 1)
  })

  test('a search finds the face that was added, above the threshold only', async () => {
    assertDone(await add({ faceSetId: '1', faceImage: await pictureOf('bea'), name: 'Bea' }))
    const found = await find({ faceSetId: '1', faceImage: await otherPictureOf('ada') })
    assert.partialDeepStrictEqual(found, { topK: 20, threshold: 80, total: 1 })
    const [face] = found.faceReferences
    const { similarity, faceImageUrl, ...rest } = face
    const { faceImageUrl: _, ...known } = await read('1')
    assert.deepEqual(rest, known)
    assert.ok(faceImageUrl)
    assert.ok(similarity > 80 && similarity <= 100)
    const all = await find({ faceSetId: '1', faceImage: good, topK: '20', threshold: '0' })
    assert.equal(all.threshold, 0)
    assert.deepEqual(
      all.faceReferences.map(({ id }) => id),
      ['1', '2'].slice(0, all.total),
    )
    const one = await find({ faceSetId: '1', faceImage: good, topK: '1', threshold: '50.0' })
    assert.partialDeepStrictEqual(one, { topK: 1, threshold: 50, total: 1 })
    const none = await find({ faceSetId: '1', faceImage: good, threshold: '100' })
    assert.deepEqual(none, { topK: 20, threshold: 100, total: 0, faceReferences: [] })
    assert.equal((await find({ faceSetId: '2', faceImage: good, threshold: '0' })).total, 0)
    const elsewhere = await find({ faceSetId: '1', faceImage: await adaElsewhere(), threshold: '50' })
    assert.equal(elsewhere.faceReferences[0]?.id, '1')
  })

  test('a face that was enrolled natively has a number from its first search on', async () => {
    const body = { image: base64(await pictureOf('cleo')) }
    await server.call('POST', '/v1/galleries/advance-faceset-2/faces', body)
    const { faceReferences } = await find({ faceSetId: '2', faceImage: await otherPictureOf('cleo') })
    assert.equal(faceReferences[0].id, '3')
    assert.equal((await read('3')).name, null)
  })

  test('faces are listed and changed', async () => {
    const list = async (query: string) => {
      const data = assertDone(
        await advance.search<{ total: number; faceReferences: FaceReference[] }>('GET', `/facereferences?${query}`),
      )
      return [data.total, ...data.faceReferences.map(({ id }) => id)]
    }
    assert.deepEqual(await list('faceSetId=1'), [2, '1', '2'])
    assert.deepEqual(await list('faceSetId=1&pageSize=1'), [2, '1'])
    assert.deepEqual(await list('faceSetId=1&pageSize=1&afterId=1'), [2, '2'])
    const before = await read('1')
    const changed = assertDone(
      await advance.search<FaceReference>('PUT', '/facereferences?id=1', { name: 'Ada', country: 'PH', unknown: 1 }),
    )
    assert.partialDeepStrictEqual(changed, {
      name: 'Ada',
      country: 'PH',
      externalReferenceId: before.externalReferenceId,
    })
    assert.ok(changed.lastUpdatedAt >= before.lastUpdatedAt)
    assert.equal(changed.createdAt, before.createdAt)
    assertDone(await advance.search('PUT', '/facereferences?id=1', formOf({ idNumber: '252' })))
    assert.partialDeepStrictEqual(await read('1'), { name: 'Ada', idNumber: '252' })
  })

  test('an erased face is told of, found by nothing, and its picture is gone', async () => {
    const before = await read('1')
    assert.equal(assertDone(await advance.search('DELETE', '/facereferences?id=1')), null)
    const { deletedAt, ...erased } = await read('1')
    assert.match(String(deletedAt), LOCAL)
    const { deletedAt: _, ...rest } = before
    assert.deepEqual(erased, { ...rest, faceImageUrl: null })
    assert.equal((await fetch(before.faceImageUrl!)).status, 410)
    assert.equal((await find({ faceSetId: '1', faceImage: good, threshold: '0' })).faceReferences[0]?.id ?? '2', '2')
    for (const method of ['DELETE', 'PUT'])
      assertRefused(
        await advance.search(method, '/facereferences?id=1', method === 'PUT' ? {} : undefined),
        'PARAMETER_ERROR',
        'FaceReference not found, id: 1',
      )
  })

  test('a face that was erased natively is told of without what was known of it', async () => {
    const received = await add({ faceSetId: '1', faceImage: await pictureOf('dora'), name: 'Dora' })
    const id = assertDone(received)
    const subject = received.headers['x-likeness-subject']
    assert.equal((await server.call('DELETE', `/v1/galleries/advance-faceset-1/subjects/${subject}`)).status, 204)
    const face = await read(id)
    assert.match(String(face.deletedAt), LOCAL)
    assert.match(face.createdAt, LOCAL)
    assert.deepEqual([face.name, face.faceImageUrl, face.faceImageId], [null, null, null])
  })

  test('a face set goes with its faces', async () => {
    assertDone(await advance.search('DELETE', '/facesets?id=2'))
    for (const method of ['GET', 'DELETE'])
      assertRefused(await advance.search(method, '/facesets?id=2'), 'PARAMETER_ERROR', 'FaceSet not found, id: 2')
    assert.match(String((await read('3')).deletedAt), LOCAL)
    assert.equal((await server.call('GET', '/v1/galleries/advance-faceset-2')).status, 404)
    assert.equal(assertDone(await advance.search('POST', '/facesets')), '4', 'no number is given twice')
  })

  test('many at once get a number each, without a gap', async () => {
    const forms = Array.from({ length: 6 }, () => add({ faceSetId: '4', faceImage: good }))
    const ids = (await Promise.all(forms)).map(received => Number(assertDone(received)))
    const sorted = ids.toSorted((one, other) => one - other)
    assert.deepEqual(
      sorted,
      Array.from({ length: 6 }, (_, index) => sorted[0] + index),
    )
  })

  test('a gallery that has the name of the next face set is left alone', async () => {
    await server.call('POST', '/v1/galleries', { id: 'advance-faceset-5' })
    const made = await advance.search<string>('POST', '/facesets')
    assert.equal(assertDone(made), '5')
    const gallery = String(made.headers['x-likeness-gallery'])
    assert.notEqual(gallery, 'advance-faceset-5')
    assertDone(await add({ faceSetId: '5', faceImage: good }))
    const { body } = await server.call<{ faceCount: number }>('GET', `/v1/galleries/${gallery}`)
    assert.equal(body.faceCount, 1)
    await server.call('DELETE', '/v1/galleries/advance-faceset-5')
  })
})

describe('bad input', () => {
  const FILE = 'File should be an image file, like jpg, png, jpeg.'
  const RESOLUTION = 'Image resolution should be 256 * 256 to 4096 * 4096'
  const SIZE = 'File size should be less than 2MB'
  const resized = (width: number, height: number) =>
    cutPerson('ada').resize(width, height, { fit: 'fill' }).jpeg().toBuffer()
  const padded = (bytes: number) => Buffer.concat([good, Buffer.alloc(bytes - good.length)])
  const pictures: [string, () => Promise<Uint8Array>, string][] = [
    ['no bytes', async () => new Uint8Array(), FILE],
    ['a text', async () => Buffer.from('not a picture'), FILE],
    ['WebP', () => cutPerson('ada').webp().toBuffer(), FILE],
    ['half a JPEG', async () => cutOff(good, 0.5), FILE],
    ['2,097,152 bytes', async () => padded(2_097_152), SIZE],
    ['2 MB and a byte', async () => padded(2_097_153), SIZE],
    ['3 MB', async () => padded(3_000_000), SIZE],
    ['255 x 256 pixels', () => resized(255, 256), RESOLUTION],
    ['4097 x 4096 pixels', () => blank(4097, 4096), RESOLUTION],
    ['nobody', () => pictureOfNobody(), 'Failed to embed image: No face detected'],
  ]
  let before: unknown
  for (const [name, make, message] of pictures)
    test(`${name}: ${message}`, async () => {
      const fields = { faceSetId: '4', faceImage: await make() }
      before ??= await countStored(server)
      assertRefused(await add(fields), 'PARAMETER_ERROR', message)
      assertRefused(await advance.search('POST', '/search', formOf(fields)), 'PARAMETER_ERROR', message)
    })

  const texts: [string, Record<string, string | Uint8Array>][] = [
    ['no face set', {}],
    ['an empty face set', { faceSetId: '' }],
    ['a face set of 10,000 characters', { faceSetId: '1'.repeat(10_000) }],
    ['a face set with NUL', { faceSetId: '1\0' }],
    ['a country that is none', { faceSetId: '4', country: 'XX' }],
    ['a country of three letters', { faceSetId: '4', country: 'MDG' }],
    ['a name that is too long', { faceSetId: '4', name: 'x'.repeat(257) }],
    ['a name with a control character', { faceSetId: '4', name: 'a\u0007b' }],
  ]
  for (const [name, fields] of texts)
    test(`${name} is an illegal parameter`, async () => {
      assertRefused(await add({ ...fields, faceImage: good }), 'PARAMETER_ERROR', ILLEGAL)
    })

  test('ids that are no decimal numbers are not found', async () => {
    for (const id of ['0', '01', '-1', '1.0', '1e3', 'x', '99999999999999999999', '77']) {
      assertRefused(await add({ faceSetId: id, faceImage: good }), 'PARAMETER_ERROR', `FaceSet not found, id: ${id}`)
      assertRefused(
        await advance.search('GET', `/facereferences?id=${id}`),
        'PARAMETER_ERROR',
        `FaceReference not found, id: ${id}`,
      )
    }
    for (const query of [
      '',
      '?id=',
      '?faceSetId=',
      '?id=1&id=2',
      '?faceSetId=1&pageSize=101',
      '?faceSetId=1&afterId=-1',
    ])
      assertRefused(await advance.search('GET', `/facereferences${query}`), 'PARAMETER_ERROR', ILLEGAL)
  })

  test('topK and threshold beyond their bounds', async () => {
    for (const field of [
      { topK: '0' },
      { topK: '101' },
      { topK: '1.5' },
      { topK: 'x' },
      { topK: '-1' },
      { threshold: '101' },
      { threshold: '-1' },
      { threshold: 'NaN' },
    ] as Record<string, string>[])
      assertRefused(
        await advance.search('POST', '/search', formOf({ faceSetId: '4', faceImage: good, ...field })),
        'PARAMETER_ERROR',
        ILLEGAL,
      )
    const empty = await find({ faceSetId: '4', faceImage: good, topK: '', threshold: '' })
    assert.partialDeepStrictEqual(empty, { topK: 20, threshold: 80 })
  })

  test('a form without a file, with a text for it, or with two', async () => {
    assertRefused(await add({ faceSetId: '4' }), 'PARAMETER_ERROR', ILLEGAL)
    assertRefused(await add({ faceSetId: '4', faceImage: base64(good) }), 'PARAMETER_ERROR', ILLEGAL)
    assertRefused(await add({ faceSetId: '4', picture: good }), 'PARAMETER_ERROR', ILLEGAL)
    const two = formOf({ faceSetId: '4', faceImage: good })
    two.append('faceImage', new File([Buffer.from(good)], 'second.jpg'))
    assertRefused(await advance.search('POST', '/facereferences', two), 'PARAMETER_ERROR', ILLEGAL)
    const both = formOf({ faceSetId: '4', faceImage: good, other: good })
    assertRefused(await advance.search('POST', '/facereferences', both), 'PARAMETER_ERROR', ILLEGAL)
    const twice = formOf({ faceSetId: '4', faceImage: good })
    twice.append('faceSetId', '1')
    assertRefused(await advance.search('POST', '/facereferences', twice), 'PARAMETER_ERROR', ILLEGAL)
    const update = formOf({ faceImage: good })
    assertRefused(await advance.search('PUT', '/facereferences?id=2', update), 'PARAMETER_ERROR', ILLEGAL)
  })

  test('a body that is no form, or breaks off', async () => {
    const refuse = async (type: string, body: string | Uint8Array) =>
      assertRefused(
        await send(server.url, 'POST', `${FACE_SEARCH}/facereferences`, {
          headers: { 'x-access-token': advance.token, 'content-type': type },
          body,
        }),
        'CLIENT_ERROR',
        'HTTP 400 - Bad Request',
      )
    await refuse('application/json', JSON.stringify({ faceSetId: '4', faceImage: base64(good) }))
    await refuse('text/plain', 'faceSetId=4')
    const { type, body } = await encode(formOf({ faceSetId: '4', faceImage: good }))
    for (const share of [0.3, 0.7, 0.999]) await refuse(type, body.slice(0, Math.floor(body.length * share)))
    await refuse('multipart/form-data', body)
  })

  test('a length of 1 GB is refused before anything of it is read', async () => {
    const { port } = new URL(server.url)
    const head = `POST ${FACE_SEARCH}/facereferences HTTP/1.1\r\nHost: localhost\r\nX-ACCESS-TOKEN: ${advance.token}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1073741824\r\n\r\n--b`
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(head))
    const answered = await new Promise<string>((resolve, reject) => {
      socket.once('data', data => resolve(String(data)))
      socket.once('error', reject)
    })
    socket.destroy()
    assert.match(answered, /^HTTP\/1\.1 200 /)
    assert.match(answered, /"message":"File size should be less than 2MB"/)
  })

  test('a PNG under the name and type of a JPEG, and any type at all, is judged by its bytes', async () => {
    const png = await cutPerson('ada').png().toBuffer()
    for (const type of ['image/jpeg', 'application/octet-stream', 'text/plain']) {
      const id = assertDone(await add({ faceSetId: '5', faceImage: png }, type))
      assert.match(String((await read(id)).faceImageId), /\.png$/)
      assertDone(await advance.search('DELETE', `/facereferences?id=${id}`))
    }
  })

  test('sizes up to the bounds are taken, and unknown fields', async () => {
    for (const faceImage of [padded(2_097_151), await resized(256, 256)]) {
      const id = assertDone(await add({ faceSetId: '5', faceImage, faceSetName: 'x', bizId: '7' }))
      assertDone(await advance.search('DELETE', `/facereferences?id=${id}`))
    }
  })

  test('nothing was stored of what was refused', async () => {
    assert.deepEqual(await countStored(server).then(({ files }) => files), (before as { files: number }).files)
  })
})
