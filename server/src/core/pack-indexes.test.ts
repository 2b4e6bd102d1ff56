// One front over an index a pack: each gallery in its pack's index, made when it is needed, and no other touched.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPackIndexes } from './pack-indexes.ts'
import type { FaceIndex, FaceTemplate } from './ports.ts'

const face = (faceId: string): FaceTemplate => ({ faceId, template: new Float32Array(1) })
const PROBE = new Float32Array(1)
const ONE = { uid: 'g1', pack: 'one@1' }
const OTHER = { uid: 'g2', pack: 'other@1' }

const createWorld = () => {
  const calls: string[] = []
  const closed: string[] = []
  const create = (pack: string): FaceIndex => {
    calls.push(`create ${pack}`)
    const held = new Map<string, Set<string>>()
    return {
      add(uid, entries) {
        calls.push(`${pack} add ${uid}`)
        held.set(uid, new Set([...(held.get(uid) ?? []), ...entries.map(({ faceId }) => faceId)]))
      },
      remove(uid, ids) {
        for (const id of ids) held.get(uid)?.delete(id)
      },
      drop: uid => void held.delete(uid),
      search: async uid => [...(held.get(uid) ?? [])].map(faceId => ({ faceId, cosine: 1 })),
      size: uid => held.get(uid)?.size ?? 0,
      stats: () => ({ faces: [...held.values()].reduce((sum, { size }) => sum + size, 0), bytes: 10, waiting: 1 }),
      close: async () => void closed.push(pack),
    }
  }
  return { indexes: createPackIndexes(create), calls, closed }
}

test('a gallery lies in the index of its pack, which is made once and when it is needed', async () => {
  const { indexes, calls } = createWorld()
  assert.deepEqual(await indexes.search(ONE, PROBE, 10), [])
  assert.deepEqual([indexes.size('g1'), calls], [0, []])
  indexes.add(ONE, [face('a')])
  indexes.add(OTHER, [face('b'), face('c')])
  indexes.add({ uid: 'g3', pack: ONE.pack }, [face('d')])
  assert.deepEqual(calls, ['create one@1', 'one@1 add g1', 'create other@1', 'other@1 add g2', 'one@1 add g3'])
  assert.deepEqual(await indexes.search(OTHER, PROBE, 10), [
    { faceId: 'b', cosine: 1 },
    { faceId: 'c', cosine: 1 },
  ])
  assert.deepEqual([indexes.size('g1'), indexes.size('g2'), indexes.size('g3')], [1, 2, 1])
})

test('what is removed or dropped is gone from its own index, and an unknown gallery is no error', async () => {
  const { indexes } = createWorld()
  indexes.remove('nowhere', ['a'])
  indexes.drop('nowhere')
  indexes.add(ONE, [face('a'), face('b')])
  indexes.add(OTHER, [face('a')])
  indexes.remove('g1', ['a'])
  assert.deepEqual([indexes.size('g1'), indexes.size('g2')], [1, 1])
  indexes.drop('g1')
  assert.deepEqual(await indexes.search(ONE, PROBE, 10), [])
  assert.equal(indexes.size('g2'), 1)
})

test('figures are those of all packs together, and all are closed', async () => {
  const { indexes, closed } = createWorld()
  indexes.add(ONE, [face('a')])
  indexes.add(OTHER, [face('b'), face('c')])
  assert.deepEqual(indexes.stats(), { faces: 3, bytes: 20, waiting: 2 })
  await indexes.close()
  assert.deepEqual(closed.sort(), ['one@1', 'other@1'])
})

test('a search that was given up does not begin', async () => {
  const { indexes } = createWorld()
  indexes.add(ONE, [face('a')])
  await assert.rejects(indexes.search(ONE, PROBE, 10, AbortSignal.abort()), { name: 'AbortError' })
})
