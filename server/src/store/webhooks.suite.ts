// What every database must do with tenants' webhooks. Part of store.suite.ts.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ControlStore } from '../core/ports.ts'
import { AT, LATER, makeId } from './samples.suite.ts'

export function testWebhooks(open: () => ControlStore): void {
  describe('webhooks', () => {
    it('are one a tenant, the last one that was put', async () => {
      const { webhooks, ...control } = open()
      const tenantId = `tenant-${makeId()}`
      const rules = { imageUrls: null, pictureShape: 'any', frameHours: null, resultDays: null } as const
      await control.insertTenant({ id: tenantId, name: null, status: 'active', ...rules, createdAt: AT })
      assert.equal(await webhooks.find(tenantId), null)
      const first = {
        tenantId,
        url: 'https://shop.example/hook',
        algorithm: 'HMAC-SHA256' as const,
        sealedSecret: Uint8Array.of(1, 2, 3),
        createdAt: AT,
      }
      await webhooks.put(first)
      assert.deepEqual(await webhooks.find(tenantId), first)
      const next = { ...first, algorithm: 'HMAC-SHA512' as const, sealedSecret: Uint8Array.of(4), createdAt: LATER }
      await webhooks.put(next)
      assert.deepEqual(await webhooks.find(tenantId), next)
      assert.equal(await webhooks.delete(tenantId), true)
      assert.equal(await webhooks.delete(tenantId), false)
      assert.equal(await webhooks.find(tenantId), null)
    })
  })
}
