// The APIs of ADVANCE.AI as a plugin: where they answer, what bodies they take, who may call, how errors are
// spelt. The routes are in routes.ts.
import type { FastifyInstance } from 'fastify'
import { recordCalls } from '../../calls.ts'
import { takeUtf8Json } from '../../json.ts'
import { guardCalls } from '../guards.ts'
import { mountProtocol } from '../mount.ts'
import { createTokenKey, requireToken, type TokenKey } from './auth.ts'
import type { AdvanceDeps } from './caller.ts'
import { NAME } from './document.ts'
import { handleError, Refusal } from './errors.ts'
import { addH5Routes } from './h5-routes.ts'
import {
  addFaceAuthenticationRoutes,
  addFaceRoutes,
  addFaceSetRoutes,
  addSearchRoutes,
  addTokenRoutes,
  FACE_AUTHENTICATION_PATH,
  FACE_SEARCH_PATH,
} from './routes.ts'

const PREFIX = '/advance'

type Place = 'prefixed' | 'bare'

export const advance = async (app: FastifyInstance, deps: AdvanceDeps): Promise<void> => {
  const { regions, unknownHosts } = deps
  const key = createTokenKey(deps)
  const mount = (path: string, add: (place: FastifyInstance) => Promise<void>): Promise<void> =>
    mountProtocol(app, {
      prefix: PREFIX,
      path,
      regions,
      unknownHosts,
      isBareEverywhere: true,
      async add(place, where) {
        speakAdvance(place, where)
        await add(place)
      },
    })
  // Addresses under the prefix that are none of the vendor's.
  await app.register(async place => speakAdvance(place, 'prefixed'), { prefix: PREFIX })
  await mount('/openapi/auth', async place => {
    recordCalls(place, deps)
    addTokenRoutes(place, deps, key)
  })
  await mount('/intl/openapi', place => addProducts(place, deps, key))
}

/** Each with hooks of its own, as its errors are its own. */
const addProducts = async (place: FastifyInstance, deps: AdvanceDeps, key: TokenKey): Promise<void> => {
  const guard = (inner: FastifyInstance): void => guardCalls(inner, deps, requireToken(deps, key))
  await place.register(
    async inner => {
      guard(inner)
      addFaceAuthenticationRoutes(inner, deps)
      addH5Routes(inner, deps)
    },
    { prefix: FACE_AUTHENTICATION_PATH },
  )
  await place.register(
    async inner => {
      guard(inner)
      addSearchRoutes(inner, deps)
      addFaceRoutes(inner, deps)
      addFaceSetRoutes(inner, deps)
    },
    { prefix: FACE_SEARCH_PATH },
  )
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Bodies, errors, and what is no address or no method of one. */
const speakAdvance = (place: FastifyInstance, where: Place): void => {
  takeUtf8Json(place, { takesEmpty: true })
  place.setErrorHandler(handleError)
  place.setNotFoundHandler((request, reply) => {
    const url = request.url.split('?', 1)[0]
    const isKnown = METHODS.some(method => place.findRoute({ method, url }) !== null)
    return handleError(new Refusal(isKnown ? 'methodNotAllowed' : 'notFound'), request, reply)
  })
  if (where === 'prefixed')
    place.addHook('onRoute', route => {
      route.config = { ...route.config, document: NAME }
    })
}
