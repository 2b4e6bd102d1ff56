// A transport with a few routes of its own on a free port, and callers that speak to it byte by byte.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { DEFAULT_LIMITS, type Limits } from '../limits.ts'
import { type Certificate, openCertificate } from './certificate.ts'
import { createTransport, type TransportDeps } from './transport.ts'

export interface TransportServer {
  readonly app: FastifyInstance
  readonly port: number
  readonly certificate: Certificate
  /** Ends the requests to /wait; more may follow. */
  release(): void
  /** How many wait at /wait. */
  waiting(): number
  close(): Promise<void>
}

export const openTestCertificate = async (): Promise<Certificate> => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-tls-'))
  try {
    return await openCertificate({ certFile: undefined, keyFile: undefined, folder, host: '127.0.0.1' })
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** GET /hello, POST /echo (answers the body's length), GET /wait (until released), GET /fail, GET /people/:person. */
export const startTransport = async (
  limits: Partial<Limits> = {},
  deps: Partial<Omit<TransportDeps, 'limits'>> = {},
): Promise<TransportServer> => {
  const certificate = deps.certificate ?? (await openTestCertificate())
  let count = 0
  const app = createTransport({
    limits: { ...DEFAULT_LIMITS, ...limits },
    ids: { next: () => `id-${++count}` },
    log: { level: 'silent' },
    certificate,
    trustProxy: false,
    telemetry: null,
    ...deps,
  })
  let held: (() => void)[] = []
  app.get('/hello', async request => ({ protocol: request.protocol }))
  app.post('/echo', async request => ({ bytes: JSON.stringify(request.body).length }))
  app.get('/wait', async () => {
    await new Promise<void>(resolve => held.push(resolve))
    return { waited: true }
  })
  app.get('/fail', async () => {
    throw new Error('broken inside')
  })
  app.get('/people/:person', async () => ({ found: true }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    app,
    port: (app.server.address() as AddressInfo).port,
    certificate,
    release() {
      for (const resolve of held.splice(0)) resolve()
    },
    waiting: () => held.length,
    async close() {
      for (const resolve of held) resolve()
      held = []
      await app.close()
    },
  }
}

export interface Caller {
  readonly socket: Socket
  send(text: string | Uint8Array): void
  /** Everything received so far, as text. */
  received(): string
  /** Resolves when what was received matches. */
  until(pattern: RegExp): Promise<void>
  /** Resolves with everything received when the other side has closed. */
  ended(): Promise<string>
}

export const call = async (port: number): Promise<Caller> => {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return listenTo(socket)
}

export const callTls = async (port: number, ca: string): Promise<Caller> => {
  const socket = connectTls({ port, host: '127.0.0.1', ca })
  await once(socket, 'secureConnect')
  return listenTo(socket)
}

const listenTo = (socket: Socket): Caller => {
  let text = ''
  let isClosed = false
  socket.on('data', (bytes: Buffer) => {
    text += bytes
  })
  // A reset is an end as well.
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
  })
  return {
    socket,
    send: bytes => void socket.write(bytes),
    received: () => text,
    async until(pattern) {
      while (!pattern.test(text)) {
        if (isClosed) throw new Error(`closed before ${pattern} came; received: ${text}`)
        await Promise.race([once(socket, 'data'), once(socket, 'close')])
      }
    },
    async ended() {
      if (!isClosed) await once(socket, 'close')
      return text
    },
  }
}

/** A request without a body. */
export const head = (path: string, headers: readonly string[] = [], method = 'GET'): string =>
  `${[`${method} ${path} HTTP/1.1`, 'host: x', ...headers].join('\r\n')}\r\n\r\n`

export interface RawProblem {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: { readonly code: string; readonly status: number; readonly detail: string }
}

/** The last answer in the text of a connection. */
export const readProblem = (text: string): RawProblem => {
  const answer = text.slice(text.search(/HTTP\/1\.1 \d(?![\s\S]*HTTP\/1\.1 \d)/))
  const [top, body] = answer.split('\r\n\r\n')
  const [line, ...fields] = top.split('\r\n')
  const headers = new Map(
    fields.map(field => [field.split(': ')[0].toLowerCase(), field.split(': ').slice(1).join(': ')]),
  )
  return { status: Number(line.split(' ')[1]), headers, body: JSON.parse(body) }
}
