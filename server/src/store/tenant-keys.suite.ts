// The part of the store's contract on wrapped tenant keys. The control database has the tenant "default".
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ControlStore, WrappedKeyChange } from '../core/ports.ts'
import { AT, makeId } from './samples.suite.ts'

const TENANT = 'default'
const CHECK = Uint8Array.of(1, 2, 3)
const OTHER_CHECK = Uint8Array.of(9, 9)

export function testTenantKeys(open: () => ControlStore): void {
  const change = <T>(work: (keys: WrappedKeyChange) => Promise<T>) => open().tenantKeys.change(work)
  const read = () => change(async ({ check, keys }) => ({ check, keys }))
  const clear = () => change(keys => keys.remove(TENANT))
  const add = (keys: WrappedKeyChange, tenantId = TENANT) =>
    keys.add(tenantId, CHECK, AT, number => Uint8Array.of(number % 256, 7))

  describe('tenant keys', () => {
    it('are added with a number that is known while they are wrapped, and never comes again', async () => {
      await clear()
      const key = await change(keys => add(keys))
      assert.deepEqual(key, {
        number: key.number,
        tenantId: TENANT,
        wrapped: Uint8Array.of(key.number % 256, 7),
        retired: false,
      })
      assert.deepEqual(await read(), { check: CHECK, keys: [key] })
      await clear()
      assert.ok((await change(keys => add(keys))).number > key.number)
    })

    it('are one a tenant, and of tenants that exist', async () => {
      await clear()
      await change(keys => add(keys))
      const before = await read()
      await assert.rejects(change(keys => add(keys)))
      await assert.rejects(change(keys => add(keys, makeId())))
      assert.deepEqual(await read(), before)
    })

    it('change one after the other, so that only the first of many finds nothing', async () => {
      await clear()
      const found = await Promise.all(
        Array.from({ length: 10 }, () => change(async held => held.keys[0] ?? (await add(held)))),
      )
      assert.equal(new Set(found.map(key => key.number)).size, 1)
      assert.equal((await read()).keys.length, 1)
    })

    it('are wrapped anew with their check value, or not at all', async () => {
      await clear()
      const key = await change(keys => add(keys))
      const next = { ...key, wrapped: Uint8Array.of(4, 5, 6) }
      const cut = change(async keys => {
        await keys.rewrap(OTHER_CHECK, [next])
        throw new Error('cut short')
      })
      await assert.rejects(cut, /cut short/)
      assert.deepEqual(await read(), { check: CHECK, keys: [key] })
      await change(keys => keys.rewrap(OTHER_CHECK, [next]))
      assert.deepEqual(await read(), { check: OTHER_CHECK, keys: [next] })
      await clear()
    })
  })
}
