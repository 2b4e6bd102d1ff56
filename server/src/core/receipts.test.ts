// Receipts: what they say, what they do not say, and what breaks them.
import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { test } from 'node:test'
import type { ReceiptKey } from './receipt-ports.ts'
import {
  commitTo,
  type ErasureFacts,
  listReceiptKeys,
  openReceipts,
  type ReceiptContext,
  verifyReceipt,
} from './receipts.ts'

const FACTS: ErasureFacts = {
  kind: 'subject',
  regionId: 'default',
  galleryId: 'people',
  subjectId: 'ann',
  faceId: null,
  faces: 3,
  pictures: 2,
  transactionId: 'call',
}

/** Keys in a list; sealing marks the bytes with their context, so that another context does not open them. */
const makeContext = (): ReceiptContext & { keys: ReceiptKey[] } => {
  const keys: ReceiptKey[] = []
  const vault = {
    ensureTenant: async () => {},
    ensureKeysOf: async () => {},
    seal: (_tenant: string, plain: Uint8Array, context: string) => Buffer.concat([Buffer.from(`${context}|`), plain]),
    open: (sealed: Uint8Array, context: string) => {
      const head = Buffer.from(`${context}|`)
      assert.deepEqual(Buffer.from(sealed.subarray(0, head.length)), head)
      return sealed.subarray(head.length)
    },
  }
  const receiptKeys = { insert: async (key: ReceiptKey) => void keys.unshift(key), list: async () => keys }
  return {
    keys,
    control: { receiptKeys } as unknown as ReceiptContext['control'],
    vault: vault as unknown as ReceiptContext['vault'],
    clock: { now: () => new Date('2031-02-03T04:05:06.789Z') },
    ids: { next: () => randomUUIDv7() },
  }
}

test('a receipt says what was erased and names nobody; its salt tells who it was', async () => {
  const issue = await openReceipts(makeContext())
  const { receipt, subjectSalt, signature } = issue(FACTS)
  const { id, subject, ...rest } = receipt
  assert.deepEqual(rest, {
    kind: 'subject',
    erasedAt: '2031-02-03T04:05:06.789Z',
    region: 'default',
    gallery: 'people',
    face: null,
    faces: 3,
    pictures: 2,
    transactionId: 'call',
  })
  assert.ok(id && signature.algorithm === 'Ed25519')
  assert.ok(!JSON.stringify(receipt).includes('ann'))
  assert.ok(!JSON.stringify(receipt).includes(String(subjectSalt)))
  assert.equal(subject, commitTo('ann', Buffer.from(subjectSalt ?? '', 'base64url')))
  assert.notEqual(issue(FACTS).receipt.subject, subject, 'another salt each time')
})

test('a gallery is nobody in particular', async () => {
  const { receipt, subjectSalt } = (await openReceipts(makeContext()))({ ...FACTS, kind: 'gallery', subjectId: null })
  assert.deepEqual([receipt.subject, subjectSalt], [null, null])
})

test('one key signs, made on first use; all that ever signed verify', async () => {
  const context = makeContext()
  assert.deepEqual(await listReceiptKeys(context), [])
  const first = (await openReceipts(context))(FACTS)
  const second = (await openReceipts(context))(FACTS)
  assert.equal(context.keys.length, 1)
  assert.equal(second.signature.keyId, first.signature.keyId)
  const other = makeContext()
  const foreign = (await openReceipts(other))(FACTS)
  context.keys.unshift(...other.keys)
  const keys = await listReceiptKeys(context)
  for (const receipt of [first, second, foreign]) assert.equal(verifyReceipt(receipt, keys), 'valid')
})

test('what was changed, signed by another or is no receipt does not verify', async () => {
  const context = makeContext()
  const signed = (await openReceipts(context))(FACTS)
  const keys = await listReceiptKeys(context)
  assert.equal(verifyReceipt(JSON.parse(JSON.stringify(signed)), keys), 'valid')
  const { id, ...others } = signed.receipt
  assert.equal(verifyReceipt({ ...signed, receipt: { ...others, id } }, keys), 'valid', 'in any order of its fields')
  for (const change of [{ faces: 4 }, { gallery: 'others' }, { more: 1 }])
    assert.equal(verifyReceipt({ ...signed, receipt: { ...signed.receipt, ...change } }, keys), 'signature_wrong')
  const [first, ...rest] = signed.signature.value
  const value = [first === 'A' ? 'B' : 'A', ...rest].join('')
  assert.equal(verifyReceipt({ ...signed, signature: { ...signed.signature, value } }, keys), 'signature_wrong')
  assert.equal(verifyReceipt(signed, []), 'key_unknown')
  assert.equal(verifyReceipt(signed, await listReceiptKeys(makeContext())), 'key_unknown')
  for (const odd of [null, 1, {}, { receipt: {} }, { receipt: {}, signature: { algorithm: 'none' } }])
    assert.equal(verifyReceipt(odd, keys), 'malformed')
})
