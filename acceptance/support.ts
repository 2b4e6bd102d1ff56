// Starts Likeness as a person does and speaks to it over HTTP. Imports nothing of the server.
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

export interface RunningServer {
  readonly url: string
  /** The key that was printed, null when none was. */
  readonly key: string | null
  /** Everything printed until it was ready. */
  readonly printed: string
  /** Asks it to stop, as Ctrl-C does, and resolves with its exit code. */
  stop(): Promise<number | null>
}

/**
 * `npm start` without npm's own lines, on a free port; resolves when the server says that it is ready. `settings` are
 * environment variables.
 */
export const startServer = async (
  dataDir: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningServer> => {
  const child = spawn(process.execPath, ['scripts/run.mjs', 'start'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...withoutSettings(), LIKENESS_PORT: '0', LIKENESS_DATA_DIR: dataDir, ...settings },
  })
  const printed = await readUntilReady(child)
  const url = /ready at (http:\/\/\S+)/.exec(printed)?.[1]
  assert.ok(url, `the server did not start:\n${printed}`)
  await waitUntilReady(url)
  return {
    url,
    key: /lk_[\w-]+/.exec(printed)?.[0] ?? null,
    printed,
    async stop() {
      if (child.exitCode !== null) return child.exitCode
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      const [code] = await exit
      return code
    },
  }
}

/** The environment without this machine's own settings of Likeness. */
const withoutSettings = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LIKENESS_')))

/** What is printed up to the last line of the greeting; what follows is read and dropped. */
const readUntilReady = async (child: ChildProcess): Promise<string> => {
  const lines = createInterface({ input: child.stdout! })
  const printed: string[] = []
  const done = Promise.withResolvers<void>()
  lines.on('line', line => {
    printed.push(line)
    // The key, when there is one, follows the address in the same breath.
    if (line.startsWith('API reference')) setTimeout(done.resolve, 200)
  })
  lines.on('close', done.resolve)
  await done.promise
  return printed.join('\n')
}

const waitUntilReady = async (url: string): Promise<void> => {
  for (let attempt = 0; attempt < 600; attempt++) {
    const { ok } = await fetch(`${url}/health/ready`)
    if (ok) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  assert.fail('the server never became ready')
}

const run = promisify(execFile)

/** A command of the README in the project's folder, told where the server is and with which key. */
export const runCommand = async (command: string, { url, key }: { url: string; key: string }): Promise<string> => {
  const { stdout } = await run('bash', ['-c', command], {
    cwd: ROOT,
    env: { ...withoutSettings(), LIKENESS_URL: url, LIKENESS_KEY: key },
  })
  return stdout
}

/** A JSON answer: status and body. */
export const call = async <T>(
  url: string,
  key: string | null,
  method: string,
  path: string,
  body?: object | FormData,
): Promise<{ status: number; body: T }> => {
  const isForm = body instanceof FormData
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(body && !isForm && { 'content-type': 'application/json' }),
    },
    body: isForm ? body : body && JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T }
}
