// Changing the master key: whatever moment it is cut short at, the next start opens everything.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Vault, WrappedKeyStore } from '../core/ports.ts'
import { createMasterKeySource, createNewFileTarget, type MasterKeySource } from './master-key.ts'
import { rotateMasterKey } from './rotation.ts'
import { CLOCK, createMemoryKeyStore, readKeys } from './vault.fixture.ts'
import { openVault } from './vault.ts'

let folder: string
let lastFile = 0
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-seal-'))
})
after(() => rm(folder, { recursive: true, force: true }))

interface Scene {
  readonly keys: WrappedKeyStore
  readonly file: string
  readonly source: MasterKeySource
  /** Opened before anything is rotated, as a server that runs meanwhile. */
  readonly running: Vault
  /** Opens the vault anew and all that was sealed; the tenants' keys must not have changed. */
  check(source?: MasterKeySource): Promise<void>
}

const TENANTS = ['acme', 'other', 'third']
const fileSource = (masterKeyFile: string): MasterKeySource => createMasterKeySource({ masterKeyFile })

const createScene = async (): Promise<Scene> => {
  const keys = createMemoryKeyStore()
  const file = join(folder, `${++lastFile}`, 'master.key')
  const source = fileSource(file)
  const running = await openVault({ keys, source, clock: CLOCK })
  for (const tenant of TENANTS) await running.ensureTenant(tenant)
  const sealed = TENANTS.map(tenant => running.seal(tenant, Buffer.from(tenant), 'face:1'))
  const check = async (present = fileSource(file)): Promise<void> => {
    const vault = await openVault({ keys, source: present, clock: CLOCK })
    for (const [at, tenant] of TENANTS.entries())
      assert.equal(Buffer.from(vault.open(sealed[at]!, 'face:1')).toString(), tenant)
  }
  return { keys, file, source, running, check }
}

const readCheck = async (keys: WrappedKeyStore): Promise<string> =>
  Buffer.from((await readKeys(keys)).check!).toString('hex')

describe('a rotation', () => {
  it('wraps every key anew, replaces the file and leaves the data alone', async () => {
    const { keys, file, source, check } = await createScene()
    const [text, before] = [await readFile(file, 'utf8'), await readKeys(keys)]
    assert.equal((await rotateMasterKey(keys, source)).tenantKeys, 3)
    assert.notEqual(await readFile(file, 'utf8'), text)
    assert.deepEqual(await readdir(dirname(file)), ['master.key'])
    const now = await readKeys(keys)
    for (const [at, key] of now.keys.entries()) {
      assert.equal(key.number, before.keys[at]!.number)
      assert.notDeepEqual(key.wrapped, before.keys[at]!.wrapped)
    }
    await check()
    await assert.rejects(check(createMasterKeySource({ masterKeyFile: file, masterKey: text })), {
      code: 'master_key_wrong',
    })
  })

  it('does not disturb a server that runs, which seals for new tenants under the new key', async () => {
    const { keys, file, source, running, check } = await createScene()
    await rotateMasterKey(keys, source)
    const old = running.seal('acme', Buffer.from('still'), 'face:2')
    await running.ensureTenant('newcomer')
    const sealed = running.seal('newcomer', Buffer.from('new'), 'face:3')
    const next = await openVault({ keys, source: fileSource(file), clock: CLOCK })
    assert.equal(Buffer.from(next.open(old, 'face:2')).toString(), 'still')
    assert.equal(Buffer.from(next.open(sealed, 'face:3')).toString(), 'new')
    await rotateMasterKey(keys, fileSource(file))
    const late = running.seal('newcomer', Buffer.from('late'), 'face:4')
    await check()
    await running.ensureKeysOf([late, Uint8Array.of(1, 0, 0, 0, 99)])
  })

  it('with no key yet changes the master key all the same', async () => {
    const keys = createMemoryKeyStore()
    const file = join(folder, `${++lastFile}`, 'master.key')
    const running = await openVault({ keys, source: fileSource(file), clock: CLOCK })
    assert.equal((await rotateMasterKey(keys, fileSource(file))).tenantKeys, 0)
    await running.ensureTenant('acme')
    const sealed = running.seal('acme', Buffer.from('x'), 'face:1')
    ;(await openVault({ keys, source: fileSource(file), clock: CLOCK })).open(sealed, 'face:1')
  })

  it('by many at once ends with one key that fits', async () => {
    const { keys, file, check } = await createScene()
    await Promise.all(Array.from({ length: 6 }, () => rotateMasterKey(keys, fileSource(file))))
    await check()
    assert.deepEqual(await readdir(dirname(file)), ['master.key'])
  })

  it('is refused with a master key that does not fit, and changes nothing', async () => {
    const { keys, check } = await createScene()
    const before = await readCheck(keys)
    const wrong = createMasterKeySource({ masterKeyFile: '/nowhere', masterKey: randomBytes(32).toString('hex') })
    await assert.rejects(rotateMasterKey(keys, wrong), { code: 'master_key_wrong' })
    await assert.rejects(rotateMasterKey(keys, fileSource(join(folder, 'none'))), { code: 'master_key_missing' })
    assert.equal(await readCheck(keys), before)
    await check()
  })
})

