// Calls to the server's native API: address and key from the settings, patience while it is busy, and refusals as one
// sentence. Prints nothing.
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '../config.ts'
import type { ProblemAnswer } from './answers.ts'
import { createFailure, exitOf, type Failure, kindOf, withCode } from './failure.ts'
import { retryDelayMs } from './retry.ts'

export interface ClientRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Each part is encoded, so that ids may hold any character. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly json?: unknown
  /** Fields of a multipart body; those that are undefined are left out. */
  readonly form?: Readonly<Record<string, Blob | string | number | boolean | undefined>>
  /** How long a busy server is asked again. */
  readonly patienceMs?: number
}

export interface Answer<T> {
  readonly body: T
  /** The answer as it came. */
  readonly text: string
}

export interface Client {
  /** Fails with one sentence and the exit code that fits. */
  send<T>(request: ClientRequest): Promise<Answer<T>>
}

/** A server that has just been started is waited for; building its pack takes about this long. */
const PATIENCE_MS = 60_000
/** For one try; a picture may have waited behind many others. */
const ANSWER_WITHIN_MS = 120_000
/** The most that the setting maxImageBytes can be. */
const MAX_FILE_BYTES = 1_073_741_824
const MAKE_KEY = 'make one with "npx likeness keys create" and set LIKENESS_KEY to it, or pass it with --key'

/** Address and key from the settings; the options win. @throws Failure keyInvalid where there is no key to send */
export const openClient = (options: { url?: string; key?: string }): Client => {
  const { config } = loadConfig(undefined, { url: options.url, key: options.key })
  if (!/^https?:/i.test(config.url))
    throw createFailure('usage', `The server's address must begin with http:// or https://, and is ${config.url}.`)
  if (!config.key) throw createFailure('keyInvalid', `An API key is needed: ${MAKE_KEY}.`)
  // Anything else cannot stand in a header, and fetch would quote the key when it says so.
  if (!/^[\x21-\x7e]+$/.test(config.key))
    throw createFailure('keyInvalid', `The API key holds characters that no key has: ${MAKE_KEY}.`)
  return createClient(config.url, config.key)
}

export const createClient = (url: string, key: string): Client => ({
  async send<T>(request: ClientRequest): Promise<Answer<T>> {
    const deadline = performance.now() + (request.patienceMs ?? PATIENCE_MS)
    for (;;) {
      const response = await call(url, key, request)
      const text = await response.text().catch(error => Promise.reject(unreachable(url, error)))
      if (response.ok) return { text, body: readJson<T>(text, response, url) }
      const waitMs = retryDelayMs(response.status, response.headers.get('retry-after'))
      if (waitMs === null || performance.now() + waitMs > deadline)
        throw toRefusal(readJson<ProblemAnswer>(text, response, url), response.status)
      await sleep(waitMs)
    }
  },
})

const call = async (url: string, key: string, request: ClientRequest): Promise<Response> => {
  const path = ['v1', ...request.path].map(encodeURIComponent).join('/')
  const query = request.query ? `?${new URLSearchParams(request.query)}` : ''
  const headers: Record<string, string> = { accept: 'application/json', authorization: `Bearer ${key}` }
  if (request.json !== undefined) headers['content-type'] = 'application/json'
  const body = request.json === undefined ? request.form && toForm(request.form) : JSON.stringify(request.json)
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
  const base = url.replace(/\/+$/, '')
  try {
    return await fetch(`${base}/${path}${query}`, { method: request.method, headers, body, signal })
  } catch (error) {
    throw unreachable(url, error)
  }
}

const toForm = (fields: NonNullable<ClientRequest['form']>): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    if (value instanceof Blob) form.append(name, value, value instanceof File ? value.name : name)
    else form.append(name, String(value))
  }
  return form
}

/**
 * Reads the file at once: a fetch that reads it while sending ends the process where the file cannot be read to its end.
 * @throws Failure usage where it cannot be read
 */
export const readPicture = async (path: string): Promise<Blob> => {
  const refuse = (sentence: string): Failure => createFailure('usage', sentence, 'file_unreadable')
  const facts = await stat(path).catch(() => null)
  if (!facts) throw refuse(`There is no file ${path}.`)
  if (!facts.isFile()) throw refuse(`${path} is not a file.`)
  if (facts.size > MAX_FILE_BYTES) throw refuse(`${path} is larger than any server takes (${MAX_FILE_BYTES} bytes).`)
  const bytes = await readFile(path).catch(error => {
    throw refuse(`The file ${path} cannot be read (${error.code}).`)
  })
  return new File([bytes], basename(path))
}

const unreachable = (url: string, error: unknown): Failure => {
  if (error instanceof Error && error.name === 'TimeoutError')
    return createFailure('unreachable', `The server at ${url} gave no answer within ${ANSWER_WITHIN_MS / 1000} s.`)
  const cause = error instanceof Error ? (error.cause ?? error) : error
  const reason = cause instanceof Error ? ('code' in cause ? cause.code : cause.message) : String(cause)
  return createFailure('unreachable', `The server at ${url} cannot be reached (${reason}); start it with npm start.`)
}

const readJson = <T>(text: string, response: Response, url: string): T => {
  if (response.status === 204) return undefined as T
  try {
    const value = JSON.parse(text)
    if (response.ok || (typeof value.code === 'string' && typeof value.detail === 'string')) return value
  } catch {
    // Not JSON: another program answers there.
  }
  throw createFailure(
    'unreachable',
    `What answers at ${url} is not Likeness (HTTP ${response.status}); name the server with --url or LIKENESS_URL.`,
  )
}

const toRefusal = ({ code, detail }: ProblemAnswer, status: number): Failure => {
  const cure = kindOf(code) === 'unauthenticated' ? `${detail.replace(/\.$/, '')}: ${MAKE_KEY}.` : detail
  return createFailure(exitOf(code, status), withCode(cure, code), code)
}
