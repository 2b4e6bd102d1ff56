// The header Idempotency-Key: hooks that answer a repeated call as the first one was answered. Which calls are the same is
// decided in core/idempotency.ts.
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { canonicalJson } from '../core/canonical-json.ts'
import type { Context } from '../core/context.ts'
import { checkIdempotencyKey, type Idempotency, type KeptAnswer } from '../core/idempotency.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a call with an idempotency key: the same for every try of it. */
    callId: string | undefined
  }
  interface FastifyContextConfig {
    /** The body is read while the answer is written, for as long as it takes: the route sees to keys and deadlines itself. */
    takesStream?: boolean
  }
}

const HEADER = 'idempotency-key'
const METHODS: ReadonlySet<string> = new Set(['POST', 'PATCH', 'DELETE'])
/** Headers that belong to the answer and not to its way. */
const KEPT_HEADERS = ['content-type', 'content-disposition', 'etag', 'location']
/** Refusals that a moment later may be none. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 429])
const PASSING_CODES = /"code":"(?:image_url_(?:unreachable|timeout|status|truncated)|region_unavailable)"/

export interface IdempotencyDeps {
  /** @throws AppError not_ready */
  readonly context: () => Context
  readonly idempotency: Idempotency
}

/** To be called after the hooks that authenticate, on the plugin whose routes it is for. */
export const answerOnce = (app: FastifyInstance, { context, idempotency }: IdempotencyDeps): void => {
  app.decorateRequest('callId', undefined)

  app.addHook('onRequest', async request => {
    const key = keyOf(request)
    if (key !== undefined) checkIdempotencyKey(key)
  })

  // By now bodies are read and validated, and nothing is fetched or done yet.
  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request)
    if (key === undefined || request.routeOptions.config.takesStream) return
    const begun = await idempotency.begin(context(), request.principal, {
      key,
      method: request.method,
      route: request.routeOptions.url ?? '',
      path: pathOf(request),
      requestHash: hashRequest(request),
    })
    if (begun.outcome === 'kept') return replay(reply, begun.answer)
    request.callId = begun.id
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const id = request.callId
    if (id === undefined) return
    // Should the keeping fail, the error is answered, and is not to be kept.
    request.callId = undefined
    const answer = toAnswer(reply, payload)
    const core = context()
    if (answer === null || answer.body.length > core.limits.maxKeptAnswerBytes || isPassing(answer))
      return idempotency.release(core, id)
    const { gallery = null } = request.params as { gallery?: string }
    await idempotency.keep(core, request.principal, { id, galleryId: gallery, answer }).catch(async error => {
      await idempotency.release(core, id)
      throw error
    })
  })
}

export const keyOf = ({ method, headers }: FastifyRequest): string | undefined => {
  const value = headers[HEADER]
  return METHODS.has(method) ? (Array.isArray(value) ? value.join(', ') : value) : undefined
}

export const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? ''

/**
 * SHA-256 over method, address and what the body says: the order of JSON fields and how a form is written make no
 * difference, and a picture is its bytes however they were sent, or its URL.
 */
const hashRequest = (request: FastifyRequest): Uint8Array => {
  const { method, url, body, images = {}, imageUrls = {} } = request
  const hash = createHash('sha256')
  hash.update(JSON.stringify([method, url, canonicalJson(body ?? null), canonicalJson(imageUrls)]))
  for (const name of Object.keys(images).sort()) {
    const bytes = images[name] ?? new Uint8Array()
    hash.update(JSON.stringify([name, bytes.length])).update(bytes)
  }
  return hash.digest()
}

const replay = (reply: FastifyReply, { status, headers, body }: KeptAnswer): FastifyReply => {
  reply.code(status).headers(headers).header('idempotency-replayed', 'true')
  return reply.send(status === 204 ? undefined : body)
}

/** Null for what cannot be kept, a stream. */
const toAnswer = (reply: FastifyReply, payload: unknown): KeptAnswer | null => {
  const isText = payload === undefined || payload === null || typeof payload === 'string'
  if (!isText && !Buffer.isBuffer(payload)) return null
  const headers = KEPT_HEADERS.flatMap(name => {
    const value = reply.getHeader(name)
    return value === undefined ? [] : [[name, String(value)]]
  })
  return { status: reply.statusCode, headers: Object.fromEntries(headers), body: payload?.toString() ?? '' }
}

const isPassing = ({ status, headers, body }: KeptAnswer): boolean =>
  status >= 500 ||
  PASSING_STATUSES.has(status) ||
  ((headers['content-type'] ?? '').includes('problem') && PASSING_CODES.test(body))
