// ADVANCE.AI Face Authentication over a real server: every message of the page from a real body or picture.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import sharp from 'sharp'
import { cutPerson, pictureOf, pictureOfNobody, readSample } from '../../src/vision/pictures.fixture.ts'
import { blank, cutOff } from '../bad-pictures.ts'
import { base64, countStored, launchReady, type TestServer } from '../support.ts'
import { type Advance, assertDone, assertRefused, createPair, openAdvance } from './advance-app.ts'

let server: TestServer
let advance: Advance
before(async () => {
  server = await launchReady({ imageUrlAllow: '127.0.0.1' })
  advance = await openAdvance(server, await createPair(server))
})
after(() => server?.close())

const USER = '8e44f0089b076e18a718eb9ca3d94674'
const enroll = (change: object, userId: unknown = USER) =>
  advance.authentication('enroll', { userId, region: 'PHL', ...change })
const good = await pictureOf('ada')
const GALLERY = '/v1/galleries/advance-face-authentication'

/** A page that pictures are fetched from. */
const serve = async (
  answers: Readonly<Record<string, () => { status?: number; type?: string; body?: Uint8Array }>>,
) => {
  const pages = createServer((request, response) => {
    const {
      status = 200,
      type = 'image/jpeg',
      body = new Uint8Array(),
    } = answers[request.url ?? '']?.() ?? { status: 404 }
    response.writeHead(status, { 'content-type': type }).end(body)
  })
  await new Promise<void>(resolve => pages.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(pages.address() as AddressInfo).port}`, close: () => pages.close() }
}

describe('enroll', () => {
  test('stores the face as the native API sees it, and names it in headers', async () => {
    const received = await enroll({ faceImage: base64(good) })
    assert.equal(assertDone(received), null)
    assert.equal(received.body.pricingStrategy, 'FREE')
    const face = String(received.headers['x-likeness-face'])
    assert.equal(received.headers['x-likeness-gallery'], 'advance-face-authentication')
    assert.equal(received.headers['x-likeness-subject'], USER)
    assert.equal((await server.call('GET', `${GALLERY}/faces/${face}`)).status, 200)
    const { body } = await server.call<{ metadata: object }>('GET', `${GALLERY}/subjects/${USER}`)
    assert.deepEqual(body.metadata, { region: 'PHL' })
  })

  test('takes base64 without padding, folded, URL-safe, as a data URL, and PNG', async () => {
    const text = base64(good)
    const png = await cutPerson('ada').png().toBuffer()
    for (const faceImage of [
      text.replace(/=+$/, ''),
      text.replace(/.{76}/g, '$&\r\n'),
      text.replaceAll('+', '-').replaceAll('/', '_'),
      `data:image/jpeg;base64,${text}`,
      base64(png),
    ])
      assertDone(await enroll({ faceImage }, 'spellings'))
  })

  test('takes pictures by address, and fields that it does not know', async () => {
    const pages = await serve({ '/a.jpg': () => ({ body: good }) })
    assertDone(await enroll({ faceImage: `${pages.url}/a.jpg`, unknown: { a: 1 }, bizId: 'b' }, 'by-address'))
    pages.close()
  })

  const refusals: [string, object, string, string][] = [
    ['userId absent', { userId: undefined }, 'PARAMETER_ERROR', 'Parameter should not be empty'],
    ['userId null', { userId: null }, 'PARAMETER_ERROR', 'Parameter should not be empty'],
    ['userId empty', { userId: '' }, 'PARAMETER_ERROR', 'Parameter should not be empty'],
    ['userId blank', { userId: ' \t ' }, 'PARAMETER_ERROR', 'Parameter should not be empty'],
    ['region absent', { region: undefined }, 'PARAMETER_ERROR', 'Parameter should not be empty'],
    ['region null', { region: null }, 'PARAMETER_ERROR', 'Parameter should not be empty'],
    ['region blank', { region: '  ' }, 'PARAMETER_ERROR', 'Parameter should not be empty'],
    ['userId too long', { userId: 'x'.repeat(65) }, 'PARAMETER_ERROR', 'UserId is invalid'],
    ['userId of 10,000 characters', { userId: 'x'.repeat(10_000) }, 'PARAMETER_ERROR', 'UserId is invalid'],
    ['userId with NUL', { userId: 'a\0b' }, 'PARAMETER_ERROR', 'UserId is invalid'],
    ['userId with a control character', { userId: 'a\u0085b' }, 'PARAMETER_ERROR', 'UserId is invalid'],
    ['userId with half a character', { userId: 'a\ud800' }, 'PARAMETER_ERROR', 'UserId is invalid'],
    ['userId a number', { userId: 7 }, 'PARAMETER_ERROR', 'Parameter error,please check you input.'],
    ['region an object', { region: {} }, 'PARAMETER_ERROR', 'Parameter error,please check you input.'],
    ['faceImage a number', { faceImage: 7 }, 'PARAMETER_ERROR', 'Parameter error,please check you input.'],
    ['region of two letters', { region: 'PH' }, 'REGION_WRONG', 'Region is wrong'],
    ['region that is none', { region: 'XKX' }, 'REGION_WRONG', 'Region is wrong'],
    ['region in small letters', { region: 'phl' }, 'REGION_WRONG', 'Region is wrong'],
    ['faceImage absent', { faceImage: undefined }, 'PARAMETER_ERROR', 'The Image is null'],
    ['faceImage null', { faceImage: null }, 'PARAMETER_ERROR', 'The Image is null'],
    ['faceImage empty', { faceImage: '' }, 'PARAMETER_ERROR', 'Face image is empty'],
    ['no bytes', { faceImage: 'data:image/jpeg;base64,' }, 'PARAMETER_ERROR', 'The Image file length is zero'],
    ['no base64', { faceImage: 'a picture!' }, 'PARAMETER_ERROR', 'Face image cannot decode'],
    ['no host', { faceImage: 'http://no-such-host.invalid/a.jpg' }, 'PARAMETER_ERROR', 'Face image cannot download'],
    ['private host', { faceImage: 'http://10.0.0.1/a.jpg' }, 'PARAMETER_ERROR', 'Face image cannot download'],
  ]
  for (const [name, change, code, message] of refusals)
    test(`${name}: ${message}`, async () => {
      assertRefused(await enroll({ faceImage: base64(good), ...change }, 'nobody'), code, message)
    })

  const SIZE =
    'Invalid image size, max image size should be less than 2M, and image dimension should be between 256 x 256 and 4096 x 4096'
  const FORMAT =
    'Invalid image format, image format should be one of jpeg/jpg/png, and request content type should be image/jpeg or image/png'
  const resized = (width: number, height: number) =>
    cutPerson('ada').resize(width, height, { fit: 'fill' }).jpeg().toBuffer()
  const padded = async (bytes: number) => Buffer.concat([good, Buffer.alloc(bytes - good.length)])
  const pictures: [string, () => Promise<Uint8Array>, string][] = [
    ['the vendor’s own example', async () => Buffer.from('7ac66c0f148de9519b8bd264312c4d64', 'base64'), FORMAT],
    ['WebP', () => cutPerson('ada').webp().toBuffer(), FORMAT],
    ['GIF', () => cutPerson('ada').gif().toBuffer(), FORMAT],
    ['a text', async () => Buffer.from('<html></html>'), FORMAT],
    ['half a JPEG', async () => cutOff(good, 0.5), 'Face image cannot decode'],
    ['the first bytes of a JPEG', async () => good.subarray(0, 10), 'Face image cannot decode'],
    ['255 x 256 pixels', () => resized(255, 256), SIZE],
    ['256 x 255 pixels', () => resized(256, 255), SIZE],
    ['4097 x 4096 pixels', () => blank(4097, 4096), SIZE],
    ['2 MB', () => padded(2_097_152), SIZE],
    ['2 MB and a byte', () => padded(2_097_153), SIZE],
    ['10 MB', () => padded(10_000_000), SIZE],
    ['nobody', () => pictureOfNobody(), 'No face detected'],
    ['three people', () => readSample(3), 'Too many faces detected'],
    [
      'a dark face',
      () => cutPerson('ada').linear(0.06, 0).jpeg().toBuffer(),
      'Face quality is too low in the uploaded picture',
    ],
    [
      'a blurred face',
      () => cutPerson('ada').blur(14).jpeg().toBuffer(),
      'Face quality is too low in the uploaded picture',
    ],
  ]
  for (const [name, make, message] of pictures)
    test(`${name}: ${message}`, async () => {
      assertRefused(await enroll({ faceImage: base64(await make()) }, 'nobody'), 'PARAMETER_ERROR', message)
    })

  test('sizes up to the bounds are taken: 256 and 4096 pixels, 2,097,151 bytes', async () => {
    assertDone(await enroll({ faceImage: base64(await resized(256, 256)) }, 'bounds'))
    const large = await sharp({ create: { width: 4096, height: 4096, channels: 3, background: '#8899aa' } })
      .composite([{ input: good, left: 1800, top: 1800 }])
      .jpeg()
      .toBuffer()
    assertDone(await enroll({ faceImage: base64(large) }, 'bounds'))
    assertDone(await enroll({ faceImage: base64(await padded(2_097_151)) }, 'bounds'))
  })

  test('addresses that lead to no good picture', async () => {
    const pages = await serve({
      '/empty': () => ({}),
      '/text': () => ({ type: 'text/html', body: Buffer.from('<html></html>') }),
      '/fails': () => ({ status: 500 }),
      '/large': () => ({ body: Buffer.alloc(3_000_000, 0xff) }),
    })
    for (const [path, message] of [
      ['/empty', 'The Image file length is zero'],
      ['/text', FORMAT],
      ['/fails', 'Face image cannot download'],
      ['/none', 'Face image cannot download'],
      ['/large', SIZE],
    ])
      assertRefused(await enroll({ faceImage: pages.url + path }, 'nobody'), 'PARAMETER_ERROR', message)
    pages.close()
  })

  test('what is no body of the expected form is CLIENT_ERROR', async () => {
    for (const body of ['{', '[]', '"text"', 'null', '7', ''])
      assertRefused(await advance.authentication('enroll', body), 'CLIENT_ERROR', 'HTTP 400 - Bad Request')
  })

  test('nothing was stored of what was refused', async () => {
    assert.equal((await server.call('GET', `${GALLERY}/subjects/nobody`)).status, 404)
    const { galleries, files } = await countStored(server)
    assert.deepEqual(
      galleries.map(({ id }) => id),
      ['advance-face-authentication'],
    )
    assert.equal(files, (galleries[0] as unknown as { faceCount: number }).faceCount)
  })
})

describe('get-enroll and delete-enroll', () => {
  test('a user has five pictures at most, and the oldest give way', async () => {
    const sides = [300, 310, 320, 330, 340, 350, 360]
    for (const side of sides)
      assertDone(await enroll({ faceImage: base64(await cutPerson('bea').resize(side).jpeg().toBuffer()) }, 'five'))
    const data = assertDone(
      await advance.authentication<{ userId: string; imageUrlList: string[] }>('get-enroll', { userId: 'five' }),
    )
    assert.equal(data.userId, 'five')
    const widths = []
    for (const url of data.imageUrlList) {
      const response = await fetch(url)
      assert.equal(response.headers.get('content-type'), 'image/jpeg')
      widths.push((await sharp(Buffer.from(await response.arrayBuffer())).metadata()).width)
    }
    assert.deepEqual(widths, sides.slice(2))
  })

  test('the pictures and the user are gone after delete-enroll', async () => {
    const { imageUrlList } = assertDone(
      await advance.authentication<{ imageUrlList: string[] }>('get-enroll', { userId: 'five' }),
    )
    assert.equal(assertDone(await advance.authentication('delete-enroll', { userId: 'five' })), null)
    for (const url of imageUrlList) assert.equal((await fetch(url)).status, 410)
    assert.equal((await server.call('GET', `${GALLERY}/subjects/five`)).status, 404)
    for (const call of ['get-enroll', 'delete-enroll'])
      assertRefused(await advance.authentication(call, { userId: 'five' }), 'PARAMETER_ERROR', 'UserId is invalid')
  })

  test('refuse what is no user id', async () => {
    for (const call of ['get-enroll', 'delete-enroll']) {
      for (const userId of [undefined, null, '', '   '])
        assertRefused(
          await advance.authentication(call, { userId }),
          'PARAMETER_ERROR',
          'Parameter should not be empty',
        )
      for (const userId of ['x'.repeat(65), 'a\nb', 'never enrolled'])
        assertRefused(await advance.authentication(call, { userId }), 'PARAMETER_ERROR', 'UserId is invalid')
    }
  })
})
