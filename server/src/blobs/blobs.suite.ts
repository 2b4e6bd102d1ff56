// What every blob store must do. Each driver's test runs it; it knows no driver.
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { BlobStore } from '../core/ports.ts'

export function testBlobStore(name: string, open: () => Promise<BlobStore>): void {
  describe(`blob store: ${name}`, () => {
    let blobs: BlobStore
    before(async () => {
      blobs = await open()
    })

    it('gives back what was put', async () => {
      await blobs.put('a', Uint8Array.of(1, 2, 3))
      assert.deepEqual(await blobs.get('a'), Uint8Array.of(1, 2, 3))
      await blobs.put('empty', new Uint8Array(0))
      assert.deepEqual(await blobs.get('empty'), new Uint8Array(0))
    })

    it('gives null for what was never put', async () => {
      assert.equal(await blobs.get('never'), null)
    })

    it('takes no part in later changes of the bytes, on either side', async () => {
      const bytes = Uint8Array.of(7, 7)
      await blobs.put('own', bytes)
      bytes[0] = 0
      const read = await blobs.get('own')
      assert.deepEqual(read, Uint8Array.of(7, 7))
      read![1] = 0
      assert.deepEqual(await blobs.get('own'), Uint8Array.of(7, 7))
    })

    it('puts the bytes of a view, not of the buffer behind it', async () => {
      await blobs.put('view', Uint8Array.of(1, 2, 3, 4).subarray(1, 3))
      assert.deepEqual(await blobs.get('view'), Uint8Array.of(2, 3))
    })

    it('replaces a blob as a whole', async () => {
      await blobs.put('replaced', new Uint8Array(1000).fill(1))
      await blobs.put('replaced', Uint8Array.of(2))
      assert.deepEqual(await blobs.get('replaced'), Uint8Array.of(2))
    })

    it('keeps one whole blob when many write the same key at once', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, value) => blobs.put('raced', new Uint8Array(5000).fill(value))))
      const read = await blobs.get('raced')
      assert.equal(read?.length, 5000)
      assert.ok(read?.every(byte => byte === read[0]))
    })

    testKeys(() => blobs)
  })
}

function testKeys(open: () => BlobStore): void {
  it('deletes, also twice, also what was never there', async () => {
    const blobs = open()
    await blobs.put('gone-1', Uint8Array.of(1))
    await blobs.put('gone-2', Uint8Array.of(1))
    await blobs.delete(['gone-1', 'never', 'gone-2'])
    await blobs.delete(['gone-1'])
    await blobs.delete([])
    assert.equal(await blobs.get('gone-1'), null)
    assert.equal(await blobs.get('gone-2'), null)
  })

  it('lists every key once', async () => {
    const blobs = open()
    const before = await listKeys(blobs)
    const added = Array.from({ length: 40 }, (_, index) => `01890a5d-ac96-774b-bcce-b302099a${index + 1000}`)
    await Promise.all(added.map(key => blobs.put(key, Uint8Array.of(1))))
    assert.deepEqual(await listKeys(blobs), [...before, ...added].sort())
    await blobs.delete(added)
    assert.deepEqual(await listKeys(blobs), before)
  })

  it('refuses keys that could name another place', async () => {
    const blobs = open()
    for (const key of ['', '.', '..', '../a', 'a/b', 'a\\b', 'a.b', 'a\0', 'ä', 'x'.repeat(65)]) {
      await assert.rejects(blobs.put(key, Uint8Array.of(1)), { code: 'internal' }, `put ${key}`)
      await assert.rejects(blobs.get(key), { code: 'internal' }, `get ${key}`)
      await assert.rejects(blobs.delete([key]), { code: 'internal' }, `delete ${key}`)
    }
    await blobs.put('x'.repeat(64), Uint8Array.of(1))
    await blobs.delete(['x'.repeat(64)])
  })
}

export async function listKeys(blobs: BlobStore): Promise<string[]> {
  const keys: string[] = []
  for await (const key of blobs.keys()) keys.push(key)
  return keys.sort()
}
