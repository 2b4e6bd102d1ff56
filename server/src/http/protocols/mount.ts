// Where a protocol answers: under its own prefix on every host, and without it on the hosts that the regions file names, as
// clients expect that only change the host of their base URL. Knows no protocol.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../../errors.ts'
import { sendProblem } from '../errors.ts'
import { createHostTable, NO_REGION, type RegionHosts, type UnknownHosts } from './host-regions.ts'

export type { RegionHosts } from './host-regions.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The region that the request's host selects; null: the credential's. Of the protocols' routes only. */
    hostRegion: string | null
  }
}

export interface Mount {
  /** The prefix on every host, "/verihubs". */
  readonly prefix: string
  /** Where the vendor's own paths begin, "/v1/face". */
  readonly path: string
  readonly regions: readonly RegionHosts[]
  readonly unknownHosts?: UnknownHosts
  /** The protocol's own paths cannot be mistaken for others, so they answer without the prefix on every host. */
  readonly isBareEverywhere?: boolean
  /** Adds hooks, error handler and routes; called once for each place. Only the first is described by a document. */
  readonly add: (app: FastifyInstance, place: 'prefixed' | 'bare') => Promise<void>
}

export const mountProtocol = async (
  app: FastifyInstance,
  { prefix, path, regions, unknownHosts, isBareEverywhere, add }: Mount,
): Promise<void> => {
  const regionOf = createHostTable(regions, unknownHosts)
  const noteRegion = async (request: FastifyRequest): Promise<void> => {
    request.hostRegion = regionOf(request.hostname)
  }
  await app.register(
    async child => {
      child.addHook('onRequest', noteRegion)
      await add(child, 'prefixed')
    },
    { prefix: prefix + path },
  )
  if (!isBareEverywhere && regions.every(({ hosts }) => hosts.length === 0)) return
  await app.register(
    async child => {
      // The same operations once more: no document has them twice.
      child.addHook('onRoute', route => {
        route.config = { ...route.config, document: 'none' }
      })
      child.addHook('onRequest', noteRegion)
      child.addHook('onRequest', async (request, reply) => {
        if (isBareEverywhere || (request.hostRegion ?? NO_REGION) !== NO_REGION) return
        const sentence = `There is no ${request.method} ${request.url.split('?')[0]} on this host.`
        return sendProblem(new AppError('route_not_found', sentence), request, reply)
      })
      await add(child, 'bare')
    },
    { prefix: path },
  )
}