describe('a rotation cut short', () => {
  const crash = new Error('the power is cut')
  const points: [string, (scene: Scene) => { keys?: WrappedKeyStore; source?: MasterKeySource }][] = [
    [
      'before the new key is on disk',
      ({ source }) => ({ source: { ...source, prepare: () => Promise.reject(crash) } }),
    ],
    [
      'with the new key on disk, before the database changes',
      ({ keys }) => ({
        keys: {
          change: work => keys.change(held => work({ ...held, rewrap: () => Promise.reject(crash) })),
        },
      }),
    ],
    [
      'in the transaction, after its last write',
      ({ keys }) => ({
        keys: { change: work => keys.change(held => work(held).then(() => Promise.reject(crash))) },
      }),
    ],
    [
      'right after the commit',
      ({ keys }) => ({ keys: { change: work => keys.change(work).then(() => Promise.reject(crash)) } }),
    ],
    [
      'before the file is replaced',
      ({ source }) => {
        let calls = 0
        const promote = (check: Uint8Array | null) => (++calls < 2 ? source.promote(check) : Promise.reject(crash))
        return { source: { ...source, promote } }
      },
    ],
  ]
  for (const [name, faults] of points) {
    it(`${name}: everything opens at the next start`, async () => {
      const scene = await createScene()
      const { keys = scene.keys, source = scene.source } = faults(scene)
      await assert.rejects(rotateMasterKey(keys, source), crash)
      await scene.check()
      // The start finished what was committed: the file fits by itself.
      await rm(`${scene.file}.next`, { force: true })
      await scene.check()
    })

    it(`${name}: a server that runs goes on, and the rotation can be repeated`, async () => {
      const scene = await createScene()
      const { keys = scene.keys, source = scene.source } = faults(scene)
      await assert.rejects(rotateMasterKey(keys, source), crash)
      await scene.running.ensureTenant('newcomer')
      const sealed = scene.running.seal('newcomer', Buffer.from('x'), 'face:9')
      assert.equal((await rotateMasterKey(scene.keys, fileSource(scene.file))).tenantKeys, 4)
      await scene.check()
      const vault = await openVault({ keys: scene.keys, source: fileSource(scene.file), clock: CLOCK })
      vault.open(sealed, 'face:9')
      assert.deepEqual(await readdir(dirname(scene.file)), ['master.key'])
    })
  }
})

describe('a rotation to another place', () => {
  it('puts the key into a new file and leaves the old one', async () => {
    const { keys, file, source, check } = await createScene()
    const target = join(folder, `${++lastFile}`, 'other.key')
    await rotateMasterKey(keys, source, createNewFileTarget(target))
    await check(fileSource(target))
    await assert.rejects(check(fileSource(file)), { code: 'master_key_wrong' })
  })

  it('refuses a file that exists, and changes nothing', async () => {
    const { keys, file, source, check } = await createScene()
    await assert.rejects(rotateMasterKey(keys, source, createNewFileTarget(file)), { code: 'config_invalid' })
    await check()
  })

  it('takes the next key from the setting, which a running server may have beforehand', async () => {
    const [first, second] = [randomBytes(32).toString('base64'), randomBytes(32).toString('hex')]
    const sourceOf = (masterKey: string, nextMasterKey?: string) =>
      createMasterKeySource({ masterKeyFile: '/nowhere', masterKey, nextMasterKey })
    const keys = createMemoryKeyStore()
    const running = await openVault({ keys, source: sourceOf(first, second), clock: CLOCK })
    await running.ensureTenant('acme')
    await assert.rejects(rotateMasterKey(keys, sourceOf(first)), {
      code: 'config_invalid',
      message: /LIKENESS_NEXT_MASTER_KEY/,
    })
    assert.equal((await rotateMasterKey(keys, sourceOf(first, second))).tenantKeys, 1)
    await running.ensureTenant('newcomer')
    const sealed = running.seal('newcomer', Buffer.from('x'), 'face:1')
    for (const source of [sourceOf(second), sourceOf(first, second)])
      (await openVault({ keys, source, clock: CLOCK })).open(sealed, 'face:1')
    await assert.rejects(openVault({ keys, source: sourceOf(first), clock: CLOCK }), { code: 'master_key_wrong' })
  })

  it('moves from the setting to a file', async () => {
    const masterKey = randomBytes(32).toString('hex')
    const source = createMasterKeySource({ masterKeyFile: '/nowhere', masterKey })
    const keys = createMemoryKeyStore()
    const vault = await openVault({ keys, source, clock: CLOCK })
    await vault.ensureTenant('acme')
    const sealed = vault.seal('acme', Buffer.from('x'), 'face:1')
    const target = join(folder, `${++lastFile}`, 'master.key')
    await rotateMasterKey(keys, source, createNewFileTarget(target))
    ;(await openVault({ keys, source: fileSource(target), clock: CLOCK })).open(sealed, 'face:1')
  })
})
