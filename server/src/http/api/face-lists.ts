// Native API: the faces of a gallery and of a subject, page by page.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { listFaces, listFacesOfSubject } from '../../core/subjects.ts'
import type { Face, Gallery, Page } from '../../core/types.ts'
import { describe, type NativeDeps } from './native.ts'
import { FaceBody, GalleryPath, PageQuery, pageOf, SubjectPath, toFaceBody, toPageRequest } from './schemas.ts'

const toBody = ({ gallery, faces }: { gallery: Gallery; faces: Page<Face> }) => ({
  items: faces.items.map(face => toFaceBody(gallery, face)),
  nextCursor: faces.nextCursor,
})

export const faceListsApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context }, done) => {
  app.get(
    '/galleries/:gallery/faces',
    {
      schema: describe(
        'listFaces',
        'read',
        'Faces',
        'List the faces of a gallery in the order of their enrolment',
        { params: GalleryPath, querystring: PageQuery, response: { 200: pageOf(FaceBody) } },
        'request_invalid',
        'gallery_not_found',
      ),
    },
    async ({ params, query, principal }) =>
      toBody(await listFaces(context(), principal, params.gallery, toPageRequest(query))),
  )
  app.get(
    '/galleries/:gallery/subjects/:subject/faces',
    {
      schema: describe(
        'listFacesOfSubject',
        'read',
        'Faces',
        'List the faces of a subject in the order of their enrolment',
        { params: SubjectPath, querystring: PageQuery, response: { 200: pageOf(FaceBody) } },
        'request_invalid',
        'gallery_not_found',
        'subject_not_found',
      ),
    },
    async ({ params, query, principal }) => {
      const page = toPageRequest(query)
      return toBody(await listFacesOfSubject(context(), principal, params.gallery, params.subject, page))
    },
  )
  done()
}
