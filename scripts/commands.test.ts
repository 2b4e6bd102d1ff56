// The two ways in, as a person uses them: the npm scripts' entry and the `likeness` command.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'

const ROOT = resolve(import.meta.dirname, '..')

const runScript = async (args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> => {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>(settle => child.once('close', settle))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}

describe('scripts/run.mjs', () => {
  for (const command of [undefined, 'nonsense', 'constructor'])
    it(`lists its commands when it is given ${command ?? 'none'}`, async () => {
      const { code, stderr } = await runScript([join(ROOT, 'scripts', 'run.mjs'), ...(command ? [command] : [])])
      assert.equal(code, 1)
      assert.match(stderr, /^Usage: node scripts\/run\.mjs start\|test\|/)
    })
})

describe('the likeness command', () => {
  let folder = ''

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-command-'))
    await mkdir(join(folder, 'bin'))
    for (const file of ['likeness.mjs', 'launch.mjs'])
      await copyFile(join(ROOT, 'server', 'bin', file), join(folder, 'bin', file))
  })

  after(() => rm(folder, { recursive: true, force: true }))

  const likeness = (...args: string[]) => runScript([join(folder, 'bin', 'likeness.mjs'), ...args])

  it('runs the sources of a clone', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'server', 'package.json'), 'utf8'))
    const { code, stdout } = await runScript([join(ROOT, 'server', 'bin', 'likeness.mjs'), '--version'])
    assert.deepEqual({ code, stdout }, { code: 0, stdout: `${version}\n` })
  })

  it('says so when nothing is there to run', async () => {
    const { code, stderr } = await likeness()
    assert.equal(code, 1)
    assert.match(stderr, /^likeness: neither .* install likeness again\.\n$/)
  })

  it('runs what was built in a package, and hands on arguments and exit code', async () => {
    await mkdir(join(folder, 'dist', 'cli'), { recursive: true })
    const built = `console.log(process.argv.slice(2).join('+')); process.exitCode = 7`
    await writeFile(join(folder, 'dist', 'cli', 'likeness.js'), built)
    const { code, stdout } = await likeness('serve', '--port', '0')
    assert.deepEqual({ code, stdout }, { code: 7, stdout: 'serve+--port+0\n' })
  })

  it('tells which signal ended what it ran', { skip: process.platform === 'win32' && 'no signals there' }, async () => {
    await writeFile(join(folder, 'dist', 'cli', 'likeness.js'), `process.kill(process.pid, 'SIGKILL')`)
    assert.equal((await likeness()).code, 128 + 9)
  })
})
