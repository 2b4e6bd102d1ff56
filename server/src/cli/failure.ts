// What ends a command early: one sentence and an exit code. Turns every thrown value into that; prints nothing.
import { AppError, CATALOGUE, type ErrorCode, type ErrorKind } from '../errors.ts'
import { EXIT, type ExitName } from './exit-codes.ts'
import { hideControls } from './output.ts'

export interface Failure extends Error {
  readonly exit: ExitName
  /** The server's error code, where it was the server that refused. */
  readonly code: string | null
}

const EXIT_OF_KIND: Readonly<Record<ErrorKind, ExitName>> = {
  input: 'refused',
  'not-found': 'refused',
  conflict: 'refused',
  unauthenticated: 'keyInvalid',
  forbidden: 'keyInvalid',
  busy: 'unreachable',
  internal: 'failed',
  setup: 'failed',
}

/** `sentence` says what was expected, what was found and the cure. */
export const createFailure = (exit: ExitName, sentence: string, code: string | null = null): Failure =>
  Object.assign(new Error(sentence), { exit, code })

export const isFailure = (error: unknown): error is Failure =>
  error instanceof Error && 'exit' in error && typeof error.exit === 'string' && error.exit in EXIT

/** Null for a code that this version does not know. */
export const kindOf = (code: string): ErrorKind | null =>
  Object.hasOwn(CATALOGUE, code) ? CATALOGUE[code as ErrorCode].kind : null

/** How a command ends on an error with this code and HTTP status, which speaks where the code is not known. */
export const exitOf = (code: string, status: number): ExitName => {
  const kind = kindOf(code)
  if (kind) return EXIT_OF_KIND[kind]
  if (status === 401 || status === 403) return 'keyInvalid'
  if (status === 429 || status === 503) return 'unreachable'
  return status < 500 ? 'refused' : 'failed'
}

/** Any thrown value as one sentence and an exit code; no stack trace reaches the person. */
export const toFailure = (error: unknown): Failure => {
  if (isFailure(error)) return error
  if (error instanceof AppError)
    return createFailure(
      error.code === 'config_invalid' ? 'usage' : EXIT_OF_KIND[error.kind],
      withCode(error.message, error.code),
      error.code,
    )
  const message = error instanceof Error ? error.message : String(error)
  return createFailure('failed', `Something went wrong: ${hideControls(message)}.`.replace(/\.\.$/, '.'))
}

/** The sentence with the stable code behind it, which the error reference explains. */
export const withCode = (sentence: string, code: string): string => `${sentence} (${code})`
