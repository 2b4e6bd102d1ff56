// Work on many items at once: results as they are done, and no more in hand than is allowed.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { mapAsDone } from './enrol-batch.ts'

const collect = <T>(items: AsyncIterable<T>): Promise<T[]> => Readable.from(items).toArray()

const from = async function* <T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

test('results come as they are done, each once', async () => {
  const results = await collect(
    mapAsDone(from([3, 1, 2, 0]), 4, async turns => {
      for (let count = 0; count < turns * 5; count++) await turn()
      return turns
    }),
  )
  assert.deepEqual(results, [0, 1, 2, 3])
  assert.deepEqual(await collect(mapAsDone(from([]), 4, async () => 1)), [])
})

test('never more at once than allowed, and that many while there is work', async () => {
  let now = 0
  let most = 0
  const work = async (item: number): Promise<number> => {
    most = Math.max(most, ++now)
    await turn()
    now--
    return item
  }
  const results = await collect(mapAsDone(from(Array(50).keys()), 3, work))
  assert.equal(most, 3)
  assert.deepEqual(
    results.toSorted((one, other) => one - other),
    [...Array(50).keys()],
  )
})

test('while nobody takes results nothing more is taken in hand', async () => {
  let taken = 0
  const source = async function* () {
    for (;;) yield taken++
  }
  const results = mapAsDone(source(), 4, async item => item)
  await results.next()
  for (let count = 0; count < 20; count++) await turn()
  assert.ok(taken <= 6, `${taken} were taken`)
  await results.return(undefined)
})

test('a result does not wait for the next item', async () => {
  const never = new Promise<never>(() => {})
  const source = async function* () {
    yield 1
    await never
  }
  const results = mapAsDone(source(), 2, async item => item)
  assert.deepEqual(await results.next(), { done: false, value: 1 })
  await results.return(undefined)
})

test('a source that breaks ends the results with its error', async () => {
  const source = async function* () {
    yield 1
    throw new Error('broken')
  }
  const results = mapAsDone(source(), 1, async item => item)
  assert.deepEqual(await results.next(), { done: false, value: 1 })
  await assert.rejects(results.next(), /broken/)
})
