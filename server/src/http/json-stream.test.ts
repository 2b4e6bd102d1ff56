// JSON in pieces is the same JSON.
import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { streamObject } from './json-stream.ts'

const each = async function* <T>(...items: T[]): AsyncGenerator<T> {
  yield* items
}

test('fields and arrays come out as JSON.stringify has them', async () => {
  const stream = streamObject([
    ['a"b', { c: [1, null] }],
    ['none', each()],
    ['one', each('é')],
    ['more', each<unknown>(1, { d: 2 }, null)],
  ])
  assert.equal(
    await text(stream),
    JSON.stringify({ 'a"b': { c: [1, null] }, none: [], one: ['é'], more: [1, { d: 2 }, null] }),
  )
  assert.equal(await text(streamObject([])), '{}')
})

test('items are read as the text is, and an item that fails ends the stream with its error', async () => {
  let read = 0
  const endless = async function* () {
    for (;;) yield 'x'.repeat(1000 + read++)
  }
  const stream = streamObject([['items', endless()]])
  await new Promise(resolve => stream.once('readable', resolve))
  for (let count = 0; count < 20; count++) await turn()
  assert.ok(read < 100, `${read} were read`)
  stream.destroy()
  const failing = async function* () {
    yield 1
    throw new Error('broken')
  }
  await assert.rejects(text(streamObject([['items', failing()]])), /broken/)
})
