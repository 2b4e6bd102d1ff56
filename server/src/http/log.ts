// What the server writes about its work: JSON lines without biometric data, secrets or the ids of people. One line a
// request, at "info"; bodies, addresses and query strings never.
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import { AppError } from '../errors.ts'

export interface LogOptions {
  /** silent, error, warn, info or debug */
  readonly level: string
  /** Where the lines go; standard output unless given. */
  readonly stream?: { write(line: string): void }
}

/** Fastify's `logger`. */
export const loggerOptions = ({ level, stream }: LogOptions): FastifyServerOptions['logger'] =>
  level !== 'silent' && {
    level,
    ...(stream && { stream }),
    base: undefined,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    // Whoever logs a request or an answer, by mistake or in a library: only what tells nothing about people is left.
    serializers: {
      err: describeError,
      error: describeError,
      req: (request: { method: string }) => ({ method: request.method }),
      res: (reply: { statusCode: number }) => ({ statusCode: reply.statusCode }),
    },
    redact: { paths: SECRET_PATHS, censor: '[withheld]' },
  }

const SECRET_NAMES = [
  'authorization',
  'cookie',
  'body',
  'image',
  'image1',
  'image2',
  'template',
  'metadata',
  'secret',
  'key',
]
const SECRET_PATHS = SECRET_NAMES.flatMap(name => [name, `*.${name}`])

/** One line for each request when it is answered. */
export const addRequestLog = (app: FastifyInstance): void => {
  app.decorateRequest('outcome', 'ok')
  app.addHook('onResponse', async (request, reply) => request.log.info(describeRequest(request, reply), 'request'))
}

const describeRequest = (request: FastifyRequest, reply: FastifyReply): Record<string, unknown> => ({
  method: request.method,
  // The pattern: the address itself names people.
  route: request.routeOptions.url ?? null,
  status: reply.statusCode,
  code: request.outcome,
  ms: Math.round(reply.elapsedTime * 10) / 10,
  tenant: request.principal?.tenantId ?? null,
  credential: request.principal?.credentialId ?? null,
})

const MAX_CAUSES = 5
const MAX_FRAMES = 20

interface LoggedError extends Record<string, unknown> {
  readonly type: string
  readonly code: unknown
  readonly message: string
  readonly stack: string
  readonly cause?: LoggedError
}

/**
 * Type, code, message, stack and causes, and nothing else: drivers hang the row that they refused on their errors. The
 * messages of parsers and schemas quote what they read, so they are withheld.
 */
export const describeError = (error: unknown, depth = 0): LoggedError => {
  if (!(error instanceof Error)) return { type: typeof error, code: null, message: '[withheld]', stack: '' }
  const isQuoting = !(error instanceof AppError) && /Syntax|Zod|Validation|Serialization/.test(error.name)
  return {
    type: error.name,
    code: 'code' in error ? error.code : null,
    message: isQuoting ? '[withheld]' : error.message,
    // The stack repeats the message in front of the frames.
    stack: (error.stack ?? '').split('\n').filter(isFrame).slice(0, MAX_FRAMES).join('\n'),
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: describeError(error.cause, depth + 1) }),
  }
}

const isFrame = (line: string): boolean => /^ {4}at /.test(line)
