// `npm test [-- path …]`: runs every *.test.ts of the project, or those whose path holds one of the arguments, two files
// at a time. The last line it prints is "N passed, N failed" (and ", N skipped" when there are any).
import { readdirSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { run } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { reportTests } from './test-reporter.ts'

const ROOT = resolve(import.meta.dirname, '..')
const FOLDERS = ['server', 'client', 'web', 'bench', 'train', 'scripts', 'acceptance']
const FILES_AT_ONCE = 2
/** A test that waits for something that never comes fails after this long; no test asserts a time. */
const TIMEOUT_MS = 15 * 60_000

const findTests = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : findTests(path)
    return entry.name.endsWith('.test.ts') ? [path] : []
  })

const present = readdirSync(ROOT)
const wanted = process.argv.slice(2).map(argument => relative(ROOT, resolve(ROOT, argument)).split(sep).join('/'))
const files = FOLDERS.filter(folder => present.includes(folder))
  .flatMap(folder => findTests(join(ROOT, folder)))
  .filter(file => wanted.length === 0 || wanted.some(part => relative(ROOT, file).split(sep).join('/').includes(part)))
  .sort()

if (files.length === 0) {
  process.stderr.write(`No test file has ${wanted.join(' or ') || '.test.ts'} in its path.\n`)
  process.stdout.write('0 passed, 1 failed\n')
  process.exitCode = 1
} else {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort())
  const events = run({ files, concurrency: FILES_AT_ONCE, timeout: TIMEOUT_MS, signal: interruption.signal })
  const report = reportTests(events as AsyncIterable<TestEvent>, ROOT)
  let step = await report.next()
  while (!step.done) {
    process.stdout.write(step.value)
    step = await report.next()
  }
  process.exitCode = step.value.failed > 0 ? 1 : 0
}
