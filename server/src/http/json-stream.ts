// JSON written piece by piece, so that an answer of any size takes the memory of one item. Knows nothing of what is in it.
import { Readable } from 'node:stream'

/** A field's value: written as it is, or an array whose items come one after the other. */
export type StreamedField = readonly [name: string, value: unknown | AsyncIterable<unknown>]

/** A stream of the text of one object. Reads on only as far as its reader does. */
export const streamObject = (fields: readonly StreamedField[]): Readable => Readable.from(writeObject(fields))

async function* writeObject(fields: readonly StreamedField[]): AsyncGenerator<string> {
  let before = '{'
  for (const [name, value] of fields) {
    yield `${before}${JSON.stringify(name)}:`
    before = ','
    if (isIterable(value)) yield* writeArray(value)
    else yield JSON.stringify(value)
  }
  yield fields.length > 0 ? '}' : '{}'
}

async function* writeArray(items: AsyncIterable<unknown>): AsyncGenerator<string> {
  let before = '['
  for await (const item of items) {
    yield before + JSON.stringify(item)
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value
