// Ids and metadata that callers choose: what is taken, and the sentence that refuses the rest.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AppError } from '../errors.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { checkDescription, checkGalleryId, checkMetadata, checkName, checkSubjectId } from './names.ts'
import type { Metadata } from './types.ts'

const refuses = (check: () => void, sentence: RegExp): void =>
  assert.throws(check, error => {
    assert.ok(error instanceof AppError)
    assert.equal(error.code, 'request_invalid')
    assert.match(error.message, sentence)
    return true
  })

describe('subject ids', () => {
  test('any text of 1 to 256 characters is taken', () => {
    for (const id of ['a', 'Zoë Ω 你好', 'user/42?x=1#y', "'; DROP TABLE faces; --", ' ', '...', '😀', 'x'.repeat(256)])
      checkSubjectId(id, DEFAULT_LIMITS)
  })

  test('what no address can carry is refused', () => {
    for (const id of ['.', '..']) refuses(() => checkSubjectId(id, DEFAULT_LIMITS), /another value/)
  })

  test('empty, too long, control characters and broken Unicode are refused', () => {
    refuses(() => checkSubjectId('', DEFAULT_LIMITS), /"subjectId" must have 1 to 256 characters \(it has 0\)/)
    refuses(() => checkSubjectId('x'.repeat(257), DEFAULT_LIMITS), /it has 257/)
    for (const id of ['a\nb', 'a\u0000', '\u007f', '\u0085'])
      refuses(() => checkSubjectId(id, DEFAULT_LIMITS), /control/)
    refuses(() => checkSubjectId('a\ud800', DEFAULT_LIMITS), /well-formed/)
  })
})

describe('gallery ids', () => {
  test('letters, digits, dots, dashes and underscores are taken', () => {
    for (const id of ['staff', 'A-1_b.c', '0', 'x'.repeat(256)]) checkGalleryId(id, DEFAULT_LIMITS)
  })

  test('everything else is refused', () => {
    for (const id of ['.hidden', '-x', '_x', 'a b', 'a/b', 'ä', 'a%20b', '..'])
      refuses(() => checkGalleryId(id, DEFAULT_LIMITS), /letters, digits/)
    refuses(() => checkGalleryId('', DEFAULT_LIMITS), /1 to 256/)
    refuses(() => checkGalleryId('x'.repeat(257), DEFAULT_LIMITS), /it has 257/)
  })
})

describe('metadata', () => {
  test('a flat object is taken, up to the last byte', () => {
    checkMetadata({}, DEFAULT_LIMITS)
    checkMetadata({ name: 'Zoë', age: 31, staff: true, badge: null }, DEFAULT_LIMITS)
    const fits = { a: 'x'.repeat(DEFAULT_LIMITS.maxMetadataBytes - '{"a":""}'.length) }
    checkMetadata(fits, DEFAULT_LIMITS)
    refuses(() => checkMetadata({ a: `${fits.a}x` }, DEFAULT_LIMITS), /at most 16384 bytes of JSON \(it has 16385\)/)
  })

  test('size is counted in bytes, not in characters', () => {
    refuses(() => checkMetadata({ a: 'Ω'.repeat(9000) }, DEFAULT_LIMITS), /at most 16384 bytes/)
  })

  test('texts that no JSON of a database can hold are refused, in keys and values', () => {
    for (const metadata of [{ a: 'x\0' }, { 'x\0': 1 }, { a: '\ud83d' }, { '\udc00': 1 }] as Metadata[])
      refuses(() => checkMetadata(metadata, DEFAULT_LIMITS), /well-formed/)
    checkMetadata({ '🙂\n': 'line\nline\t🙂' }, DEFAULT_LIMITS)
  })

  test('nested values are refused', () => {
    for (const value of [{ b: 1 }, [1], undefined])
      refuses(() => checkMetadata({ a: value } as unknown as Metadata, DEFAULT_LIMITS), /flat object/)
  })
})

test('names of galleries are one line of text, descriptions may have several', () => {
  for (const name of ['Tür 🚪', '', 'x'.repeat(200)]) checkName(name, DEFAULT_LIMITS)
  for (const name of ['a\nb', 'a\0', '\u001b[2J', '\ud800', 'x'.repeat(201)])
    assert.throws(() => checkName(name, DEFAULT_LIMITS), { code: 'request_invalid', message: /^"name" / })
  for (const description of ['a\r\n\tb', 'x'.repeat(2000)]) checkDescription(description, DEFAULT_LIMITS)
  for (const description of ['a\0', '\u001b[2J', '\udc00', 'x'.repeat(2001)])
    assert.throws(() => checkDescription(description, DEFAULT_LIMITS), { message: /^"description" / })
})
