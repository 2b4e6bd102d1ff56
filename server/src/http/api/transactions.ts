// Native API: the log of the tenant's calls.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Transaction } from '../../core/ports.ts'
import { listTransactions, readTransaction } from '../../core/transactions.ts'
import { PROTOCOLS } from '../../core/types.ts'
import { describe, type NativeDeps } from './native.ts'
import { Id, Instant, PageQuery, PeriodQuery, pageOf, toPageRequest, toPeriod } from './schemas.ts'

const TransactionQuery = PageQuery.extend(PeriodQuery.shape).extend({
  operation: Id.optional().meta({
    description: 'An operationId of this document, or an operation of another protocol.',
  }),
  outcome: Id.optional().meta({ description: '"ok", or the code of an error.' }),
  gallery: Id.optional(),
  subject: Id.optional().meta({ description: 'Needs "gallery". Answers for people who were erased, too.' }),
})
const TransactionPath = z.object({ transaction: Id })

const TransactionBody = z
  .object({
    id: z.string(),
    at: Instant,
    regionId: z.string(),
    credentialId: z.string(),
    protocol: z.enum(PROTOCOLS),
    operation: z.string(),
    galleryId: z.string().nullable(),
    subjectHash: z.string().nullable().meta({
      description: 'Stands for the subject, as in the audit trail; nobody can read the id from it.',
    }),
    status: z.int(),
    outcome: z.string().meta({ description: '"ok", the code of the error, or "abandoned": the caller hung up.' }),
    durationMs: z.number(),
    facts: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'Transaction', description: 'One call, without pictures, templates and scores.' })

const toBody = ({ tenantId: _, at, facts, ...rest }: Transaction): z.infer<typeof TransactionBody> => ({
  ...rest,
  at: at.toISOString(),
  facts: facts && { ...facts },
})

export const transactionsApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context }, done) => {
  app.get(
    '/transactions',
    {
      schema: describe(
        'listTransactions',
        'admin',
        'Records',
        'List the calls, newest first',
        { querystring: TransactionQuery, response: { 200: pageOf(TransactionBody) } },
        'request_invalid',
      ),
    },
    async request => {
      const { operation, outcome, gallery: galleryId, subject: subjectId } = request.query
      const question = { ...toPeriod(request.query), operation, outcome, galleryId, subjectId }
      const page = await listTransactions(context(), request.principal, question, toPageRequest(request.query))
      return { items: page.items.map(toBody), nextCursor: page.nextCursor }
    },
  )
  app.get(
    '/transactions/:transaction',
    {
      schema: describe(
        'readTransaction',
        'admin',
        'Records',
        'Read a call by its transaction id',
        { params: TransactionPath, response: { 200: TransactionBody } },
        'transaction_not_found',
      ),
    },
    async request => toBody(await readTransaction(context(), request.principal, request.params.transaction)),
  )
  done()
}
