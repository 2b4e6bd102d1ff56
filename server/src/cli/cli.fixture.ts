// Runs commands as a person would, in a process of their own, beside a real server or a fake one. No tests here.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../config.ts'
import { startServer } from '../main.ts'

const ENTRY = fileURLToPath(new URL('likeness.ts', import.meta.url))
/** Kept between runs, so that the pack is built once and not for each. */
export const PACKS_DIR = fileURLToPath(new URL('../../../.cache/packs', import.meta.url))

export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Whoever runs what is to be undone: a test, or the whole file. */
export interface Ender {
  after(undo: () => unknown): void
}

export type Environment = Readonly<Record<string, string>>

/** Runs one command to its end. It sees no setting but these. */
export const run = async (args: readonly string[], env: Environment = {}): Promise<Run> => {
  const child = spawn(process.execPath, [ENTRY, ...args], { env, cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, stdout, stderr }
}

/** Whether a failure was told as it should be: this exit code, one line on stderr, nothing on stdout. */
export const assertFailed = ({ code, stdout, stderr }: Run, expected: number, sentence: RegExp): void => {
  assert.match(stderr, sentence)
  assert.match(stderr, /^likeness: [^\n]+\n$/)
  assert.equal(stdout, '')
  assert.equal(code, expected)
}

export const createFolder = async (context: Ender): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-cli-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export type Running = Environment & Readonly<Record<'LIKENESS_URL' | 'LIKENESS_KEY' | 'LIKENESS_DATA_DIR', string>>

/** A real server on a free port with its own data; the settings that make commands talk to it. */
export const startLikeness = async (context: Ender): Promise<Running> => (await startStoppable(context)).env

/** The same with these settings, over data that was there and a key that is known; stopped with the test at the latest. */
export const startStoppable = async (
  context: Ender,
  settings: Environment = {},
  knownKey?: string,
): Promise<{ env: Running; stop(): Promise<void> }> => {
  const dataDir = settings.LIKENESS_DATA_DIR ?? (await createFolder(context))
  const { config } = loadConfig({
    ...settings,
    LIKENESS_DATA_DIR: dataDir,
    LIKENESS_PACKS_DIR: PACKS_DIR,
    LIKENESS_PORT: '0',
    LIKENESS_VISION_THREADS: '1',
    LIKENESS_LOG_LEVEL: 'silent',
  })
  const server = await startServer(config, { onProgress: () => {} })
  let stopped: Promise<void> | null = null
  const stop = (): Promise<void> => {
    stopped ??= server.close()
    return stopped
  }
  context.after(stop)
  await server.ready
  const key = knownKey ?? server.firstKey
  assert.ok(key)
  return { env: { LIKENESS_URL: server.address, LIKENESS_KEY: key, LIKENESS_DATA_DIR: dataDir }, stop }
}

/** A server that answers what the test says. */
export const startFake = async (context: TestContext, answer: RequestListener): Promise<Environment> => {
  const server: HttpServer = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { LIKENESS_URL: `http://127.0.0.1:${port}`, LIKENESS_KEY: 'lk_of_a_fake' }
}

/** Answers as Likeness does. */
export const reply = (
  response: Parameters<RequestListener>[1],
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
