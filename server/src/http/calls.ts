// Hands every call of a known caller to the log of calls when it is answered. Calls without a valid credential belong to
// nobody and are not logged, so that strangers cannot fill the disk.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Call, type CallLog, isAccepted } from '../core/call-log.ts'
import type { CallFacts, Clock, Pricing } from '../core/ports.ts'
import type { Protocol } from '../core/types.ts'

/** What a handler knows of its call that neither path nor body says. */
export interface CallNotes {
  readonly protocol?: Protocol
  /** Where it is not the route's operationId. */
  readonly operation?: string
  readonly galleryId?: string
  readonly subjectId?: string
  /** Where the answer's own words differ from an error of the catalogue. One of a few words: it is counted by. */
  readonly outcome?: string
  /** Where the protocol says of each answer whether it is charged. */
  readonly pricing?: Pricing
  /** Outlive an erasure, so they must not tell about whom the call was. */
  readonly facts?: CallFacts
  /** Carried out although the outcome is not "ok": quotas count it. */
  readonly isAccepted?: boolean
  /** Quotas count the call's parts and not the call itself. */
  readonly countsParts?: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    callNotes?: CallNotes
  }
}

export interface CallHookDeps {
  readonly calls: CallLog
  readonly clock: Clock
}

/** The outcome of a call whose caller hung up before its work was done. */
const ABANDONED = 'abandoned'

export const recordCalls = (app: FastifyInstance, { calls, clock }: CallHookDeps): void => {
  const recorded = new WeakSet<FastifyRequest>()
  const record = (request: FastifyRequest, reply: FastifyReply): void => {
    if (recorded.has(request)) return
    recorded.add(request)
    if (!request.principal) return
    const call = describeCall(request, reply, clock)
    const { isAccepted: isCarriedOut = isAccepted(call), countsParts } = request.callNotes ?? {}
    const isCounted = isCarriedOut && !countsParts
    calls.record(call, isCounted)
    request.verdict?.settle(isCounted)
  }
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-transaction-id', request.id)
  })
  app.addHook('onSend', async (request, reply) => {
    // A caller who has hung up, or does so while the answer is sent, gets no response that could be waited for.
    if (reply.raw.destroyed) record(request, reply)
    else reply.raw.once('close', () => record(request, reply))
  })
  app.addHook('onResponse', async (request, reply) => record(request, reply))
}

const describeCall = (request: FastifyRequest, reply: FastifyReply, clock: Clock): Call => {
  const { principal, callNotes: notes = {}, outcome } = request
  const { gallery, subject } = (request.params ?? {}) as Record<string, unknown>
  const isAbandoned = outcome === 'internal' && request.signal.aborted
  return {
    id: request.id,
    at: new Date(clock.now().getTime() - reply.elapsedTime),
    tenantId: principal.tenantId,
    regionId: principal.regionId,
    credentialId: principal.credentialId,
    protocol: notes.protocol ?? 'native',
    operation: operationOf(request),
    galleryId: toLoggedId(notes.galleryId ?? gallery),
    subjectId: toLoggedId(notes.subjectId ?? subject ?? subjectInBody(request)),
    status: reply.statusCode,
    outcome: isAbandoned ? ABANDONED : (notes.outcome ?? outcome),
    durationMs: Math.round(reply.elapsedTime * 10) / 10,
    facts: notes.facts ?? null,
    pricing: notes.pricing,
  }
}

/** The operation's name in the API. */
export const operationOf = ({ callNotes, routeOptions }: FastifyRequest): string =>
  callNotes?.operation ?? (routeOptions.schema as { operationId?: string } | undefined)?.operationId ?? 'unknown'

const subjectInBody = ({ body }: FastifyRequest): unknown =>
  typeof body === 'object' && body !== null && 'subjectId' in body ? body.subjectId : undefined

const MAX_LOGGED_CHARACTERS = 256

/** A refused call may carry anything for an id; what no id can be is left out, and some databases would not take it. */
const toLoggedId = (id: unknown): string | null => {
  if (typeof id !== 'string' || id === '' || id.length > MAX_LOGGED_CHARACTERS) return null
  return /\p{Cc}/u.test(id) || !id.isWellFormed() ? null : id
}
