// The Alibaba Cloud face-group API as a plugin: one address for every action, what bodies it takes, in which order a call is
// judged, how errors are spelt. The actions are in routes.ts.
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createNonces } from '../../../core/nonces.ts'
import { createSlidingWindow, type SlidingWindow } from '../../../core/sliding-window.ts'
import { AppError } from '../../../errors.ts'
import type { Limits } from '../../../limits.ts'
import { limitCalls } from '../../call-limits.ts'
import { recordCalls } from '../../calls.ts'
import type { PictureLinks } from '../../picture-links.ts'
import { type ProtocolDeps, principalOf } from '../guards.ts'
import { NO_REGION, type UnknownHosts } from '../host-regions.ts'
import { mountProtocol, type RegionHosts } from '../mount.ts'
import type { ActionDeps } from './actions.ts'
import { authenticate, type GatewayDeps } from './auth.ts'
import { type Call, readStatement, type Statement } from './call.ts'
import { JSON_TYPE } from './error-bodies.ts'
import { createErrorHandler } from './error-handler.ts'
import { GatewayError } from './errors.ts'
import { toSuccess } from './map.ts'
import { findAction } from './routes.ts'
import { isUpload, postObject } from './upload-actions.ts'
import { createUploads } from './uploads.ts'

export interface AlibabaDeps extends ProtocolDeps {
  readonly limits: Limits
  readonly regions: readonly RegionHosts[]
  readonly unknownHosts?: UnknownHosts
  readonly links: Pick<PictureLinks, 'sign'>
}

interface Gateway extends AlibabaDeps, GatewayDeps, ActionDeps {
  readonly limits: Limits
  readonly limit: ReturnType<typeof limitCalls>
  readonly throttle: SlidingWindow
}

/** What a form holds beside the file, bytes. */
const FORM_BYTES = 64 * 1024

export const alibaba = (app: FastifyInstance, deps: AlibabaDeps): Promise<void> => {
  const { clock, limits } = deps
  const gateway: Gateway = {
    ...deps,
    limit: limitCalls(deps.allowances),
    nonces: createNonces(clock, limits.maxNonces),
    throttle: createSlidingWindow(clock, limits.alibabaCallsPerSecond),
    uploads: createUploads(clock, limits),
  }
  return mountProtocol(app, {
    prefix: '/alibaba',
    path: '',
    regions: deps.regions,
    unknownHosts: deps.unknownHosts,
    isBareEverywhere: true,
    async add(place) {
      takeRawBodies(place, limits)
      place.setErrorHandler(createErrorHandler())
      recordCalls(place, deps)
      place.addHook('onRequest', async request => beforeBody(gateway, request))
      place.route({
        method: ['GET', 'POST'],
        url: '/',
        exposeHeadRoute: false,
        schema: { hide: true },
        handler: (request, reply) => answer(gateway, request, reply),
      })
    },
  })
}

/** Signatures are over the bytes as they came, and the forms of uploads are no multipart that another parser reads. */
const takeRawBodies = (app: FastifyInstance, limits: Limits): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  const bodyLimit = limits.alibabaImageBytes + FORM_BYTES
  app.addContentTypeParser(/^multipart\//, (request: FastifyRequest, payload: IncomingMessage) =>
    readAll(request, payload, bodyLimit),
  )
}

/** Counts while it reads; what is refused half-way is not read on, and the connection stays open for the answer. */
const readAll = async (request: FastifyRequest, payload: IncomingMessage, most: number): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    request.countBodyBytes(chunk.length)
    length += chunk.length
    if (length > most) throw new AppError('body_too_large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

/**
 * A server that is full says so before it reads a picture; clients wait three seconds for an answer, whatever it is. Older
 * clients may name the action in the body alone: theirs is refused when it is there.
 */
const beforeBody = ({ admission, limits }: Gateway, request: FastifyRequest): void => {
  request.timeoutMs = Math.min(request.timeoutMs, limits.alibabaCallTimeoutMs)
  const pictures = findAction(String(request.headers['x-acs-action'] ?? ''))?.pictures ?? 0
  if (pictures > 0) admission.refuseEarly(request, pictures)
}

/** What names no action is none of this protocol's, but for the form that sends a file. */
const answer = async (gateway: Gateway, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
  const statement = readStatement(request)
  if (statement) return run(gateway, statement, reply)
  if (!isUpload(request)) {
    reply.callNotFound()
    return reply
  }
  return postObject(gateway.uploads, request, reply)
}

const run = async (gateway: Gateway, statement: Statement, reply: FastifyReply): Promise<FastifyReply> => {
  const { request } = reply
  const action = chooseAction(statement, request)
  request.callNotes = { protocol: 'alibaba', operation: action.name }
  const call = await open(gateway, statement, action.name, request)
  await gateway.limit(request, reply)
  throttle(gateway, call, action.name)
  const pictures = action.picturesOf?.(statement.parameters) ?? action.pictures
  if (pictures > 0) gateway.admission.admit(request, reply, pictures)
  const result = await action.run(gateway, call)
  return reply.type(JSON_TYPE).send(JSON.stringify(toSuccess(request.id, result)))
}

const chooseAction = ({ action: name, version }: Statement, { hostRegion }: FastifyRequest) => {
  if (hostRegion === NO_REGION) throw new GatewayError('InvalidProduct.NotFound')
  const action = findAction(name)
  if (!action) throw new GatewayError('InvalidAction.NotFound')
  if (!version) throw new GatewayError('MissingVersion')
  if (version !== action.version) throw new GatewayError('InvalidVersion')
  return action
}

/** Keys work in every region: the host decides, else the region that the key was made for. */
const open = async (gateway: Gateway, statement: Statement, action: string, request: FastifyRequest): Promise<Call> => {
  const core = gateway.context()
  const credential = await authenticate(gateway, statement, action)
  request.credential = credential
  const principal = principalOf(credential, request.id)
  request.principal = { ...principal, regionId: request.hostRegion ?? principal.regionId }
  return { core, principal: request.principal, parameters: statement.parameters, request }
}

/** All pairs of a tenant together, its sub-users among them. */
const throttle = ({ throttle }: Gateway, { principal }: Call, action: string): void => {
  const { isAllowed, retryAfterMs } = throttle.take(JSON.stringify([principal.tenantId, action]))
  if (!isAllowed) throw new GatewayError('Throttling.Api', undefined, { retryAfterMs })
}
