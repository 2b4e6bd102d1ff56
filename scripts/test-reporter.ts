// Turns the events of Node's test runner into the project's report: a line a file, the details of what failed, why
// something was skipped, and the count. Knows nothing of which files are run.
import { relative, resolve } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { styleText } from 'node:util'
import { describeError, isOwnFailure } from './test-failures.ts'

export interface Tally {
  passed: number
  failed: number
  skipped: number
}

interface FileReport extends Tally {
  /** Names of the suites and tests that hold what is reported next; filled from the inside out. */
  readonly open: Pending[][]
  readonly details: string[]
  /** What the file's process printed; shown only when something failed in it. */
  readonly output: string[]
  durationMs: number
}

interface Pending {
  readonly name: string
  readonly lines: string[]
  readonly below: Pending[]
}

type Result = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>

/** Yields the report piece by piece, and returns the count. The last piece is the line of the count. */
export async function* reportTests(events: AsyncIterable<TestEvent>, root: string): AsyncGenerator<string, Tally> {
  const files = new Map<string, FileReport>()
  const total: Tally = { passed: 0, failed: 0, skipped: 0 }
  let current: string | null = null

  const openFile = (path: string): FileReport => {
    const known = files.get(path)
    if (known) return known
    const made = { passed: 0, failed: 0, skipped: 0, open: [], details: [], output: [], durationMs: 0 }
    files.set(path, made)
    return made
  }

  const closeFile = (path: string): string => {
    const file = openFile(path)
    files.delete(path)
    total.passed += file.passed
    total.failed += file.failed
    total.skipped += file.skipped
    return renderFile(relative(root, path), file)
  }

  for await (const event of events) {
    const path = event.data && 'file' in event.data ? event.data.file : undefined
    if (!path) continue
    if (event.type === 'test:stdout' || event.type === 'test:stderr') openFile(path).output.push(event.data.message)
    if (event.type === 'test:diagnostic') openFile(path).output.push(`${event.data.message}\n`)
    if (event.type === 'test:complete' && isWholeFile(event.data, root))
      openFile(path).durationMs = event.data.details.duration_ms
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    // Results come file after file, in order, however many files run at once.
    if (current !== null && current !== path) yield closeFile(current)
    current = path
    if (isWholeFile(event.data, root)) noteWholeFile(event, openFile(path))
    else noteResult(event, openFile(path))
  }
  for (const path of [...files.keys()]) {
    const { passed, failed, skipped } = openFile(path)
    if (passed + failed + skipped > 0) yield closeFile(path)
  }
  yield `${renderTally(total)}\n`
  return total
}

/** The runner reports a file itself, under its path, where the file's own results do not tell all. */
const isWholeFile = ({ name, nesting, file }: Result['data'], root: string): boolean =>
  nesting === 0 && resolve(root, name) === file

const noteWholeFile = (event: Result, file: FileReport): void => {
  file.failed += 1
  const reason =
    event.type === 'test:pass'
      ? 'It ended without a test: none is in it, or its process was ended early.'
      : 'Its process failed outside of a test, or was killed.'
  file.details.push(`  ${styleText('red', '✗')} the file itself\n${indent(reason)}`)
}

/** Children are reported before what holds them, so names are collected until the outermost one is known. */
const noteResult = (event: Result, file: FileReport): void => {
  const { name, nesting, skip, todo, details } = event.data
  const below = file.open[nesting + 1] ?? []
  file.open[nesting + 1] = []
  const lines: string[] = []
  const isLeaf = below.length === 0 && (details.type !== 'suite' || skip !== undefined)
  if (skip !== undefined || todo !== undefined) {
    if (isLeaf) file.skipped += 1
    if (isLeaf) lines.push(reasonOf(skip ?? todo))
  } else if (event.type === 'test:fail' && isOwnFailure(event.data.details.error, isLeaf)) {
    file.failed += 1
    lines.push(describeError(event.data.details.error))
  } else if (event.type === 'test:pass' && isLeaf) file.passed += 1
  const pending: Pending = { name, lines, below: below.filter(hasNews) }
  if (nesting > 0) (file.open[nesting] ??= []).push(pending)
  else file.details.push(...renderNews(pending, []))
}

const hasNews = ({ lines, below }: Pending): boolean => lines.length > 0 || below.some(hasNews)
