// The HTTP application: plugins, native API, errors. Builds and never listens.
import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Context } from '../core/context.ts'
import type { ControlStore, IdSource } from '../core/ports.ts'
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { detectApi } from './api/detect.ts'
import { facesApi } from './api/faces.ts'
import { galleriesApi } from './api/galleries.ts'
import { recognitionApi } from './api/recognition.ts'
import { subjectsApi } from './api/subjects.ts'
import { requireKey } from './auth.ts'
import { sendProblem } from './errors.ts'
import { healthRoutes, type Readiness } from './health.ts'
import { openApiRoute, registerOpenApi } from './openapi.ts'

export interface AppDeps {
  readonly control: ControlStore
  /** Null until packs and index are loaded. */
  readonly context: () => Context | null
  readonly readiness: () => Promise<Readiness>
  readonly limits: Limits
  readonly ids: IdSource
  readonly version: string
  readonly logLevel: string
}

/** Longest path parameter, characters: an id of 256 characters of four UTF-8 bytes each, percent-encoded. */
const MAX_PARAM_CHARACTERS = 256 * 12

export const createApp = async (deps: AppDeps): Promise<FastifyInstance> => {
  const app = Fastify({
    bodyLimit: deps.limits.maxBodyBytes,
    routerOptions: { maxParamLength: MAX_PARAM_CHARACTERS },
    genReqId: () => deps.ids.next(),
    logger: deps.logLevel === 'silent' ? false : { level: deps.logLevel },
    forceCloseConnections: 'idle',
    // An address that cannot be decoded never reaches a route or a hook.
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply.header('x-request-id', request.id))
    },
  })
  // A plain text would be taken for a body; only JSON and multipart are.
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      new AppError('route_not_found', `There is no ${request.method} ${request.url.split('?')[0]}.`),
      request,
      reply,
    ),
  )
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
  })
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id)
    // Else the stop would wait until the caller lets go of the connection.
    if (isClosing) reply.header('connection', 'close')
  })
  await registerOpenApi(app, deps.version)
  await app.register(multipart)
  await app.register(healthRoutes, { readiness: deps.readiness })
  await app.register(nativeApi(deps), { prefix: '/v1' })
  openApiRoute(app)
  await app.ready()
  return app
}

const nativeApi = (deps: AppDeps) => async (app: FastifyInstance) => {
  const native = { context: () => requireReady(deps), limits: deps.limits }
  app.addHook('onRequest', requireKey(deps.control))
  for (const resource of [galleriesApi, facesApi, subjectsApi, recognitionApi, detectApi])
    await app.register(resource, native)
}

const requireReady = ({ context }: AppDeps): Context => {
  const ready = context()
  if (!ready) throw new AppError('not_ready', 'The server is still loading its models and index; ask /health/ready.')
  return ready
}
