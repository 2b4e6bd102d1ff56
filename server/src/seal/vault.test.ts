// The vault: what it seals, what it refuses to open, and how processes share keys.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { before, describe, it } from 'node:test'
import type { Vault, WrappedKeyStore } from '../core/ports.ts'
import { CLOCK, createMemoryKeyStore, createTestSource, createTestVault, readKeys } from './vault.fixture.ts'
import { openVault } from './vault.ts'

const OVERHEAD_BYTES = 33
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const corrupt = (named: string) => (error: Error & { code?: string }) => {
  assert.equal(error.code, 'sealed_data_corrupt')
  assert.ok(error.message.includes(named), error.message)
  return true
}

describe('a vault', () => {
  let vault: Vault
  before(async () => {
    vault = await createTestVault()
    await vault.ensureTenant('acme')
    await vault.ensureTenant('other')
  })

  it('opens what it sealed, of every length', () => {
    for (const length of [0, 1, 512, 1_000_003]) {
      const plaintext = randomBytes(length)
      const sealed = vault.seal('acme', plaintext, 'face:1')
      assert.equal(sealed.length, length + OVERHEAD_BYTES)
      assert.deepEqual(new Uint8Array(vault.open(sealed, 'face:1')), new Uint8Array(plaintext))
    }
  })

  it('seals the same bytes differently each time, and shows none of them', () => {
    const plaintext = text('a template that nobody must see in a file')
    const first = Buffer.from(vault.seal('acme', plaintext, 'face:1'))
    const second = Buffer.from(vault.seal('acme', plaintext, 'face:1'))
    assert.notDeepEqual(first, second)
    for (const sealed of [first, second])
      for (let at = 0; at + 8 <= plaintext.length; at++)
        assert.ok(!sealed.includes(Buffer.from(plaintext.subarray(at, at + 8))))
  })

  it('refuses what was altered in any byte, cut or lengthened', () => {
    const sealed = vault.seal('acme', text('template'), 'face:1')
    for (let at = 0; at < sealed.length; at++) {
      const altered = Uint8Array.from(sealed)
      altered[at]! ^= 1
      assert.throws(() => vault.open(altered, 'face:1'), corrupt('face:1'), `byte ${at}`)
    }
    for (let length = 0; length < sealed.length; length++)
      assert.throws(() => vault.open(sealed.subarray(0, length), 'face:1'), corrupt('face:1'), `${length} bytes`)
    assert.throws(() => vault.open(Buffer.concat([sealed, Buffer.alloc(1)]), 'face:1'), corrupt('face:1'))
  })

  it('refuses what was sealed as something else, or for another tenant under its own number', () => {
    const sealed = vault.seal('acme', text('template'), 'face:1')
    assert.throws(() => vault.open(sealed, 'face:2'), corrupt('face:2'))
    assert.throws(() => vault.open(sealed, 'picture:1'), corrupt('picture:1'))
    const moved = Uint8Array.from(sealed)
    moved.set(vault.seal('other', text('template'), 'face:1').subarray(0, 5))
    assert.throws(() => vault.open(moved, 'face:1'), corrupt('face:1'))
  })

  it('seals for no tenant whose key was not asked for', () => {
    assert.throws(() => vault.seal('stranger', text('x'), 'face:1'), { code: 'internal' })
  })

  it('forgets a tenant for good, and leaves the others', async () => {
    await vault.ensureTenant('leaving')
    const sealed = vault.seal('leaving', text('template'), 'face:1')
    const kept = vault.seal('acme', text('template'), 'face:1')
    await vault.forgetTenant('leaving')
    assert.throws(() => vault.open(sealed, 'face:1'), corrupt('gone'))
    await vault.ensureTenant('leaving')
    assert.throws(() => vault.open(sealed, 'face:1'), corrupt('gone'))
    assert.equal(Buffer.from(vault.open(kept, 'face:1')).toString(), 'template')
  })
})

describe('vaults over the same keys', () => {
  const source = createTestSource()
  const openOn = (keys: WrappedKeyStore) => openVault({ keys, source, clock: CLOCK })

  it('make one key a tenant, however many ask at once', async () => {
    const keys = createMemoryKeyStore()
    const vaults = await Promise.all([openOn(keys), openOn(keys), openOn(keys)])
    await Promise.all(vaults.flatMap(vault => [vault.ensureTenant('acme'), vault.ensureTenant('acme')]))
    assert.equal((await readKeys(keys)).keys.length, 1)
    const sealed = vaults[0]!.seal('acme', text('template'), 'face:1')
    for (const vault of vaults) assert.equal(Buffer.from(vault.open(sealed, 'face:1')).toString(), 'template')
  })

  it('load at start what is there, and later what another one made, when they are shown it', async () => {
    const keys = createMemoryKeyStore()
    const first = await openOn(keys)
    await first.ensureTenant('acme')
    const early = first.seal('acme', text('early'), 'face:1')
    const second = await openOn(keys)
    assert.equal(Buffer.from(second.open(early, 'face:1')).toString(), 'early')
    await first.ensureTenant('new')
    const late = first.seal('new', text('late'), 'face:2')
    assert.throws(() => second.open(late, 'face:2'), corrupt('face:2'))
    await second.ensureKeysOf([early, late])
    assert.equal(Buffer.from(second.open(late, 'face:2')).toString(), 'late')
    await second.ensureKeysOf([Uint8Array.of(1, 255, 255, 255, 255), new Uint8Array(0)])
  })

  it('refuse a wrapped key that was altered or given to another tenant', async () => {
    for (const altered of ['wrapped', 'tenant', 'number'] as const) {
      const keys = createMemoryKeyStore()
      await (await openOn(keys)).ensureTenant('acme')
      const { check, keys: rows } = await readKeys(keys)
      const [row] = rows
      const wrapped = Uint8Array.from(row!.wrapped)
      if (altered === 'wrapped') wrapped[20]! ^= 1
      const bad = {
        ...row!,
        wrapped,
        ...(altered === 'tenant' && { tenantId: 'other' }),
        ...(altered === 'number' && { number: 7 }),
      }
      const change: WrappedKeyStore['change'] = work => keys.change(held => work({ ...held, check, keys: [bad] }))
      await assert.rejects(openOn({ change }), corrupt(`tenant "${bad.tenantId}"`), altered)
    }
  })
})
