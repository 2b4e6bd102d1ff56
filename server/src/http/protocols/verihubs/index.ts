// The Verihubs face API as a plugin: where it answers, what bodies it takes, who may call, how errors are spelt. Its routes are
// in routes.ts.
import type { FastifyInstance } from 'fastify'
import { takeUtf8Json } from '../../json.ts'
import { guardCalls, type ProtocolDeps } from '../guards.ts'
import type { UnknownHosts } from '../host-regions.ts'
import { mountProtocol, type RegionHosts } from '../mount.ts'
import { requireApplication } from './auth.ts'
import { NAME } from './document.ts'
import { createErrorHandler, Refusal } from './errors.ts'
import { addRoutes } from './routes.ts'

export interface VerihubsDeps extends ProtocolDeps {
  readonly regions: readonly RegionHosts[]
  readonly unknownHosts?: UnknownHosts
}

/** What else a path is asked by is 405; bodies are not read for it. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const PATHS: Readonly<Record<string, readonly (typeof METHODS)[number][]>> = {
  '/enroll': ['POST', 'DELETE'],
  '/verify': ['POST'],
  '/search': ['POST'],
  '/compare': ['POST'],
  '/liveness': ['POST'],
}

export const verihubs = (app: FastifyInstance, deps: VerihubsDeps): Promise<void> =>
  mountProtocol(app, {
    prefix: '/verihubs',
    path: '/v1/face',
    regions: deps.regions,
    unknownHosts: deps.unknownHosts,
    async add(place, where) {
      place.removeAllContentTypeParsers()
      takeUtf8Json(place, { takesEmpty: true })
      place.setErrorHandler(createErrorHandler(deps))
      place.setNotFoundHandler(() => {
        throw new Refusal('NOT_FOUND')
      })
      refuseOtherMethods(place)
      await place.register(async inner => {
        if (where === 'prefixed')
          inner.addHook('onRoute', route => {
            route.config = { ...route.config, document: NAME }
          })
        guardCalls(inner, deps, requireApplication(deps))
        addRoutes(inner, deps)
      })
    },
  })

const refuseOtherMethods = (app: FastifyInstance): void => {
  for (const [url, allowed] of Object.entries(PATHS))
    app.route({
      url,
      method: METHODS.filter(method => !allowed.includes(method)),
      schema: { hide: true },
      async onRequest(_request, reply) {
        reply.header('allow', allowed.join(', '))
        throw new Refusal('METHOD_NOT_ALLOWED')
      },
      handler: () => {},
    })
}
