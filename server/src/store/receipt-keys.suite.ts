// The part of the store's contract on the keys that sign receipts.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ControlStore } from '../core/ports.ts'
import { AT, LATER, makeId } from './samples.suite.ts'

export function testReceiptKeys(open: () => ControlStore): void {
  describe('receipt keys', () => {
    it('are listed newest first, byte for byte, each id once', async () => {
      const { receiptKeys } = open()
      const [older, newer] = [AT, LATER].map(createdAt => ({
        id: makeId(),
        publicKey: Uint8Array.from({ length: 32 }, (_, byte) => byte),
        sealedPrivateKey: Uint8Array.from({ length: 80 }, (_, byte) => 255 - byte),
        createdAt,
      }))
      assert.ok(older && newer)
      await receiptKeys.insert(older)
      await receiptKeys.insert(newer)
      await assert.rejects(receiptKeys.insert(older))
      const [first, second] = await receiptKeys.list()
      for (const [found, sent] of [
        [first, newer],
        [second, older],
      ] as const) {
        assert.deepEqual([found?.id, found?.createdAt], [sent.id, sent.createdAt])
        assert.deepEqual(Uint8Array.from(found?.publicKey ?? []), sent.publicKey)
        assert.deepEqual(Uint8Array.from(found?.sealedPrivateKey ?? []), sent.sealedPrivateKey)
      }
    })
  })
}
