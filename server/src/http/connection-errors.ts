// Requests that never become one, because they are too large, too slow or no HTTP: answered with a problem document on the
// bare connection, which is then closed.
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { IdSource } from '../core/ports.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { STATUS, toProblem } from './errors.ts'
import { isLong } from './long-bodies.ts'
import { NO_TUNNEL } from './one-port.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

export interface RefusalDeps {
  readonly ids: IdSource
  readonly limits: Limits
  readonly onRefused: (code: ErrorCode, id: string) => void
}

/** What a caller who sends on has to read the answer, milliseconds; closing at once could take it away from them. */
const LINGER_MS = 250

/** Fastify's `clientErrorHandler`. */
export const createRefusal = ({ ids, limits, onRefused }: RefusalDeps) => {
  const refused = new WeakSet<Socket>()
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (refused.has(socket)) return
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isLong(socket)) return
    refused.add(socket)
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
      socket.destroy()
      return
    }
    const id = ids.next()
    const refusal = toRefusal(error.code, limits)
    socket.pause()
    socket.end(renderAnswer(refusal, id))
    setTimeout(() => socket.destroy(), LINGER_MS)
    onRefused(refusal.code, id)
  }
}

/** An answer that has begun would be spoilt by a second one. The field is Node's own; its default handler asks it too. */
const isAnswering = (socket: Socket): boolean =>
  (socket as Socket & { _httpMessage?: { headersSent: boolean } })._httpMessage?.headersSent === true

const toRefusal = (code: string | undefined, limits: Limits): AppError => {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new AppError(
      'request_timeout',
      `A request's header must arrive within ${limits.headerTimeoutMs / 1000} s and its body within ${limits.requestTimeoutMs / 1000} s.`,
    )
  if (code === 'HPE_HEADER_OVERFLOW')
    return new AppError(
      'headers_too_large',
      `The address and the headers have more than ${limits.maxHeaderBytes} bytes together.`,
      { details: { maxBytes: limits.maxHeaderBytes } },
    )
  if (code === NO_TUNNEL) return new AppError('route_not_found', 'This server opens no tunnels.')
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return new AppError('body_too_large')
  return new AppError('request_invalid', 'This is not a well-formed HTTP/1.1 request.')
}

const renderAnswer = (error: AppError, id: string): string => {
  const status = STATUS[error.code]
  const body = JSON.stringify(toProblem(error, id))
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': id,
    date: new Date().toUTCString(),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`
}
