// HTTP and HTTPS on one port: the first byte of a connection tells which it is, and both end in one HTTP server. Knows
// no route and no handler.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Limits } from '../limits.ts'

export interface OnePortOptions {
  /** PEM certificate and key; null serves plain HTTP only. */
  readonly certificate: { readonly cert: string; readonly key: string } | null
  readonly limits: Limits
  /** Called for each connection that is closed because there are `maxConnections` already. */
  readonly onDrop?: () => void
}

/** A TLS record of the type "handshake" (RFC 8446, section 5.1); no HTTP method begins with it. */
const TLS_HANDSHAKE = 0x16
/** What connection-errors.ts is told of a CONNECT. */
export const NO_TUNNEL = 'NO_TUNNEL'
/** Node looks for late requests this often, milliseconds; what is late is found late by as much. */
const LATE_CHECK_MS = 1000

/**
 * An HTTP server whose port takes TLS as well. It closes like any other; a connection that has not said what it is yet
 * counts as idle. One that says nothing within `headerTimeoutMs` is closed.
 */
export const createOnePortServer = (handler: RequestListener, options: OnePortOptions): Server => {
  const { certificate, limits, onDrop } = options
  const server = createBoundedServer(handler, limits)
  // What Node does with a new connection; it may be given any connection that carries HTTP, also one inside of TLS.
  const [serve] = server.listeners('connection') as ((socket: Socket) => void)[]
  const tls =
    certificate && createTlsServer({ ...certificate, ...TLS_OPTIONS, handshakeTimeout: limits.headerTimeoutMs })
  const silent = createSilentSet(limits.headerTimeoutMs)

  const decide = (socket: Socket): void =>
    silent.wait(socket, firstByte => {
      if (tls && firstByte === TLS_HANDSHAKE) tls.emit('connection', socket)
      else serve.call(server, socket)
    })

  server.removeAllListeners('connection')
  server.on('connection', decide)
  if (onDrop) server.on('drop', onDrop)
  // A browser that connects ahead of need is silent here too, inside of TLS.
  tls?.on('secureConnection', socket => {
    // A handshake that ends after the port was closed is too late.
    if (server.listening) silent.wait(socket, () => serve.call(server, socket))
    else socket.destroy()
  })
  tls?.on('tlsClientError', (_error, socket) => socket.destroy())
  closeWith(server, silent.closeAll)
  return server
}

const TLS_OPTIONS = { minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] } as const satisfies Parameters<
  typeof createTlsServer
>[0]

const createBoundedServer = (handler: RequestListener, limits: Limits): Server => {
  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      // Without one the answer is a problem document like any other: see request-limits.ts.
      requireHostHeader: false,
      headersTimeout: limits.headerTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(LATE_CHECK_MS, Math.ceil(limits.headerTimeoutMs / 4)),
    },
    handler,
  )
  // An expectation that nobody knows need not be met (RFC 9110, section 10.1.1).
  server.on('checkExpectation', handler)
  // Node would close the connection without a word.
  server.on('connect', ({ url }, socket) =>
    server.emit('clientError', Object.assign(new Error(`no tunnel to ${url}`), { code: NO_TUNNEL }), socket),
  )
  server.maxConnections = limits.maxConnections
  // Node drops the headers above this count without a word; one more than the limit lets the application see and refuse.
  server.maxHeadersCount = limits.maxHeaders + 1
  return server
}

interface SilentSet {
  /** Calls `hear` with the connection's first byte, which is left to be read again. */
  wait(socket: Socket, hear: (firstByte: number) => void): void
  closeAll(): void
}

/** Connections that have sent nothing yet. */
const createSilentSet = (patienceMs: number): SilentSet => {
  const silent = new Set<Socket>()
  return {
    wait(socket, hear) {
      const timer = setTimeout(() => socket.destroy(), patienceMs)
      const leave = (): void => {
        clearTimeout(timer)
        silent.delete(socket)
        socket.off('error', ignore).off('close', leave)
      }
      silent.add(socket)
      socket.on('error', ignore).once('close', leave)
      socket.once('readable', () => {
        const byte: Buffer | null = socket.read(1)
        leave()
        if (!byte) {
          socket.on('error', ignore).destroy()
          return
        }
        socket.unshift(byte)
        hear(byte[0])
      })
    },
    closeAll() {
      for (const socket of silent) socket.destroy()
    },
  }
}

/** A connection that breaks before it said anything is nobody's loss; "close" follows. */
const ignore = (): void => {}

/** Node knows only the connections that it serves already. */
const closeWith = (server: Server, closeSilent: () => void): void => {
  for (const name of ['closeIdleConnections', 'closeAllConnections'] as const) {
    const close = server[name].bind(server)
    server[name] = () => {
      closeSilent()
      close()
    }
  }
}
