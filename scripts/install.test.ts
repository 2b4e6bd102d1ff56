// What decides whether npm runs: the stamp, npm's own note of what it installed, the lock, and which npm it would be.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { withLock } from './install-lock.mjs'
import { isInstalledByHand, readNodeVersion, readStamp, stampOf } from './install-state.mjs'
import { locateNpm } from './npm.mjs'

const folders: string[] = []
let root = ''

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'likeness-install-'))
  folders.push(root)
})

after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

const write = async (path: string, text = ''): Promise<string> => {
  const file = join(root, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  return file
}

describe('the stamp', () => {
  it('changes with the lock file and with the machine', () => {
    const stamps = [stampOf('a', 'linux', 'x64'), stampOf('b', 'linux', 'x64'), stampOf('a', 'darwin', 'x64')]
    assert.equal(new Set([...stamps, stampOf('a', 'linux', 'arm64')]).size, 4)
    assert.equal(stampOf('a', 'linux', 'x64'), stamps[0])
  })

  it('is read back without the line end, and is null where there is none', async () => {
    assert.equal(readStamp(await write('stamp', 'abc\n')), 'abc')
    assert.equal(readStamp(join(root, 'nowhere')), null)
  })
})

describe('the version of a Node', () => {
  it('is what it says, and null for what does not run', async () => {
    assert.equal(readNodeVersion(process.execPath), process.version)
    assert.equal(readNodeVersion(join(root, 'nowhere')), null)
    assert.equal(readNodeVersion(await write('not-executable')), null)
  })
})

describe('an install by hand', () => {
  const sharp = { version: '1.0.0', integrity: 'sha512-a' }
  const native = { version: '1.0.0', integrity: 'sha512-b', optional: true, os: ['linux'], cpu: ['x64'] }
  const packages = {
    '': { name: 'workspace' },
    server: { version: '0.1.0' },
    'node_modules/sharp': sharp,
    'node_modules/native': native,
  }
  const linux = { platform: 'linux', arch: 'x64' }

  const judge = async (installed: object, machine = linux): Promise<boolean> => {
    await write('node_modules/.package-lock.json', JSON.stringify({ packages: installed }))
    await mkdir(join(root, 'node_modules/sharp'), { recursive: true })
    await mkdir(join(root, 'node_modules/native'), { recursive: true })
    return isInstalledByHand(root, JSON.stringify({ packages }), machine)
  }

  it('is recognised when it holds what the lock file asks for', async () =>
    assert.equal(await judge({ 'node_modules/sharp': sharp, 'node_modules/native': native }), true))

  it('may lack optional packages for other machines only', async () => {
    assert.equal(await judge({ 'node_modules/sharp': sharp }, { platform: 'darwin', arch: 'arm64' }), true)
    assert.equal(await judge({ 'node_modules/sharp': sharp }), false)
  })

  it('is not taken for complete with another version, a missing package, or without a note', async () => {
    const older = { ...sharp, version: '0.9.0' }
    assert.equal(await judge({ 'node_modules/sharp': older, 'node_modules/native': native }), false)
    assert.equal(await judge({ 'node_modules/native': native }), false)
    await rm(join(root, 'node_modules'), { recursive: true })
    assert.equal(isInstalledByHand(root, JSON.stringify({ packages }), linux), false)
  })
})

describe('the install lock', () => {
  const never = (): void => assert.fail('nobody holds it')

  it('lets one in after the other', async () => {
    const lock = join(root, 'cache', 'lock')
    const steps: string[] = []
    let waits = 0
    const enter = (name: string): Promise<void> =>
      withLock(lock, {
        onWait: () => {
          waits += 1
        },
        task: async () => {
          steps.push(`${name} in`)
          await sleep(20)
          steps.push(`${name} out`)
        },
      })
    await Promise.all([enter('a'), enter('b')])
    assert.deepEqual(steps, ['a in', 'a out', 'b in', 'b out'])
    assert.equal(waits, 1)
  })

  it('is given back when the task fails', async () => {
    const lock = join(root, 'lock')
    const failing = withLock(lock, { onWait: never, task: () => Promise.reject(new Error('no network')) })
    await assert.rejects(failing, /no network/)
    assert.equal(await withLock(lock, { onWait: never, task: () => 'again' }), 'again')
    assert.deepEqual(await readdir(root), [])
  })

  it('is cleared when its owner is gone, or never wrote its name', async () => {
    const lock = join(root, 'lock')
    // Above the largest process id of any system that Node runs on.
    await write('lock/owner', '2147483646')
    assert.equal(await withLock(lock, { onWait: never, task: () => 'taken over' }), 'taken over')
    await mkdir(lock)
    await utimes(lock, 0, 0)
    assert.equal(await withLock(lock, { onWait: never, task: () => 'taken over' }), 'taken over')
  })
})

describe('the npm that is used', () => {
  it('is the one that runs the script', async () => {
    const cli = await write('npm/bin/npm-cli.js')
    assert.deepEqual(locateNpm(root, { npm_execpath: cli }).before, [cli])
  })

  it('is never another package manager', async () => {
    const other = await write('pnpm/bin/pnpm.cjs')
    assert.notDeepEqual(locateNpm(root, { npm_execpath: other }).before, [other])
  })

  it('runs on a Node outside node_modules, which npm is about to delete', async () => {
    const outer = await write('outer/bin/node')
    const project = dirname(dirname(dirname(dirname(process.execPath))))
    const inside = process.execPath.includes(join('node_modules', 'node', 'bin'))
    const { program } = locateNpm(project, {
      npm_node_execpath: outer,
      npm_execpath: await write('npm/bin/npm-cli.js'),
    })
    assert.equal(program, inside ? outer : process.execPath)
  })
})
