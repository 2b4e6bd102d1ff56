// Where the master key comes from, and each refusal: missing, wrong, malformed, exposed.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Vault, WrappedKeyStore } from '../core/ports.ts'
import type { ErrorCode } from '../errors.ts'
import { createMasterKeySource } from './master-key.ts'
import { CLOCK, createMemoryKeyStore } from './vault.fixture.ts'
import { openVault } from './vault.ts'

let folder: string
let lastFile = 0
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-seal-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const newFile = (): string => join(folder, `${++lastFile}`, 'master.key')

interface Settings {
  readonly masterKeyFile?: string
  readonly masterKey?: string
  readonly nextMasterKey?: string
}

const open = (keys: WrappedKeyStore, settings: Settings): Promise<Vault> =>
  Promise.resolve().then(() =>
    openVault({
      keys,
      source: createMasterKeySource({ masterKeyFile: '/nowhere', ...settings }),
      clock: CLOCK,
    }),
  )

/** Keys of one tenant, something sealed, and proof that it is opened. */
const fill = async (settings: Settings) => {
  const keys = createMemoryKeyStore()
  const vault = await open(keys, settings)
  await vault.ensureTenant('acme')
  const sealed = vault.seal('acme', Buffer.from('template'), 'face:1')
  const check = (opened: Vault) => assert.equal(Buffer.from(opened.open(sealed, 'face:1')).toString(), 'template')
  return { keys, check }
}

const refuses = (opening: Promise<unknown>, code: ErrorCode, ...words: readonly string[]): Promise<void> =>
  assert.rejects(opening, (error: Error & { code?: string }) => {
    assert.equal(error.code, code, error.message)
    for (const word of words) assert.ok(error.message.includes(word), error.message)
    return true
  })

describe('the key file', () => {
  it('is made once, private, and is what the next start reads', async () => {
    const masterKeyFile = newFile()
    const keys = createMemoryKeyStore()
    await open(keys, { masterKeyFile })
    const text = await readFile(masterKeyFile, 'utf8')
    assert.equal(Buffer.from(text, 'base64').length, 32)
    assert.deepEqual(await readdir(join(masterKeyFile, '..')), ['master.key'])
    if (process.platform !== 'win32') assert.equal((await stat(masterKeyFile)).mode & 0o777, 0o600)
    await open(keys, { masterKeyFile })
    assert.equal(await readFile(masterKeyFile, 'utf8'), text)
  })

  it('is made once also by many at the same time', async () => {
    const masterKeyFile = newFile()
    const keys = createMemoryKeyStore()
    const vaults = await Promise.all(Array.from({ length: 8 }, () => open(keys, { masterKeyFile })))
    await Promise.all(vaults.map(vault => vault.ensureTenant('acme')))
    const sealed = vaults[0]!.seal('acme', Buffer.from('x'), 'face:1')
    for (const vault of vaults) vault.open(sealed, 'face:1')
  })

  it('is not made again once something was sealed', async () => {
    const masterKeyFile = newFile()
    const { keys, check } = await fill({ masterKeyFile })
    const text = await readFile(masterKeyFile, 'utf8')
    await rm(masterKeyFile)
    await refuses(open(keys, { masterKeyFile }), 'master_key_missing', 'masterKeyFile', 'LIKENESS_MASTER_KEY')
    assert.deepEqual(await readdir(join(masterKeyFile, '..')), [])
    check(await open(keys, { masterKey: text }))
  })

  it('is made again for the first seal when it was lost before', async () => {
    const masterKeyFile = newFile()
    const keys = createMemoryKeyStore()
    const vault = await open(keys, { masterKeyFile })
    await rm(masterKeyFile)
    await vault.ensureTenant('acme')
    const sealed = vault.seal('acme', Buffer.from('x'), 'face:1')
    ;(await open(keys, { masterKeyFile })).open(sealed, 'face:1')
  })

  it('of other data is refused, with where it came from', async () => {
    const masterKeyFile = newFile()
    const { keys, check } = await fill({ masterKeyFile })
    const text = await readFile(masterKeyFile, 'utf8')
    await writeFile(masterKeyFile, randomBytes(32).toString('hex'))
    await refuses(open(keys, { masterKeyFile }), 'master_key_wrong', masterKeyFile)
    await writeFile(masterKeyFile, Buffer.from(text, 'base64').toString('hex').toUpperCase())
    check(await open(keys, { masterKeyFile }))
  })

  it('that holds no key is refused, and its content not shown', async () => {
    const masterKeyFile = newFile()
    const { keys } = await fill({ masterKeyFile })
    for (const text of ['', 'hush-hush', randomBytes(31).toString('hex'), randomBytes(33).toString('base64')]) {
      await writeFile(masterKeyFile, text)
      await assert.rejects(open(keys, { masterKeyFile }), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'master_key_wrong')
        assert.ok(error.message.includes(masterKeyFile) && !(text && error.message.includes(text)), error.message)
        return true
      })
    }
  })

  it('that others can read is refused, with the cure', { skip: process.platform === 'win32' }, async () => {
    const masterKeyFile = newFile()
    const { keys, check } = await fill({ masterKeyFile })
    for (const mode of [0o640, 0o604, 0o660, 0o644, 0o610]) {
      await chmod(masterKeyFile, mode)
      await refuses(open(keys, { masterKeyFile }), 'master_key_exposed', `chmod 600 ${masterKeyFile}`)
    }
    await chmod(masterKeyFile, 0o400)
    check(await open(keys, { masterKeyFile }))
  })

  it('that cannot be read is refused by name', async () => {
    const masterKeyFile = newFile()
    const { keys } = await fill({ masterKeyFile })
    await refuses(open(keys, { masterKeyFile: join(masterKeyFile, 'below') }), 'master_key_missing', 'ENOTDIR')
  })
})

describe('the setting', () => {
  it('takes base64, URL-safe base64 and hex of 32 bytes', async () => {
    const bytes = Buffer.alloc(32, 0xfb)
    const { keys, check } = await fill({ masterKey: bytes.toString('base64') })
    for (const encoding of ['base64url', 'hex', 'base64'] as const)
      check(await open(keys, { masterKey: bytes.toString(encoding) }))
  })

  it('goes before the file, and makes none', async () => {
    const masterKeyFile = newFile()
    const masterKey = randomBytes(32).toString('hex')
    const { keys, check } = await fill({ masterKey, masterKeyFile })
    await assert.rejects(stat(masterKeyFile), { code: 'ENOENT' })
    check(await open(keys, { masterKey }))
  })

  it('of other data is refused, with its name', async () => {
    const { keys } = await fill({ masterKey: randomBytes(32).toString('hex') })
    const masterKey = randomBytes(32).toString('hex')
    await refuses(open(keys, { masterKey }), 'master_key_wrong', 'LIKENESS_MASTER_KEY')
  })

  it('that is no key is refused without being shown', async () => {
    for (const [name, variable] of [
      ['masterKey', 'LIKENESS_MASTER_KEY'],
      ['nextMasterKey', 'LIKENESS_NEXT_MASTER_KEY'],
    ] as const)
      for (const value of ['hush-hush', 'f'.repeat(63), `${'A'.repeat(44)}=`])
        await assert.rejects(open(createMemoryKeyStore(), { [name]: value }), (error: Error & { code?: string }) => {
          assert.equal(error.code, 'config_invalid')
          assert.ok(error.message.includes(variable) && !error.message.includes(value), error.message)
          return true
        })
  })
})
