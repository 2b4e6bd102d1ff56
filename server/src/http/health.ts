// Health: is the process alive, and can it serve? Open to everyone; says nothing about the data.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'

export interface Readiness {
  readonly ready: boolean
  /** What is still being loaded, or why not ready; one short sentence. */
  readonly state: string
}

export interface HealthDeps {
  readonly readiness: () => Promise<Readiness>
}

const LiveBody = z.object({ status: z.literal('live') })
const ReadyBody = z.object({ status: z.enum(['ready', 'starting', 'stopping']), state: z.string() })

export const healthRoutes: FastifyPluginCallbackZod<HealthDeps> = (app, { readiness }, done) => {
  app.get(
    '/health/live',
    { schema: { tags: ['Health'], summary: 'Is the process alive?', response: { 200: LiveBody } } },
    async () => ({
      status: 'live' as const,
    }),
  )
  app.get(
    '/health/ready',
    {
      schema: {
        tags: ['Health'],
        summary: 'Are packs and index loaded?',
        response: { 200: ReadyBody, 503: ReadyBody },
      },
    },
    async (_request, reply) => {
      if (app.isStopping()) return reply.code(503).send({ status: 'stopping', state: 'finishing what is in flight' })
      const { ready, state } = await readiness()
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'starting', state })
    },
  )
  done()
}
