// Lines out of chunks, however the chunks are cut.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { type Line, readLines } from './ndjson.ts'

const collect = <T>(items: AsyncIterable<T>): Promise<T[]> => Readable.from(items).toArray()

const inChunks = async function* (bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

const linesOf = (text: string | Uint8Array, size = 3, maxLineBytes = 10): Promise<Line[]> =>
  collect(readLines(inChunks(Buffer.from(text as string), size), maxLineBytes))

test('lines are the same however the stream is cut, with and without a last newline', async () => {
  const expected = [
    { number: 1, text: 'one' },
    { number: 2, text: 'zwö' },
  ]
  for (const size of [1, 2, 3, 100])
    for (const end of ['', '\n', '\n\n \r\n']) assert.deepEqual(await linesOf(`one\nzwö${end}`, size), expected)
})

test('blank lines are left out and counted; a carriage return stays, which JSON does not mind', async () => {
  assert.deepEqual(await linesOf('\n\na\r\n \t\nb'), [
    { number: 3, text: 'a\r' },
    { number: 5, text: 'b' },
  ])
  assert.deepEqual(await linesOf(''), [])
})

test('a line of the bound is taken, a longer one is skipped to its end', async () => {
  const long = 'x'.repeat(11)
  for (const size of [1, 4, 100])
    assert.deepEqual(await linesOf(`${'y'.repeat(10)}\n${long}\n${long.repeat(50)}\nz\n${long}`, size), [
      { number: 1, text: 'y'.repeat(10) },
      { number: 2, text: null },
      { number: 3, text: null },
      { number: 4, text: 'z' },
      { number: 5, text: null },
    ])
})

test('what is not UTF-8 is a line without a text; a byte order mark is left out', async () => {
  assert.deepEqual(await linesOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0x0a, 0xff, 0x0a, 0x62)), [
    { number: 1, text: 'a' },
    { number: 2, text: undefined },
    { number: 3, text: 'b' },
  ])
})

test('nothing is read before it is asked for', async () => {
  let chunks = 0
  const endless = async function* () {
    for (;;) {
      chunks++
      yield Buffer.from('{}\n')
    }
  }
  const lines = readLines(endless(), 10)
  for (let line = 0; line < 5; line++) await lines.next()
  assert.equal(chunks, 5)
  await lines.return(undefined)
})
