// GET /metrics: who may read it, and the text for Prometheus.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { authenticate, type KeyCheck } from '../core/keys.ts'
import { AppError } from '../errors.ts'
import type { Telemetry } from './telemetry.ts'

/** Who may read the metrics: callers on this machine and the operator's keys, or everybody. */
export type MetricsAccess = 'local' | 'open'

export interface MetricsRouteDeps {
  readonly telemetry: Telemetry
  readonly access: MetricsAccess
  readonly keys: KeyCheck
}

export const metricsRoute = (app: FastifyInstance, { telemetry, access, keys }: MetricsRouteDeps): void => {
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    const mayRead = access === 'open' || isLocal(request) || (await isOperator(keys, request))
    // To everybody else there is nothing here.
    if (!mayRead) throw new AppError('route_not_found', 'There is no GET /metrics.')
    return reply.type(telemetry.contentType).send(await telemetry.render())
  })
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/
/** Proxies on this machine speak for others. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const

/** The connection's own address, whatever `trustProxy` says. */
const isLocal = ({ raw }: FastifyRequest): boolean =>
  LOOPBACK.test(raw.socket.remoteAddress ?? '') && FORWARDED.every(name => raw.headers[name] === undefined)

/** The tenant of whoever runs the server; an admin of another one sees only what is theirs. */
const OPERATOR_TENANT = 'default'

const isOperator = async (keys: KeyCheck, { headers, id }: FastifyRequest): Promise<boolean> => {
  const key = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const principal = await authenticate(keys, key, id).catch(() => null)
  return principal?.tenantId === OPERATOR_TENANT && principal.scopes.includes('admin')
}
