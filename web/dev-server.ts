// Serves the capture page with a made-up server behind it, to work on the page without models and galleries:
// `npx node web/dev-server.ts [port]`, then http://localhost:PORT/capture/SCENARIO-anything. Judges nothing; never shipped.
import { readFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, extname, join, normalize } from 'node:path'
import { build } from 'vite'
import type { SessionView } from './capture/words.ts'

/** What each scenario changes; the last word of a token is anything, and tells sessions apart. */
const SCENARIOS: Readonly<Record<string, Partial<SessionView>>> = {
  pass: {},
  fail: {},
  lock: {},
  enrol: { purpose: 'enrol' },
  passive: { liveness: 'passive', uploadAllowed: true },
  light: { colourScheme: 'light' },
  dark: { colourScheme: 'dark' },
  thai: { language: 'th' },
  embed: { isEmbedded: true, iframeOrigins: ['http://127.0.0.1:4900'] },
  expired: { state: 'expired', ended: true },
  used: {},
  unknown: {},
}
const FRESH: SessionView = {
  state: 'created',
  ended: false,
  purpose: 'verify',
  liveness: 'both',
  language: null,
  colourScheme: 'auto',
  uploadAllowed: false,
  expiresAt: new Date(Date.now() + 1_800_000).toISOString(),
  attempt: null,
  reasons: [],
  canRetry: true,
  returnUrl: null,
  endCode: null,
  isEmbedded: false,
  iframeOrigins: [],
}
const ORDER = ['portrait', 'turn_left', 'blink'] as const
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; " +
  "media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'"
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
}

interface Made {
  session: SessionView
  tries: number
  frames: string[]
}

const built = await mkdtemp(join(tmpdir(), 'capture-'))
await build({
  configFile: join(import.meta.dirname, 'vite.config.ts'),
  build: { outDir: built },
  logLevel: 'warn',
})
const human = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/human')), '..')
const sessions = new Map<string, Made>()

const sessionOf = (secret: string): Made => {
  const made = sessions.get(secret) ?? {
    session: { ...FRESH, ...SCENARIOS[secret.split('-')[0] ?? ''] },
    tries: 0,
    frames: [],
  }
  sessions.set(secret, made)
  return made
}

const judge = (made: Made, scenario: string): void => {
  const { session } = made
  const failed = { state: 'failed', reasons: [{ name: 'not_live' }, { name: 'dark' }] } as const
  if (scenario === 'fail' && made.tries < 3) made.session = { ...session, ...failed }
  else if (scenario === 'lock') {
    const reasons = [{ name: 'not_live' }, { name: 'too_many_failures' }]
    made.session = { ...session, state: 'failed', reasons, ended: true, canRetry: false }
  } else made.session = { ...session, state: 'passed', ended: true, returnUrl: 'http://localhost:4900/came-back' }
}

type Answer = readonly [status: number, body: object]

const answer = (path: string, query: URLSearchParams, body: Buffer, secret: string): Answer => {
  const [scenario = ''] = secret.split('-')
  if (scenario === 'used') return [409, { code: 'session_link_used' }]
  if (scenario === 'unknown') return [404, { code: 'session_link_invalid' }]
  const made = sessionOf(secret)
  switch (path) {
    case 'session':
      return [200, made.session]
    case 'start':
      made.tries += 1
      made.frames = []
      made.session = { ...made.session, state: 'started', attempt: made.tries, reasons: [] }
      return [
        200,
        { visit: secret, attempt: made.tries, nonce: 'n', portraits: 3, stepMs: 30_000, frameIntervalMs: 200 },
      ]
    case 'steps': {
      const { after } = JSON.parse(`${body}`) as { after: string | null }
      const next = after === null ? 0 : Number(after) + 1
      const count = made.session.liveness === 'passive' ? 1 : ORDER.length
      return [200, { step: next < count ? { id: `${next}`, challenge: ORDER[next] } : null }]
    }
    case 'frames':
      made.frames.push(`${query.get('step')}`)
      console.log('frame', query.get('step'), query.get('sequence'), query.get('at'), query.get('source'), body.length)
      return [202, { pauseMs: 0 }]
    case 'submit':
      made.session = { ...made.session, state: 'submitted' }
      setTimeout(() => judge(made, scenario), 1500)
      return [202, made.session]
    case 'end': {
      const isOver = made.session.state === 'failed'
      if (isOver) made.session = { ...made.session, ended: true, returnUrl: 'http://localhost:4900/failed' }
      return [200, made.session]
    }
    default:
      return [404, { code: 'not_found' }]
  }
}

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

const sendFile = (response: ServerResponse, folder: string, name: string): void => {
  const path = join(folder, normalize(`/${name}`))
  response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream')
  response.end(readFileSync(path))
}

const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const [, place, part, ...rest] = pathname.split('/')
  if (pathname === '/embed') {
    response.setHeader('content-type', 'text/html')
    response.end(
      `<iframe allow="camera" width="400" height="700" src="http://localhost:${port}/capture/embed-${Date.now()}"></iframe>` +
        '<pre id="log"></pre><script>onmessage = e => { log.textContent += JSON.stringify([e.origin, e.data]) }</script>',
    )
  } else if (place !== 'capture') response.end(pathname)
  else if (part === 'assets') sendFile(response, built, `assets/${rest.join('/')}`)
  else if (part === 'models') sendFile(response, join(human, 'models'), rest.join('/'))
  else if (part === 'api') {
    const secret = (request.headers.authorization ?? '').replace('Bearer ', '')
    const [status, body] = answer(rest.join('/'), searchParams, await readBody(request), secret)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  } else {
    response.setHeader('content-security-policy', POLICY)
    response.setHeader('permissions-policy', 'camera=(self)')
    response.setHeader('referrer-policy', 'no-referrer')
    sendFile(response, built, 'index.html')
  }
}

const port = Number(process.argv[2] ?? 4900)
createServer((request, response) => {
  handle(request, response).catch(error => {
    console.error(error)
    response.writeHead(404).end()
  })
}).listen(port, '127.0.0.1', () => console.log(`http://localhost:${port}/capture/pass-1`))
