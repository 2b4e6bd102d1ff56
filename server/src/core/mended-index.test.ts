// The index that loads a gallery anew where it may differ from the store: answers wait for it, and erasures are not undone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMendedIndex } from './mended-index.ts'
import { createPackIndexes } from './pack-indexes.ts'
import type { FaceIndex, FaceTemplate } from './ports.ts'

const face = (faceId: string): FaceTemplate => ({ faceId, template: new Float32Array(1) })
const PROBE = new Float32Array(1)
const GALLERY = { uid: 'g', pack: 'p@1' }

/** An index that is a set of ids, over a store whose batches are handed out one by one. */
const createWorld = (stored: string[][]) => {
  const held = new Map<string, Set<string>>()
  const state = { failsNext: false, loads: 0, betweenBatches: async () => {} }
  const raw: FaceIndex = {
    add(uid, entries) {
      if (state.failsNext) {
        state.failsNext = false
        throw new RangeError('no memory')
      }
      const ids = held.get(uid) ?? new Set()
      for (const { faceId } of entries) ids.add(faceId)
      held.set(uid, ids)
    },
    remove(uid, ids) {
      for (const id of ids) held.get(uid)?.delete(id)
    },
    drop: uid => void held.delete(uid),
    search: async uid => [...(held.get(uid) ?? [])].sort().map(faceId => ({ faceId, cosine: 1 })),
    size: uid => held.get(uid)?.size ?? 0,
    stats: () => ({ faces: 0, bytes: 0, waiting: 0 }),
    close: async () => {},
  }
  const troubles: unknown[] = []
  const index = createMendedIndex({
    index: createPackIndexes(() => raw),
    store: {
      faces: {
        async *streamTemplates() {
          state.loads += 1
          for (const batch of stored) {
            // As a query: its rows are read before whoever asked gets them.
            const rows = batch.map(face)
            await state.betweenBatches()
            yield rows
          }
        },
      },
    },
    onTrouble: error => troubles.push(error),
  })
  const find = async () => (await index.search(GALLERY, PROBE, 10)).map(({ faceId }) => faceId)
  return { index, state, troubles, find }
}

test('what could not be entered is found all the same, by the search after it', async () => {
  const { index, state, troubles, find } = createWorld([['a', 'b']])
  index.add(GALLERY, [face('a')])
  state.failsNext = true
  index.add(GALLERY, [face('b')])
  assert.equal(troubles.length, 1)
  assert.deepEqual(await find(), ['a', 'b'])
  assert.deepEqual(await find(), ['a', 'b'])
  assert.equal(state.loads, 1, 'and loaded once')
})

test('searches at once wait for one load, and a load that fails fails them and is tried again', async () => {
  const { index, state, find } = createWorld([['a']])
  index.doubt('g')
  state.failsNext = true
  await assert.rejects(Promise.all([find(), find()]), RangeError)
  assert.deepEqual(await Promise.all([find(), find(), find()]), [['a'], ['a'], ['a']])
  assert.equal(state.loads, 2)
})

test('what is erased while its gallery is loaded stays erased', async () => {
  const { index, state, find } = createWorld([['a', 'b'], ['c']])
  index.doubt('g')
  state.betweenBatches = async () => index.remove('g', ['b'])
  assert.deepEqual(await find(), ['a', 'c'])
})

test('a gallery that is deleted while it is loaded stays deleted', async () => {
  const { index, state, find } = createWorld([['a'], ['b']])
  index.doubt('g')
  state.betweenBatches = async () => index.drop('g')
  assert.deepEqual(await find(), [])
})

test('a doubt during a load makes another one', async () => {
  const { index, state, find } = createWorld([['a'], ['b']])
  index.doubt('g')
  state.betweenBatches = async () => {
    if (state.loads === 1) index.doubt('g')
  }
  assert.deepEqual(await find(), ['a', 'b'])
  assert.equal(state.loads, 2)
})
