// The report of a small run of made-up test files: what counts, what is shown, and that nothing failing goes unseen.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'

const HEAD = `import assert from 'node:assert/strict'\nimport { before, describe, it, test } from 'node:test'\n`

const FILES = {
  'leaves.mjs': `
    test('alone', () => {})
    describe('suite', () => {
      it('in a suite', () => {})
      describe('deeper', () => { it('compares', () => assert.deepEqual({ a: 1 }, { a: 2 })) })
    })
    test('parent', async t => { await t.test('first', () => {}); await t.test('second', () => {}) })`,
  'skips.mjs': `
    it('needs a database', { skip: 'DATABASE_URL is not set' }, () => {})
    describe('a whole suite', { skip: true }, () => { it('never known', () => {}) })
    it('runs', () => {})`,
  'hooks.mjs': `
    describe('suite', () => {
      before(() => { throw new Error('the hook gave up', { cause: new Error('no disk') }) })
      it('never starts', () => {})
    })
    test('parent', async t => { await t.test('child', () => {}); throw new Error('after the child') })`,
  'crash.mjs': `console.log('about to fall'); throw new Error('at import')`,
  'leaves-early.mjs': `test('never reported', () => { process.exit(0) })`,
  'late.mjs': `
    test('passes', () => { setTimeout(() => { throw new Error('too late') }, 5) })
    test('waits', () => new Promise(settle => setTimeout(settle, 60)))`,
}

describe('the test report', () => {
  let folder = ''

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-report-'))
    await mkdir(join(folder, 'shared'))
    await writeFile(join(folder, 'shared', 'suite.mjs'), `${HEAD}export const suite = () => { it('shared', () => {}) }`)
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), HEAD + text)
    await writeFile(join(folder, 'shares.mjs'), `import { suite } from './shared/suite.mjs'\nsuite()`)
  })

  after(() => rm(folder, { recursive: true, force: true }))

  it('counts leaf tests, and shows a difference under the names of the suites around it', async () => {
    const { lines, last } = await report('leaves.mjs')
    assert.equal(last, '4 passed, 1 failed')
    assert.match(lines[0] ?? '', /^✗ leaves\.mjs \(5 tests, \d+ ms\)$/)
    assert.ok(lines.includes('  ✗ suite › deeper › compares'))
    const text = lines.join('\n')
    assert.match(text, /\+ {3}a: 1/)
    assert.match(text, /- {3}a: 2/)
    assert.match(text, /leaves\.mjs:\d+:\d+/)
    assert.doesNotMatch(text, /node:internal/)
  })

  it('names what was skipped with its reason, a suite as one', async () => {
    const { lines, last } = await report('skips.mjs')
    assert.equal(last, '1 passed, 0 failed, 2 skipped')
    assert.match(lines[0] ?? '', /^✓ skips\.mjs \(1 test, 2 skipped, \d+ ms\)$/)
    assert.ok(lines.includes('      skipped: DATABASE_URL is not set'))
  })

  it('counts hooks that fail and parents that fail by themselves', async () => {
    const { lines, last } = await report('hooks.mjs')
    assert.equal(last, '1 passed, 3 failed')
    const text = lines.join('\n')
    assert.match(text, /the hook gave up/)
    assert.match(text, /caused by Error: no disk/)
    assert.match(text, /after the child/)
  })

  it('counts a file that crashes as failed, with what it printed', async () => {
    const { lines, last } = await report('crash.mjs')
    assert.equal(last, '0 passed, 1 failed')
    assert.match(lines.join('\n'), /about to fall[\s\S]*Error: at import/)
  })

  it('counts a file that ends without reporting a test as failed', async () => {
    const { last } = await report('leaves-early.mjs')
    assert.equal(last, '0 passed, 1 failed')
  })

  it('counts what goes wrong after the tests of a file', async () => {
    const { lines, last } = await report('late.mjs')
    assert.equal(last, '2 passed, 1 failed')
    assert.match(lines.join('\n'), /too late/)
  })

  it('reports tests of a shared suite under the file that runs them, and files one after another', async () => {
    const { lines, last } = await report('shares.mjs', 'leaves.mjs')
    assert.equal(last, '5 passed, 1 failed')
    assert.match(lines[0] ?? '', /^✓ shares\.mjs \(1 test, \d+ ms\)$/)
    assert.match(lines[1] ?? '', /^✗ leaves\.mjs \(5 tests, \d+ ms\)$/)
  })

  /** In a process of its own: the runner does not start within a test of another. */
  const report = async (...names: string[]): Promise<{ lines: string[]; last: string | undefined }> => {
    const script = `
      import { run } from 'node:test'
      import { reportTests } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'test-reporter.ts')).href)}
      const files = ${JSON.stringify(names.map(name => join(folder, name)))}
      for await (const piece of reportTests(run({ files, concurrency: 2 }), ${JSON.stringify(folder)}))
        process.stdout.write(piece)`
    const runner = join(folder, 'runner.mjs')
    await writeFile(runner, script)
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const text = await new Promise<string>((settle, reject) => {
      execFile(process.execPath, [runner], { env: { ...env, NO_COLOR: '1' } }, (error, out) =>
        error ? reject(error) : settle(out),
      )
    })
    assert.ok(text.endsWith('\n'))
    const lines = text.slice(0, -1).split('\n')
    return { lines, last: lines.at(-1) }
  }
})
