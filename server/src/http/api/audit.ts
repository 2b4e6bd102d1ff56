// Native API: the audit trail of the key's tenant.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { listAudit } from '../../core/audit.ts'
import type { AuditEntry } from '../../core/ports.ts'
import { describe, type NativeDeps } from './native.ts'
import { Id, Instant, PageQuery, PeriodQuery, pageOf, toPageRequest, toPeriod } from './schemas.ts'

const AuditQuery = PageQuery.extend(PeriodQuery.shape).extend({
  actor: Id.optional().meta({ description: 'Id of a credential, or "operator".' }),
  action: Id.optional().meta({ description: 'What was done to what, e.g. "face.enrol" or "subject.erase".' }),
  gallery: Id.optional(),
  subject: Id.optional().meta({ description: 'Needs "gallery". Answers for people who were erased, too.' }),
})

export const AuditBody = z
  .object({
    id: z.string(),
    at: Instant,
    regionId: z.string().nullable(),
    actor: z.string(),
    action: z.string(),
    galleryId: z.string().nullable(),
    subjectHash: z.string().nullable().meta({
      description: 'Stands for the subject: the same for the same person, and nobody can read the id from it.',
    }),
    faceId: z.string().nullable(),
    target: z.string().nullable().meta({ description: 'The tenant, credential or capture session that it is about.' }),
    transactionId: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry', description: 'One change.' })

export const toAuditBody = ({ tenantId: _, at, ...rest }: AuditEntry): z.infer<typeof AuditBody> => ({
  ...rest,
  at: at.toISOString(),
})

export const auditApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context }, done) => {
  app.get(
    '/audit',
    {
      schema: describe(
        'listAudit',
        'admin',
        'Records',
        'List the changes, newest first',
        { querystring: AuditQuery, response: { 200: pageOf(AuditBody) } },
        'request_invalid',
      ),
    },
    async request => {
      const { actor, action, gallery: galleryId, subject: subjectId } = request.query
      const question = { ...toPeriod(request.query), actor, action, galleryId, subjectId }
      const { control, vault } = context()
      const asked = { control, vault: async () => vault }
      const page = await listAudit(asked, request.principal, question, toPageRequest(request.query))
      return { items: page.items.map(toAuditBody), nextCursor: page.nextCursor }
    },
  )
  done()
}
