// The captured upload, to the byte, and the forms of the vendor's other clients.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { boundaryOf, parseFileForm } from './form-file.ts'

const captured = readFileSync(new URL('__fixtures__/post-object.bin', import.meta.url))
const BOUNDARY = 'boundary195aa757149f'
/** All bytes, and every beginning of a delimiter. */
const FILE = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from(`\r\n--${BOUNDARY}x--${BOUNDARY.slice(0, -1)}\r\nend`),
])

const part = (name: string, data: string | Buffer, end = '\r\n', header = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${header}\r\n\r\n`),
    Buffer.from(data),
    Buffer.from(end),
  ])
const LAST = Buffer.from(`--${BOUNDARY}--\r\n`)

describe('an upload', () => {
  test('as captured: the file without a line break behind it, and a field behind the file', () => {
    const form = parseFileForm(captured, BOUNDARY)
    assert.ok(form?.file)
    assert.equal(form.file.length, 80_006)
    assert.deepEqual([...form.file.subarray(0, 3)], [0xff, 0xd8, 0xff])
    assert.ok(captured.includes(Buffer.from(form.file)))
    assert.deepEqual(
      [...form.fields.keys()],
      ['host', 'OSSAccessKeyId', 'policy', 'Signature', 'key', 'success_action_status'],
    )
    assert.equal(form.fields.get('success_action_status'), '201')
    assert.equal(form.fields.get('key'), 'spike/2026-11-20/d81e99c3.jpg')
  })

  for (const [who, end] of [
    ['Node', ''],
    ['Java and Python', '\r\n'],
  ] as const)
    test(`as ${who} writes it, in any order`, () => {
      const file = part('file', FILE, end, '; filename="a;name=b.jpg"\r\nContent-Type: ')
      const key = part('key', 'k')
      for (const body of [Buffer.concat([file, key, LAST]), Buffer.concat([key, file, LAST])]) {
        const form = parseFileForm(body, BOUNDARY)
        assert.deepEqual(form?.file && Buffer.from(form.file), FILE)
        assert.equal(form?.fields.get('key'), 'k')
      }
    })

  test('as Go writes it keeps one line break of two, which no picture minds', () => {
    const form = parseFileForm(Buffer.concat([part('file', FILE, '\r\n\r\n'), LAST]), BOUNDARY)
    assert.equal(form?.file?.length, FILE.length + 2)
  })

  test('that is cut off anywhere, or too long in its parts, is none', () => {
    const whole = Buffer.concat([part('key', 'k'), part('file', FILE), LAST])
    for (let length = 0; length < whole.length - 4; length++)
      assert.equal(parseFileForm(whole.subarray(0, length), BOUNDARY), null, `${length} bytes`)
    assert.equal(
      parseFileForm(Buffer.concat([part('a', 'x', '\r\n', `; x="${'y'.repeat(5000)}"`), LAST]), BOUNDARY),
      null,
    )
    assert.equal(
      parseFileForm(Buffer.concat([...Array.from({ length: 30 }, () => part('a', 'x')), LAST]), BOUNDARY),
      null,
    )
    assert.equal(parseFileForm(Buffer.from('nothing of the kind'), BOUNDARY), null)
    assert.deepEqual(parseFileForm(LAST, BOUNDARY), { fields: new Map(), file: null })
  })

  test('names its boundary', () => {
    assert.equal(boundaryOf(`multipart/form-data; boundary=${BOUNDARY}`), BOUNDARY)
    assert.equal(boundaryOf('multipart/form-data; charset=utf-8; boundary="a b"'), 'a b')
    for (const type of [
      'multipart/form-data',
      'multipart/form-data; boundary=',
      `multipart/form-data; boundary=${'x'.repeat(71)}`,
    ])
      assert.equal(boundaryOf(type)?.length === 71, false)
  })
})
