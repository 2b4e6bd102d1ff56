// The pure parts: the vendor's sentences and bodies against its pages, every error of the catalogue, ids, times and texts.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { AppError, CATALOGUE, type ErrorCode } from '../../../errors.ts'
import { type Family, isRefusalName, type RefusalName, wordsOf } from './codes.ts'
import { Refusal, spell } from './errors.ts'
import { faceImageIdOf, mergeTexts, readId, toDeletedFace, toLocalDateTime } from './map.ts'
import { signRequest } from './tokens.ts'
import { transactionIdFor } from './transaction-ids.ts'

type Row = readonly [code: string, message: string, name: RefusalName]
const bodies = JSON.parse(await readFile(new URL('__fixtures__/bodies.json', import.meta.url), 'utf8'))
const FAMILIES = ['token', 'faceAuthentication', 'faceSearch', 'h5', 'h5Result', 'h5Enroll'] as const

describe('the vendor’s sentences', () => {
  for (const family of FAMILIES)
    test(`of ${family}`, () => {
      for (const [code, message, name] of bodies[family].refused as Row[])
        assert.deepEqual(wordsOf(name, family), { code, message })
    })

  test('each error of the catalogue has one, which says nothing of the inside', () => {
    for (const code of Object.keys(CATALOGUE) as ErrorCode[])
      for (const family of [undefined, ...FAMILIES]) {
        const details = code === 'face_refused' ? { reasons: [{ name: 'blur' }] } : {}
        const { code: wire, message } = spell(new AppError(code, undefined, { details }), family)
        assert.match(wire, /^[A-Z_]+$/)
        assert.ok(message.length > 0)
        if (new AppError(code).kind === 'setup') assert.equal(wire, 'ERROR')
      }
  })

  test('a face that is refused for other people in the picture is one of too many', () => {
    const refuse = (...names: string[]) =>
      spell(
        new AppError('face_refused', undefined, { details: { reasons: names.map(name => ({ name })) } }),
        'faceAuthentication',
      )
    assert.equal(refuse('blur', 'severalFaces').message, 'Too many faces detected')
    assert.equal(refuse('dark').message, 'Face quality is too low in the uploaded picture')
  })

  test('a body that is too large is a picture that is, where the call has one', () => {
    const spelt = (family: Family, takesPicture: boolean) =>
      spell(new AppError('body_too_large'), family, takesPicture).message
    assert.equal(spelt('faceSearch', true), 'File size should be less than 2MB')
    assert.match(spelt('faceAuthentication', true), /^Invalid image size/)
    for (const family of ['faceSearch', 'faceAuthentication', 'token'] as const)
      assert.equal(spelt(family, false), 'HTTP 400 - Bad Request')
  })

  test('names are those of this folder and no others', () => {
    assert.ok(isRefusalName('empty'))
    for (const text of [undefined, '', 'constructor', 'is not as expected']) assert.ok(!isRefusalName(text))
    assert.equal(spell(new Refusal({ code: 'PARAMETER_ERROR', message: 'x' }), undefined).message, 'x')
  })
})

test('the test vector of the token page', () => {
  const { accessKey, secretKey, timestamp, signature } = bodies.testVector
  assert.equal(signRequest(accessKey, secretKey, timestamp), signature)
})

test('times lose their zone and the zeros at their end', () => {
  for (const [text, instant] of Object.entries<string>(bodies.localDateTimes))
    assert.equal(toLocalDateTime(new Date(instant)), text)
})

test('ids are decimal digits without a zero in front', () => {
  for (const [text, number] of [
    ['1', 1],
    ['999999999999999', 999_999_999_999_999],
  ] as const)
    assert.equal(readId(text), number)
  for (const text of [undefined, '', '0', '01', '-1', '1.0', ' 1', '1 ', '1e3', '１', '9999999999999999'])
    assert.equal(readId(text), null)
})

test('a face image has 24 hexadecimal digits and the ending of its format', () => {
  const picture = { key: 'k', mediaType: 'image/png', bytes: 1 }
  const face = { id: '0195b0c8-0001-7000-8000-000000000001', picture }
  assert.match(String(faceImageIdOf(face)), /^[0-9a-f]{24}\.png$/)
  assert.equal(faceImageIdOf(face), faceImageIdOf(face))
  assert.match(String(faceImageIdOf({ ...face, picture: { ...picture, mediaType: 'image/jpeg' } })), /\.jpg$/)
  assert.equal(faceImageIdOf({ ...face, picture: null }), null)
})

test('texts that are given go before those that were there', () => {
  const before = { name: 'Ann', idNumber: '7', door: 3 }
  assert.deepEqual(mergeTexts(before, { name: 'Bea', idNumber: null, country: '' }), {
    ...before,
    name: 'Bea',
    country: '',
  })
})

test('of an erased face nothing is made up', () => {
  const at = new Date('2031-02-03T04:05:06.000Z')
  const numbered = {
    tenantId: 'default',
    kind: 'advance.face',
    uid: '0195b0c8-0001-7000-8000-000000000001',
    parentUid: 'g',
    number: 7,
    deletedAt: at,
    details: null,
  } as const
  assert.deepEqual(toDeletedFace(numbered, at), {
    id: '7',
    createdAt: toLocalDateTime(new Date(0x0195b0c80001)),
    lastUpdatedAt: '2031-02-03T04:05:06',
    deletedAt: '2031-02-03T04:05:06',
    faceImageId: null,
    faceImageUrl: null,
    externalReferenceId: null,
    idNumber: null,
    idCardType: null,
    country: null,
    name: null,
  })
})

test('calls of this protocol have ids of 16 hexadecimal digits, others not', () => {
  for (const url of [
    '/advance',
    '/advance/x?y',
    '/openapi/auth/ticket/v1/generate-token',
    '/intl/openapi/face-search/search',
  ])
    assert.match(String(transactionIdFor(url)), /^[0-9a-f]{16}$/)
  for (const url of ['/', '/v1/galleries', '/advanced', '/openapi.json', '/openapi/advance.json', '/v1/x?/advance/'])
    assert.equal(transactionIdFor(url), null)
})
