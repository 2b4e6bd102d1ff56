// How the process stops: what is in flight is finished, a second signal ends it at once.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PACKS_DIR } from './support.ts'

const folder = await mkdtemp(join(tmpdir(), 'likeness-test-'))
after(() => rm(folder, { recursive: true, force: true }))
const ENTRY = fileURLToPath(new URL('../src/cli/likeness.ts', import.meta.url))

interface Serving {
  readonly child: ChildProcess
  readonly port: number
  readonly key: string
  readonly printed: string
}

/** `likeness serve` with a data folder of its own, when it says that it is ready. */
const serve = async (name: string): Promise<Serving> => {
  const env = { LIKENESS_PORT: '0', LIKENESS_DATA_DIR: join(folder, name), LIKENESS_PACKS_DIR: PACKS_DIR }
  const child = spawn(process.execPath, [ENTRY, 'serve'], { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  const printed: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line)
    if (line.startsWith('More keys')) break
  }
  child.stdout.resume()
  const text = printed.join('\n')
  const port = Number(/ready at http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1])
  return { child, port, key: /lk_[\w-]+/.exec(text)?.[0] ?? '', printed: text }
}

/** A request whose body has not arrived in full yet. */
const beginRequest = async ({ port, key }: Serving) => {
  const body = '{"id":"made-while-stopping"}'
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let received = ''
  socket.on('error', () => {})
  socket.on('data', bytes => {
    received += bytes
  })
  socket.write(
    `POST /v1/galleries HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
  )
  // The server has taken the request when it answers another one that came after.
  await (await fetch(`http://127.0.0.1:${port}/health/live`)).text()
  return {
    async finish(): Promise<string> {
      socket.write(body.slice(5))
      await once(socket, 'close')
      return received
    },
  }
}

const isRefused = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  return once(socket, 'connect').then(
    () => {
      socket.destroy()
      return false
    },
    () => true,
  )
}

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal}: the port closes, what is in flight is answered, the process ends well`, async () => {
    const serving = await serve(signal)
    assert.match(
      serving.printed,
      /HTTPS on the same port: https:\/\/127\.0\.0\.1:\d+ \(certificate of its own, .*tls\.crt\)/,
    )
    const request = await beginRequest(serving)
    serving.child.kill(signal)
    while (!(await isRefused(serving.port))) await new Promise(resolve => setTimeout(resolve, 10))
    assert.equal(serving.child.exitCode, null)
    const exit = once(serving.child, 'exit')
    assert.match(await request.finish(), /^HTTP\/1\.1 201 [\s\S]*made-while-stopping/)
    assert.deepEqual(await exit, [0, null])
  })

test('a second signal ends it at once', async () => {
  const serving = await serve('twice')
  await beginRequest(serving)
  const exit = once(serving.child, 'exit')
  serving.child.kill('SIGTERM')
  while (!(await isRefused(serving.port))) await new Promise(resolve => setTimeout(resolve, 10))
  serving.child.kill('SIGTERM')
  assert.deepEqual(await exit, [128 + 15, null])
})
