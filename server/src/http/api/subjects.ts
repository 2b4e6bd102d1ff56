// Native API, resource "subjects": list, read, change, delete.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { deleteSubject, listSubjects, readSubject, updateSubject } from '../../core/subjects.ts'
import { versionOf } from '../../core/versions.ts'
import { ChangeHeaders, hasSeen, NotModified, ReadHeaders, readIfMatch, setETag } from '../preconditions.ts'
import { answerErasure, ERASURE_RESPONSES, ReceiptQuery } from '../receipts.ts'
import { FILTER_HELP, FilteredPageQuery, readFilter } from './metadata-filter.ts'
import { describe, type NativeDeps } from './native.ts'
import {
  FaceBody,
  GalleryPath,
  Metadata,
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
        'read',
        'Subjects',
        'List the subjects',
        {
          description: `Needs a key with the scope "read". ${FILTER_HELP}`,
          params: GalleryPath,
          querystring: FilteredPageQuery,
          response: { 200: pageOf(SubjectBody) },
        },
        'request_invalid',
        'gallery_not_found',
      ),
    },
    async request => {
      const { gallery } = request.params
      const filter = readFilter(request.query)
      const page = await listSubjects(context(), request.principal, gallery, toPageRequest(request.query), filter)
      return { items: page.items.map(subject => toSubjectBody(gallery, subject)), nextCursor: page.nextCursor }
    },
  )
  app.get(
    '/galleries/:gallery/subjects/:subject',
    {
      schema: describe(
        'readSubject',
        'read',
        'Subjects',
        'Read a subject and its faces',
        { params: SubjectPath, headers: ReadHeaders, response: { 200: SubjectWithFaces, 304: NotModified } },
        'request_invalid',
        'gallery_not_found',
        'subject_not_found',
      ),
    },
    async (request, reply) => {
      const { gallery: galleryId, subject: subjectId } = request.params
      const { gallery, subject, faces } = await readSubject(context(), request.principal, galleryId, subjectId)
      const version = versionOf(subject)
      setETag(reply, version)
      if (hasSeen(request, version)) return reply.code(304).send()
      const body = { ...toSubjectBody(gallery.id, subject), faces: faces.map(face => toFaceBody(gallery, face)) }
      return reply.code(200).send(body)
    },
  )
  app.patch(
    '/galleries/:gallery/subjects/:subject',
    {
      schema: describe(
        'updateSubject',
        'enrol',
        'Subjects',
        'Replace the metadata',
        { params: SubjectPath, headers: ChangeHeaders, body: SubjectChange, response: { 200: SubjectBody } },
        'request_invalid',
        'gallery_not_found',
        'subject_not_found',
        'precondition_failed',
      ),
    },
    async (request, reply) => {
      const { params, body, principal } = request
      const { gallery, subject: id } = params
      const subject = await updateSubject(context(), principal, gallery, id, body.metadata, readIfMatch(request))
      setETag(reply, versionOf(subject))
      return toSubjectBody(gallery, subject)
    },
  )
  app.delete(
    '/galleries/:gallery/subjects/:subject',
    {
      schema: describe(
        'deleteSubject',
        'enrol',
        'Subjects',
        'Erase a subject with all faces',
        { params: SubjectPath, querystring: ReceiptQuery, headers: ChangeHeaders, response: ERASURE_RESPONSES },
        'request_invalid',
        'gallery_not_found',
        'subject_not_found',
        'precondition_failed',
      ),
    },
    async (request, reply) => {
      const core = context()
      const { gallery, subject } = request.params
      const version = readIfMatch(request)
      return answerErasure(core, request, reply, () =>
        deleteSubject(core, request.principal, gallery, subject, version),
      )
    },
  )
  done()
}
