// Says in text why a test failed, from the error that Node's test runner wraps around the thrown one.
import { inspect } from 'node:util'

/** Failures that a suite or test only passes on from what is in it. */
const PASSED_ON = new Set(['subtestsFailed', 'cancelledByParent'])

/** Whether this is the place that failed (a hook, code after the subtests), and not only something within it. */
export const failsByItself = (error: Error): boolean => !PASSED_ON.has(failureTypeOf(error))

/** The message (for an assertion, with its difference), the error's code and stack, and the same for its causes. */
export const describeError = (error: Error): string => {
  const thrown = 'failureType' in error && error.cause !== undefined ? error.cause : error
  return failureTypeOf(error) === 'cancelledByParent' ? error.message : describeThrown(thrown)
}

const failureTypeOf = (error: Error): string =>
  'failureType' in error && typeof error.failureType === 'string' ? error.failureType : ''

const describeThrown = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return typeof thrown === 'string' ? thrown : inspect(thrown)
  const code = 'code' in thrown && typeof thrown.code === 'string' && !thrown.stack?.includes(thrown.code)
  const text = withoutRunner(thrown.stack ?? `${thrown.name}: ${thrown.message}`)
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${describeThrown(thrown.cause)}`
  return `${code ? `[${'code' in thrown ? thrown.code : ''}] ` : ''}${text}${cause}`
}

/** The lines of the stack that are in the project, as someone who mends a test needs them. */
const withoutRunner = (stack: string): string =>
  stack
    .split('\n')
    .filter(line => !/^\s+at .*\bnode:internal\b/.test(line))
    .filter(line => !/^\s+at .*\(node:/.test(line))
    .join('\n')
