// A few kills of the crash benchmark: what was acknowledged is whole, and nothing is half there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crash } from './crash.ts'

test('a server that is killed in the middle of changes loses none that it acknowledged', async () => {
  const { kills, violations, acknowledged, checked } = await crash({ kills: 3 })
  assert.deepEqual(violations, [])
  assert.equal(kills, 3)
  assert.ok(checked > 0, `${acknowledged} acknowledged, ${checked} looked at`)
})
