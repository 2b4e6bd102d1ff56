// The part of the store's contract on how much credentials may call, and on the counts of accepted calls.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AcceptedCount, ControlStore } from '../core/ports.ts'
import type { Allowance } from '../core/types.ts'
import { makeId, makeKey } from './samples.suite.ts'

const ALLOWANCE: Allowance = {
  requestsPerSecond: 10,
  burst: 40,
  perDay: 'none',
  perMonth: 1_000_000_000,
  operations: ['enrolFace', 'searchGallery'],
}

export function testAllowances(open: () => ControlStore): void {
  describe('allowances', () => {
    it('are kept with the credential, changed and taken away', async () => {
      const control = open()
      const key = makeKey({ allowance: ALLOWANCE })
      await control.insertCredential(key)
      assert.deepEqual((await control.findCredentialByHash('native', key.secretHash!))?.allowance, ALLOWANCE)
      const changed = { ...ALLOWANCE, perDay: 5, operations: null }
      assert.deepEqual((await control.updateAllowance(key.id, changed))?.allowance, changed)
      assert.deepEqual((await control.readCredential(key.id))?.allowance, changed)
      assert.equal((await control.updateAllowance(key.id, null))?.allowance, null)
      assert.equal(await control.updateAllowance(makeId(), changed), null)
    })

    it('are changed with those of sub-users and temporary pairs', async () => {
      const control = open()
      const parent = makeKey()
      const child = makeKey({ parentId: parent.id })
      const grandchild = makeKey({ parentId: child.id })
      const other = makeKey()
      for (const pair of [parent, child, grandchild, other]) await control.insertCredential(pair)
      assert.equal((await control.updateAllowance(parent.id, ALLOWANCE))?.id, parent.id)
      for (const { id } of [child, grandchild])
        assert.deepEqual((await control.readCredential(id))?.allowance, ALLOWANCE)
      assert.equal((await control.readCredential(other.id))?.allowance, null)
    })

    it('are counted by credential, day and operation', async () => {
      const control = open()
      const credentialId = makeId()
      const count = (change: Partial<AcceptedCount> = {}): AcceptedCount => ({
        credentialId,
        day: '2031-02-03',
        operation: 'enrolFace',
        count: 1,
        ...change,
      })
      const others = [count({ day: '2031-02-28', count: 7 }), count({ operation: 'readFace', count: 20 })]
      await control.recordCalls([], [], [count(), ...others, count({ credentialId: makeId() })])
      await control.recordCalls([], [], [count({ count: 3 })])
      const sum = (from: string, to: string, operations: readonly string[] | null = null): Promise<number> =>
        control.countAccepted({ credentialId, from, to, operations })
      assert.equal(await sum('2031-02-03', '2031-02-03'), 24)
      assert.equal(await sum('2031-02-01', '2031-02-28'), 31)
      assert.equal(await sum('2031-02-01', '2031-02-28', ['enrolFace', 'searchGallery']), 11)
      assert.equal(await sum('2031-02-04', '2031-02-27'), 0)
      await control.deleteAccepted('2031-02-28')
      assert.equal(await sum('2031-02-01', '2031-02-28'), 7)
    })
  })
}
