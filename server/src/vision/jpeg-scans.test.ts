// The count of a JPEG's scans is that of its first image, whatever else is in the file.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countScans } from './jpeg-scans.ts'
import { cutPerson } from './pictures.fixture.ts'

const jpeg = (options: object): Promise<Buffer> => cutPerson('ada').jpeg(options).toBuffer()
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)

test('one in a plain JPEG, several in a progressive one', async () => {
  assert.equal(countScans(await jpeg({ quality: 100 })), 1)
  const progressive = countScans(await jpeg({ progressive: true }))
  assert.ok(progressive > 3 && progressive < 20, `${progressive}`)
})

test('thumbnails before and films after it do not count', async () => {
  const plain = await jpeg({})
  const thumbnail = Buffer.concat([bytes(0xff, 0xe1, 0x00, 0x0a), bytes(0xff, 0xda, 0, 4, 1, 2, 0xff, 0xd9)])
  const film = Buffer.alloc(1000, bytes(0xff, 0xda, 0, 2))
  assert.equal(countScans(Buffer.concat([plain.subarray(0, 2), thumbnail, plain.subarray(2), film])), 1)
})

test('stuffed bytes, restarts and fill bytes are inside of a scan', () => {
  const scan = [0xff, 0xda, 0, 3, 0, 1, 0xff, 0x00, 2, 0xff, 0xd0, 3, 0xff, 0xd7, 0xff, 0xff]
  assert.equal(countScans(bytes(0xff, 0xd8, ...scan, 0xda, 0, 2, 9, 0xff, 0xd9, ...scan)), 2)
})

test('what makes no sense ends the count', () => {
  assert.equal(countScans(bytes()), 0)
  assert.equal(countScans(bytes(0xff, 0xd8, 0xff)), 0)
  assert.equal(countScans(bytes(0xff, 0xd8, 0x00, 0xff, 0xda, 0, 2)), 0)
  assert.equal(countScans(bytes(0xff, 0xd8, 0xff, 0xda)), 1)
  assert.equal(countScans(bytes(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xda, 0, 2, 1)), 1)
  assert.equal(countScans(new Uint8Array(100_000).fill(0xff)), 0)
})
