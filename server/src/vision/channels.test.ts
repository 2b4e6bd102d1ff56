// A network that takes blue, green, red sees the planes in that order, for each picture of a batch.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reverseChannels } from './channels.ts'

test('the first and third plane of each picture change places', async () => {
  let seen: readonly number[] = []
  let closed = 0
  const session = reverseChannels({
    run: async input => {
      seen = [...input]
      return {}
    },
    close: async () => void closed++,
  })
  await session.run(Float32Array.of(1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60), [2, 3, 1, 2])
  assert.deepEqual(seen, [5, 6, 3, 4, 1, 2, 50, 60, 30, 40, 10, 20])
  await session.close()
  assert.equal(closed, 1)
})
