// The part of the store's contract on the counters of applications in testing mode.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ControlStore } from '../core/ports.ts'
import { makeId } from './samples.suite.ts'

export function testTestingCounts(open: () => ControlStore): void {
  describe('counters of testing mode', () => {
    it('count all products of a call or none, and say which is used up', async () => {
      const { testing } = open()
      const id = makeId()
      assert.deepEqual(await testing.list(id), [])
      assert.equal(await testing.take(id, ['LIVENESS'], 2), null)
      assert.equal(await testing.take(id, ['LIVENESS', 'ENROLL'], 2), null)
      assert.equal(await testing.take(id, ['ENROLL', 'LIVENESS'], 2), 'LIVENESS')
      assert.equal(await testing.take(makeId(), ['LIVENESS'], 2), null, 'each credential has its own')
      assert.deepEqual(await testing.list(id), [
        { product: 'ENROLL', used: 1 },
        { product: 'LIVENESS', used: 2 },
      ])
      await testing.giveBack(id, ['LIVENESS'])
      assert.equal(await testing.take(id, ['ENROLL', 'LIVENESS'], 2), null)
      await testing.reset(id)
      assert.deepEqual(await testing.list(id), [])
      await testing.giveBack(id, ['LIVENESS'])
      assert.equal(await testing.take(id, ['LIVENESS'], 0), 'LIVENESS')
    })

    it('refuse nobody who has some left while they are set back or given back', async () => {
      const { testing } = open()
      const id = makeId()
      const products = ['ENROLL', 'LIVENESS']
      const calls = Array.from({ length: 60 }, async (_, at) => {
        if (at % 3 === 0) return testing.reset(id)
        if (at % 3 === 1) return testing.giveBack(id, products.toReversed())
        assert.equal(await testing.take(id, products, 60), null)
      })
      await Promise.all(calls)
    })

    it('are exact when many ask at once', async () => {
      const { testing } = open()
      const id = makeId()
      const answers = await Promise.all(Array.from({ length: 40 }, () => testing.take(id, ['ENROLL', 'LIVENESS'], 15)))
      assert.equal(answers.filter(answer => answer === null).length, 15)
      assert.deepEqual(
        (await testing.list(id)).map(({ used }) => used),
        [15, 15],
      )
    })
  })
}
