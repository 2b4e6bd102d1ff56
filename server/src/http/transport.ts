// Everything about HTTP that no route needs to know: the port, its limits, headers, logs, metrics, and how it all ends. Knows
// no resource.
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { IdSource } from '../core/ports.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { Certificate } from './certificate.ts'
import { createRefusal } from './connection-errors.ts'
import { sendProblem, toAppError } from './errors.ts'
import { addRequestLog, type LogOptions, loggerOptions } from './log.ts'
import { createOnePortServer } from './one-port.ts'
import { addRequestLimits } from './request-limits.ts'
import { addSecurityHeaders, SECURITY_HEADERS } from './security-headers.ts'
import type { Telemetry } from './telemetry.ts'

export interface TransportDeps {
  readonly limits: Limits
  readonly ids: IdSource
  readonly log: LogOptions
  /** Null serves plain HTTP only. */
  readonly certificate: Certificate | null
  /** Whose word about the caller's address counts: nobody's, every proxy's, or that of these addresses and ranges. */
  readonly trustProxy: boolean | readonly string[]
  readonly telemetry: Telemetry | null
  /** The id of a call to this address, where it is not one of `ids`. */
  readonly requestIdFor?: (url: string) => string | null
}

/** Longest path parameter, characters: an id of 256 characters of four UTF-8 bytes each, percent-encoded. */
const MAX_PARAM_CHARACTERS = 256 * 12

/** A Fastify without routes. Stops gracefully by `close`; `app.isStopping()` tells. */
export const createTransport = (deps: TransportDeps): FastifyInstance => {
  const { limits, ids, certificate, telemetry, trustProxy } = deps
  const noteRefusal = (code: ErrorCode, transactionId: string): void => {
    telemetry?.countRefusal(code)
    app.log.info({ transactionId, code }, 'refused')
  }
  const app: FastifyInstance = Fastify({
    bodyLimit: limits.maxBodyBytes,
    routerOptions: { maxParamLength: MAX_PARAM_CHARACTERS },
    genReqId: ({ url = '' }) => deps.requestIdFor?.(url) ?? ids.next(),
    logger: loggerOptions(deps.log),
    // Fastify's own lines about requests show addresses; ours are in log.ts.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'transactionId' }),
    trustProxy: typeof trustProxy === 'boolean' ? trustProxy : [...trustProxy],
    forceCloseConnections: 'idle',
    // The refusal is a problem document like any other; see addGracefulStop.
    return503OnClosing: false,
    serverFactory: handler =>
      createOnePortServer(handler, { certificate, limits, onDrop: telemetry?.countDroppedConnection }),
    clientErrorHandler: createRefusal({
      ids,
      limits,
      onRefused: (code, id) => noteRefusal(code, id),
    }),
    // An address that cannot be decoded never reaches a route or a hook.
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply.headers({ ...SECURITY_HEADERS, 'x-request-id': request.id }))
      noteRefusal(toAppError(error).code, request.id)
    },
  })
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      new AppError('route_not_found', `There is no ${request.method} ${request.url.split('?')[0]}.`),
      request,
      reply,
    ),
  )
  addRequestLog(app)
  telemetry?.observe(app)
  addSecurityHeaders(app, certificate?.isConfigured ?? false)
  addGracefulStop(app, limits.stopGraceMs)
  addRequestLimits(app, limits)
  return app
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether `close` was called: what is in flight is finished, nothing new is taken. */
    isStopping(): boolean
  }
}

/** The port is closed at once, requests in flight have `graceMs` to end, then their connections are cut. */
const addGracefulStop = (app: FastifyInstance, graceMs: number): void => {
  let isStopping = false
  let cut: NodeJS.Timeout | undefined
  app.decorate('isStopping', () => isStopping)
  app.addHook('preClose', async () => {
    isStopping = true
    cut = setTimeout(() => app.server.closeAllConnections(), graceMs)
  })
  app.addHook('onClose', async () => clearTimeout(cut))
  app.addHook('onRequest', async ({ routeOptions }) => {
    // Over a connection that was there before the stop; who asks about health is told, not refused.
    if (isStopping && !routeOptions.url?.startsWith('/health/'))
      throw new AppError('stopping', 'The server is about to stop; try again over a new connection.')
  })
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id)
    // Else the stop would wait until the caller lets go of the connection.
    if (isStopping) reply.header('connection', 'close')
  })
}
