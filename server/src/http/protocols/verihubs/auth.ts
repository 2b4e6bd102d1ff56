// Who is calling: the headers App-ID and API-Key → the application, and what its calls are bound to.
import type { FastifyRequest } from 'fastify'
import { findCredential, matchesSecret } from '../../../core/credentials.ts'
import { type ProtocolDeps, principalOf } from '../guards.ts'
import { Refusal } from './errors.ts'

/** An onRequest hook. Unknown, revoked and suspended ones, and those of another region, are all the same to who calls. */
export const requireApplication =
  (deps: Pick<ProtocolDeps, 'control' | 'clock'>) =>
  async (request: FastifyRequest): Promise<void> => {
    const { 'app-id': appId, 'api-key': apiKey } = request.headers
    if (typeof appId !== 'string' || typeof apiKey !== 'string') throw new Refusal('UNAUTHORIZED')
    const found = await findCredential(deps, 'verihubs', appId)
    if (found?.status !== 'active' || !matchesSecret(found, apiKey)) throw new Refusal('UNAUTHORIZED')
    if (request.hostRegion !== null && request.hostRegion !== found.regionId) throw new Refusal('UNAUTHORIZED')
    request.credential = found
    request.principal = principalOf(found, request.id)
    request.callNotes = { protocol: 'verihubs', galleryId: galleryOf(found) }
  }

/** Where the application's subjects are. */
export const galleryOf = ({ galleryId, publicId }: FastifyRequest['credential']): string =>
  galleryId ?? `verihubs-${publicId}`
