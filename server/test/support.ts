// What the integration tests share: a server over a fresh data folder, a small client, what is stored, problem documents.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Config, loadConfig } from '../src/config.ts'
import type { ErrorCode } from '../src/errors.ts'
import { startServer } from '../src/main.ts'
import type { EnrolAnswer, Gallery, Problem } from './answers.ts'

/** Shared by all tests, so that the pack is built once. */
export const PACKS_DIR = fileURLToPath(new URL('../../.cache/packs', import.meta.url))

export interface Answer<T> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
}

export interface Client {
  /** An object is sent as JSON, everything else as it is. An answer without JSON is its text. */
  call<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>>
}

export interface TestServer extends Client {
  readonly url: string
  readonly key: string
  readonly config: Config
  readonly ready: Promise<unknown>
  /** Stops the server and removes its data folder. */
  close(): Promise<void>
}

export const createClient = (url: string, key: string | null): Client => ({
  async call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const isRaw = body instanceof FormData || body instanceof Uint8Array || typeof body === 'string'
    const response = await fetch(url + path, {
      method,
      body: body === undefined || isRaw ? (body as RequestInit['body']) : JSON.stringify(body),
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && !isRaw && { 'content-type': 'application/json' }),
        ...headers,
      },
    })
    const text = await response.text()
    const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T }
  },
})

/** Starts a server that is not waited for: `ready` tells. */
export const launch = async (
  settings: Parameters<typeof loadConfig>[1] = {},
  logStream?: { write(line: string): void },
): Promise<TestServer> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'likeness-test-'))
  const { config } = loadConfig(
    {},
    { dataDir, packsDir: PACKS_DIR, port: 0, visionThreads: 1, maxQueuedImages: 64, logLevel: 'silent', ...settings },
  )
  const server = await startServer(config, { onProgress: () => {}, logStream })
  const key = server.firstKey
  assert.ok(key, 'the first start makes a key')
  return {
    ...createClient(server.address, key),
    url: server.address,
    key,
    config,
    ready: server.ready,
    async close() {
      await server.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export const launchReady = async (...options: Parameters<typeof launch>): Promise<TestServer> => {
  const server = await launch(...options)
  await server.ready
  return server
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

export const createGallery = async (server: Client, id: string): Promise<Gallery> => {
  const { status, body } = await server.call<Gallery>('POST', '/v1/galleries', { id })
  assert.equal(status, 201)
  return body
}

export const enrol = async (
  server: Client,
  gallery: string,
  picture: Uint8Array,
  rest: Record<string, unknown> = {},
): Promise<EnrolAnswer> => {
  const body = { image: base64(picture), ...rest }
  const answer = await server.call<EnrolAnswer>('POST', `/v1/galleries/${gallery}/faces`, body)
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body
}

/** Everything that an enrolment could have left behind. */
export const countStored = async (server: TestServer): Promise<{ galleries: Gallery[]; files: number }> => {
  const { body } = await server.call<{ items: Gallery[] }>('GET', '/v1/galleries?limit=1000')
  const entries = await readdir(join(server.config.dataDir, 'regions', 'default', 'pictures'), {
    recursive: true,
    withFileTypes: true,
  })
  return { galleries: body.items, files: entries.filter(entry => entry.isFile()).length }
}

/** Status, media type and the whole form of a problem document. */
export const assertProblem = (answer: Answer<unknown>, status: number, code: ErrorCode): Problem => {
  const problem = answer.body as Problem
  assert.equal(`${answer.status} ${problem.code}`, `${status} ${code}`, JSON.stringify(problem))
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
  assert.equal(problem.status, status)
  assert.equal(problem.type, `urn:likeness:error:${code}`)
  assert.match(problem.title, /^[A-Z]/)
  assert.match(problem.detail, /\.$/)
  assert.equal(problem.instance, `urn:uuid:${answer.headers.get('x-request-id')}`)
  assert.doesNotMatch(JSON.stringify(problem), /node_modules|\/src\/|\bat \w+ \(/, 'nothing of the inside shows')
  return problem
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
export const assertUuidV7 = (id: unknown): void => assert.match(String(id), UUID_V7)

/** RFC 3339 in UTC, of the last minute. */
export const assertRecent = (instant: string): void => {
  assert.match(instant, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
  const age = Date.now() - Date.parse(instant)
  assert.ok(age >= -1000 && age < 600_000, `${instant} is not now`)
}
