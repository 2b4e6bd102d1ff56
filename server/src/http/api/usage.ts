// Native API: how often the tenant called what, and how it ended.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { listUsage } from '../../core/transactions.ts'
import { describe, type NativeDeps } from './native.ts'
import { Id, PageQuery, pageOf, toPageRequest } from './schemas.ts'

const Day = z.iso.date('must be a day, YYYY-MM-DD')

const UsageQuery = PageQuery.extend({
  from: Day.optional().meta({ description: 'First day, UTC.' }),
  to: Day.optional().meta({ description: 'Last day, UTC.' }),
  operation: Id.optional(),
})

const UsageBody = z
  .object({
    day: z.string().meta({ format: 'date', description: 'UTC' }),
    regionId: z.string(),
    operation: z.string(),
    outcome: z.string().meta({ description: '"ok", the code of the error, or "abandoned": the caller hung up.' }),
    pricing: z
      .enum(['FREE', 'PAY'])
      .optional()
      .meta({ description: 'Whether the calls were charged, where their protocol says so of each answer.' }),
    count: z.int(),
  })
  .meta({ id: 'UsageCount', description: 'Calls of one operation on one day that ended in one way.' })

export const usageApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context }, done) => {
  app.get(
    '/usage',
    {
      schema: describe(
        'listUsage',
        'admin',
        'Records',
        'List the counts of calls by day, region, operation, outcome and price',
        { querystring: UsageQuery, response: { 200: pageOf(UsageBody) } },
        'request_invalid',
      ),
    },
    async request => {
      const { from = null, to = null, operation } = request.query
      const page = await listUsage(context(), request.principal, { from, to, operation }, toPageRequest(request.query))
      return {
        items: page.items.map(({ tenantId: _, ...count }) => count),
        nextCursor: page.nextCursor,
      }
    },
  )
  done()
}
