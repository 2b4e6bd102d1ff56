// Turns the events of Node's test runner into the project's report: a line a file, what failed and why, what was skipped
// and why, and the count. Counts leaf tests. Knows nothing of which files are run.
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { styleText } from 'node:util'
import { describeError, failsByItself } from './test-failures.ts'

export interface Tally {
  passed: number
  failed: number
  skipped: number
}

interface FileReport extends Tally {
  /** Names and parents by the id that the file's process gave each suite and test. */
  readonly tests: Map<number, { name: string; parentId: number | undefined }>
  /** Suites and tests that hold others. */
  readonly parents: Set<number>
  readonly details: string[]
  /** What the file's process printed; shown only when something failed in it. */
  readonly output: string[]
  durationMs: number
}

type Result = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>

/** Yields the report piece by piece, the line of the count last, and returns the count. Paths are shown from `root`. */
export async function* reportTests(events: AsyncIterable<TestEvent>, root: string): AsyncGenerator<string, Tally> {
  const files = new Map<string, FileReport>()
  const total: Tally = { passed: 0, failed: 0, skipped: 0 }
  let current: string | null = null

  const open = (path: string): FileReport => {
    const file = files.get(path) ?? newFileReport()
    files.set(path, file)
    return file
  }
  const close = (path: string): string => {
    const file = open(path)
    files.delete(path)
    for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += file[key]
    return renderFile(relative(root, path), file)
  }

  for await (const event of events) {
    const path = pathOf(event)
    if (path === null) continue
    noteEvent(event, open(path))
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    // Results come file after file, in order, however many files run at once.
    if (current !== null && current !== path) yield close(current)
    current = path
  }
  if (current !== null) yield close(current)
  yield `${renderTally(total)}\n`
  return total
}

const newFileReport = (): FileReport => ({
  passed: 0,
  failed: 0,
  skipped: 0,
  tests: new Map(),
  parents: new Set(),
  details: [],
  output: [],
  durationMs: 0,
})

/** The test file that an event belongs to. A test may be written elsewhere, in a suite that several files share. */
const pathOf = ({ data }: TestEvent): string | null => {
  const { entryFile, file } = (data ?? {}) as { entryFile?: string; file?: string }
  return entryFile ?? file ?? null
}

/** The runner speaks of a file as a whole, and not the file's own process of one of its tests. */
const isWholeFile = ({ data }: TestEvent): boolean => !('entryFile' in (data ?? {}))

const noteEvent = (event: TestEvent, file: FileReport): void => {
  if (event.type === 'test:stdout' || event.type === 'test:stderr') file.output.push(event.data.message)
  else if (event.type === 'test:diagnostic') file.output.push(`${event.data.message}\n`)
  else if (event.type === 'test:complete' && isWholeFile(event)) file.durationMs = event.data.details.duration_ms
  else if (event.type === 'test:start' && !isWholeFile(event)) {
    const { testId, parentId, name } = event.data
    file.tests.set(testId, { name, parentId })
    if (parentId !== undefined) file.parents.add(parentId)
  } else if (event.type === 'test:pass' || event.type === 'test:fail') {
    if (isWholeFile(event)) noteWholeFile(event, file)
    else noteTest(event, file)
  }
}

/** A file is reported as a whole only where its own tests do not tell everything. */
const noteWholeFile = ({ type }: Result, file: FileReport): void => {
  const reason =
    type === 'test:pass'
      ? 'It ended without a test: none is in it, or its process was ended early.'
      : 'Its process failed outside of its tests, or was killed.'
  file.failed += 1
  file.details.push(renderDetail('✗', 'the file as a whole', reason))
}

const noteTest = (event: Result, file: FileReport): void => {
  const { skip, todo, details, testId } = event.data
  const isLeaf = details.type !== 'suite' && !file.parents.has(testId)
  const excuse = skip ?? todo
  if (excuse !== undefined) {
    // A suite that is skipped as a whole never makes its tests known; it counts as one.
    if (file.parents.has(testId)) return
    file.skipped += 1
    file.details.push(renderDetail('-', nameOf(event, file), excuse === true ? 'skipped' : `skipped: ${excuse}`))
  } else if (event.type === 'test:fail' && (isLeaf || failsByItself(event.data.details.error))) {
    file.failed += 1
    file.details.push(renderDetail('✗', nameOf(event, file), describeError(event.data.details.error)))
  } else if (event.type === 'test:pass' && isLeaf) file.passed += 1
}

/** The names of the suites around a test and its own: "galleries › deleting › keeps the rest". */
const nameOf = ({ data }: Result, file: FileReport): string => {
  const names: string[] = []
  for (
    let at = file.tests.get(data.testId);
    at;
    at = at.parentId === undefined ? undefined : file.tests.get(at.parentId)
  )
    names.unshift(at.name)
  return names.join(' › ') || data.name
}

const renderDetail = (mark: '✗' | '-', name: string, text: string): string =>
  `  ${styleText(mark === '✗' ? 'red' : 'yellow', mark)} ${name}\n${indent(text)}\n`

const renderFile = (path: string, file: FileReport): string => {
  const count = file.passed + file.failed
  const skipped = file.skipped > 0 ? `, ${file.skipped} skipped` : ''
  const mark = file.failed > 0 ? styleText('red', '✗') : styleText('green', '✓')
  const line = `${mark} ${path} (${count} ${count === 1 ? 'test' : 'tests'}${skipped}, ${Math.round(file.durationMs)} ms)\n`
  const output = file.output.join('').trimEnd()
  const printed = file.failed > 0 && output !== '' ? `  What it printed:\n${indent(output)}\n` : ''
  return line + file.details.join('') + printed
}

const renderTally = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`

const indent = (text: string): string => text.replace(/^(?=.)/gm, '      ')
