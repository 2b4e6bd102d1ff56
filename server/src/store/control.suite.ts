// The part of the store's contract on control data.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ControlStore } from '../core/ports.ts'
import { AT, LATER, makeId, makeKey, readPages } from './samples.suite.ts'

export function testControl(open: () => ControlStore): void {
  describe('keys', () => {
    it('are found by the hash of their secret, which does not come back', async () => {
      const control = open()
      const { secretHash, ...key } = makeKey({ name: null })
      await control.insertKey({ ...key, secretHash })
      assert.deepEqual(await control.findKeyByHash(secretHash), { ...key, revokedAt: null })
      const other = Uint8Array.from(secretHash)
      other[31]! ^= 1
      assert.equal(await control.findKeyByHash(other), null)
      assert.equal(await control.findKeyByHash(new Uint8Array(0)), null)
    })

    it('cannot share an id, a secret or a tenant that is not there', async () => {
      const control = open()
      const key = makeKey()
      await control.insertKey(key)
      await assert.rejects(control.insertKey(makeKey({ id: key.id })))
      await assert.rejects(control.insertKey(makeKey({ secretHash: key.secretHash })))
      await assert.rejects(control.insertKey(makeKey({ tenantId: makeId() })))
    })

    it('are revoked once; the first time stays', async () => {
      const control = open()
      const key = makeKey()
      await control.insertKey(key)
      assert.deepEqual((await control.revokeKey('default', key.id, AT))?.revokedAt, AT)
      assert.deepEqual((await control.revokeKey('default', key.id, LATER))?.revokedAt, AT)
      assert.deepEqual((await control.findKeyByHash(key.secretHash))?.revokedAt, AT)
      assert.equal(await control.revokeKey('default', makeId(), AT), null)
      assert.equal(await control.revokeKey(makeId(), key.id, AT), null)
    })

    it('are counted and listed in order of their making, page by page', async () => {
      const control = open()
      const before = await control.countKeys()
      const added = [makeKey(), makeKey(), makeKey()]
      for (const key of added.toReversed()) await control.insertKey(key)
      assert.equal(await control.countKeys(), before + 3)
      const { items } = await readPages(2, page => control.listKeys('default', page))
      assert.equal(items.length, before + 3)
      assert.deepEqual(
        items.slice(-3).map(key => key.id),
        added.map(key => key.id),
      )
      assert.deepEqual(await control.listKeys(makeId(), { limit: 2, cursor: null }), { items: [], nextCursor: null })
      await assert.rejects(control.listKeys('default', { limit: 2, cursor: '%' }), { code: 'request_invalid' })
    })
  })

  describe('the audit trail', () => {
    it('takes entries, each id once', async () => {
      const control = open()
      const entry = { id: makeId(), at: AT, tenantId: 'default', actor: 'cli', action: 'key.create', target: makeId() }
      await control.appendAudit(entry)
      await assert.rejects(control.appendAudit(entry))
    })
  })
}
