// Native API, resource "subjects": list, read, change, delete.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { deleteSubject, listSubjects, readSubject, updateSubject } from '../../core/subjects.ts'
import { describe, type NativeDeps } from './native.ts'
import {
  FaceBody,
  GalleryPath,
  Metadata,
  PageQuery,
  pageOf,
  SubjectBody,
  SubjectPath,
  toFaceBody,
  toPageRequest,
  toSubjectBody,
} from './schemas.ts'

const SubjectChange = z.strictObject({ metadata: Metadata }).meta({ id: 'SubjectChange' })
const SubjectWithFaces = SubjectBody.extend({ faces: z.array(FaceBody) }).meta({ id: 'SubjectWithFaces' })

export const subjectsApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context }, done) => {
  app.get(
    '/galleries/:gallery/subjects',
    {
      schema: describe(
        'listSubjects',
        'Subjects',
        'List the subjects',
        { params: GalleryPath, querystring: PageQuery, response: { 200: pageOf(SubjectBody) } },
        'request_invalid',
        'gallery_not_found',
      ),
    },
    async request => {
      const { gallery } = request.params
      const page = await listSubjects(context(), request.principal, gallery, toPageRequest(request.query))
      return { items: page.items.map(subject => toSubjectBody(gallery, subject)), nextCursor: page.nextCursor }
    },
  )
  app.get(
    '/galleries/:gallery/subjects/:subject',
    {
      schema: describe(
        'readSubject',
        'Subjects',
        'Read a subject and its faces',
        { params: SubjectPath, response: { 200: SubjectWithFaces } },
        'gallery_not_found',
        'subject_not_found',
      ),
    },
    async request => {
      const found = await readSubject(context(), request.principal, request.params.gallery, request.params.subject)
      return {
        ...toSubjectBody(found.gallery.id, found.subject),
        faces: found.faces.map(face => toFaceBody(found.gallery, face)),
      }
    },
  )
  app.patch(
    '/galleries/:gallery/subjects/:subject',
    {
      schema: describe(
        'updateSubject',
        'Subjects',
        'Replace the metadata',
        { params: SubjectPath, body: SubjectChange, response: { 200: SubjectBody } },
        'request_invalid',
        'gallery_not_found',
        'subject_not_found',
      ),
    },
    async request => {
      const { gallery, subject } = request.params
      return toSubjectBody(
        gallery,
        await updateSubject(context(), request.principal, gallery, subject, request.body.metadata),
      )
    },
  )
  app.delete(
    '/galleries/:gallery/subjects/:subject',
    {
      schema: describe(
        'deleteSubject',
        'Subjects',
        'Erase a subject with all faces',
        { params: SubjectPath, response: { 204: z.void() } },
        'gallery_not_found',
        'subject_not_found',
      ),
    },
    async (request, reply) => {
      await deleteSubject(context(), request.principal, request.params.gallery, request.params.subject)
      return reply.code(204).send()
    },
  )
  done()
}
