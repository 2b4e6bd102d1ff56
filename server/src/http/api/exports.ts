// Native API: everything that is kept of a person in one file, and the kept picture of a face. Both need the scope "admin":
// a key at a door may enrol and search, and must not be able to carry pictures and templates away.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type ExportedFace, exportSubject, readFacePicture, type SubjectExport } from '../../core/exports.ts'
import type { Gallery } from '../../core/types.ts'
import { streamObject } from '../json-stream.ts'
import { AuditBody, toAuditBody } from './audit.ts'
import { describe, type NativeDeps } from './native.ts'
import { FaceBody, FacePath, Instant, SubjectBody, SubjectPath, toFaceBody, toSubjectBody } from './schemas.ts'

const Switch = z.enum(['true', 'false'])
const ExportQuery = z.object({
  pictures: Switch.default('true').meta({ description: 'Whether the kept pictures are in it, as base64.' }),
  templates: Switch.default('false').meta({ description: 'Whether the templates are in it, as numbers.' }),
})

const ExportBody = z
  .object({
    subject: SubjectBody,
    exportedAt: Instant,
    transactionId: z.string(),
    faces: z.array(
      FaceBody.omit({ picture: true }).extend({
        picture: z.object({ mediaType: z.string(), bytes: z.int(), base64: z.string().optional() }).nullable(),
        template: z.array(z.number()).optional(),
      }),
    ),
    audit: z.array(AuditBody).meta({ description: 'What was done to the person, newest first; this export is in it.' }),
  })
  .meta({ id: 'SubjectExport' })

/** The picture as it was enrolled, in its own media type. */
const Download = { content: { 'image/*': { schema: z.any().meta({ type: 'string', format: 'binary' }) } } }

export const exportsApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context }, done) => {
  app.get(
    '/galleries/:gallery/subjects/:subject/export',
    {
      schema: describe(
        'exportSubject',
        'admin',
        'Subjects',
        'Export everything that is kept of a subject',
        { params: SubjectPath, querystring: ExportQuery, response: { 200: ExportBody } },
        'request_invalid',
        'gallery_not_found',
        'subject_not_found',
      ),
    },
    async (request, reply) => {
      const { gallery, subject } = request.params
      const options = { pictures: request.query.pictures === 'true', templates: request.query.templates === 'true' }
      const found = await exportSubject(context(), request.principal, gallery, subject, options)
      const stream = streamObject([
        ['subject', toSubjectBody(found.gallery.id, found.subject)],
        ['exportedAt', found.exportedAt.toISOString()],
        ['transactionId', request.principal.transactionId],
        ['faces', facesOf(found)],
        ['audit', auditOf(found)],
      ])
      return reply
        .type('application/json; charset=utf-8')
        .header('content-disposition', 'attachment; filename="subject.json"')
        .send(stream as never)
    },
  )
  app.get(
    '/galleries/:gallery/faces/:face/picture',
    {
      schema: describe(
        'readFacePicture',
        'admin',
        'Faces',
        'Download the kept picture of a face',
        { params: FacePath, response: { 200: Download } },
        'gallery_not_found',
        'face_not_found',
        'picture_not_kept',
      ),
    },
    async (request, reply) => {
      const { gallery, face } = request.params
      const { facts, bytes } = await readFacePicture(context(), request.principal, gallery, face)
      return reply
        .type(facts.mediaType)
        .header('content-disposition', 'attachment')
        .header('x-content-type-options', 'nosniff')
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    },
  )
  done()
}

async function* facesOf({ gallery, faces }: SubjectExport) {
  for await (const face of faces()) yield toExportedFace(gallery, face)
}

async function* auditOf({ audit }: SubjectExport) {
  for await (const entry of audit()) yield toAuditBody(entry)
}

const toExportedFace = (gallery: Gallery, { face, picture, template }: ExportedFace) => {
  const body = toFaceBody(gallery, face)
  const base64 = picture && Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength).toString('base64')
  return {
    ...body,
    picture: body.picture && { ...body.picture, ...(base64 !== null && { base64 }) },
    ...(template && { template: Array.from(template) }),
  }
}
