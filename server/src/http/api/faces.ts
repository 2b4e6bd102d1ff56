// Native API, resource "faces": enrol, read, delete.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { enrol } from '../../core/enrol.ts'
import { deleteFace, readFace } from '../../core/subjects.ts'
import { readImages } from '../images.ts'
import { describe, IMAGE_ERRORS, type NativeDeps } from './native.ts'
import { FaceBody, FacePath, GalleryPath, Id, Image, Metadata, toFaceBody } from './schemas.ts'

const EnrolRequest = z
  .strictObject({
    image: Image,
    subjectId: Id.optional().meta({
      description: 'The person; made when absent. A face is added to a person who is there already.',
    }),
    metadata: Metadata.optional(),
  })
  .meta({ id: 'EnrolRequest' })

const EnrolResponse = z
  .object({
    face: FaceBody,
    subject: z.object({ id: Id, faceCount: z.int(), metadata: Metadata }),
    duplicates: z.array(z.object({ subjectId: Id, faceId: Id, similarity: z.number() })),
  })
  .meta({ id: 'EnrolResponse' })

export const facesApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context, limits }, done) => {
  app.post(
    '/galleries/:gallery/faces',
    {
      preValidation: readImages(['image'], limits),
      schema: describe(
        'enrolFace',
        'Faces',
        'Enrol the largest face of a picture',
        {
          consumes: ['application/json', 'multipart/form-data'],
          params: GalleryPath,
          body: EnrolRequest,
          response: { 201: EnrolResponse },
        },
        ...IMAGE_ERRORS,
        'face_not_detected',
        'gallery_not_found',
        'pack_mismatch',
      ),
    },
    async (request, reply) => {
      const { subjectId, metadata } = request.body
      const input = {
        galleryId: request.params.gallery,
        image: request.images.image,
        subjectId,
        metadata,
        signal: request.signal,
      }
      const { gallery, face, subject } = await enrol(context(), request.principal, input)
      return reply.code(201).send({
        face: toFaceBody(gallery, face),
        subject: { id: subject.id, faceCount: subject.faceCount, metadata: { ...subject.metadata } },
        duplicates: [],
      })
    },
  )
  app.get(
    '/galleries/:gallery/faces/:face',
    {
      schema: describe(
        'readFace',
        'Faces',
        'Read a face',
        { params: FacePath, response: { 200: FaceBody } },
        'gallery_not_found',
        'face_not_found',
      ),
    },
    async request => {
      const { gallery, face } = await readFace(
        context(),
        request.principal,
        request.params.gallery,
        request.params.face,
      )
      return toFaceBody(gallery, face)
    },
  )
  app.delete(
    '/galleries/:gallery/faces/:face',
    {
      schema: describe(
        'deleteFace',
        'Faces',
        'Delete a face',
        { params: FacePath, response: { 204: z.void() } },
        'gallery_not_found',
        'face_not_found',
      ),
    },
    async (request, reply) => {
      await deleteFace(context(), request.principal, request.params.gallery, request.params.face)
      return reply.code(204).send()
    },
  )
  done()
}
