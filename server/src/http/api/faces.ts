// Native API, resource "faces": enrol, read, delete.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Enrolment } from '../../core/enrol.ts'
import { enrolCaptured } from '../../core/enrol-captured.ts'
import { deleteFace, readFace } from '../../core/subjects.ts'
import { takeImages } from '../images.ts'
import { answerErasure, ERASURE_RESPONSES, ReceiptQuery } from '../receipts.ts'
import { ASSESSMENT_ERRORS, Assess, Assessment, toAssessment, toWarnings, Warnings } from './assessments.ts'
import { CAPTURED_IMAGE, CaptureResult } from './capture-results.ts'
import { describe, IMAGE_ERRORS, type NativeDeps } from './native.ts'
import { FaceBody, FacePath, GalleryPath, Id, Image, Metadata, Similarity, toFaceBody } from './schemas.ts'

const EnrolRequest = z
  .strictObject({
    image: Image.optional().meta({ description: CAPTURED_IMAGE }),
    captureResult: CaptureResult,
    subjectId: Id.optional().meta({
      description:
        "The person; made when absent. The gallery's policy says what happens when the person is there already.",
    }),
    metadata: Metadata.optional(),
    assess: Assess,
  })
  .meta({ id: 'EnrolRequest' })

export const EnrolResponse = z
  .object({
    face: FaceBody,
    subject: z.object({ id: Id, faceCount: z.int(), metadata: Metadata }),
    duplicates: z.array(z.object({ subjectId: Id, faceId: Id, similarity: Similarity })).meta({
      description: "Other people with this face, the likest first; looked for when the gallery's policy is to warn.",
    }),
    warnings: Warnings,
    assessment: Assessment.optional(),
  })
  .meta({ id: 'EnrolResponse' })

export const toEnrolBody = (enrolment: Enrolment): z.infer<typeof EnrolResponse> => {
  const { gallery, face, subject, duplicates, warnings, detected } = enrolment
  return {
    face: toFaceBody(gallery, face),
    subject: { id: subject.id, faceCount: subject.faceCount, metadata: { ...subject.metadata } },
    duplicates: duplicates.map(duplicate => ({ ...duplicate })),
    warnings: toWarnings(warnings),
    assessment: (detected && toAssessment(detected)) ?? undefined,
  }
}

export const facesApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context, ...images }, done) => {
  app.post(
    '/galleries/:gallery/faces',
    {
      ...takeImages(['image'], images, { unless: 'captureResult' }),
      schema: describe(
        'enrolFace',
        'enrol',
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
        'several_faces',
        ...ASSESSMENT_ERRORS,
        'gallery_not_found',
        'pack_mismatch',
        'subject_exists',
        'subject_full',
        'duplicate_face',
        'session_result_required',
        'session_result_invalid',
      ),
    },
    async (request, reply) => {
      const { subjectId, metadata, assess, captureResult } = request.body
      const input = {
        galleryId: request.params.gallery,
        image: request.images.image,
        captureResult,
        subjectId,
        metadata,
        assess,
        faceId: request.callId,
        signal: request.signal,
      }
      const enrolment = await enrolCaptured(context(), request.principal, input)
      request.callNotes = { subjectId: enrolment.subject.id }
      return reply.code(201).send(toEnrolBody(enrolment))
    },
  )
  app.get(
    '/galleries/:gallery/faces/:face',
    {
      schema: describe(
        'readFace',
        'read',
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
        'enrol',
        'Faces',
        'Delete a face',
        { params: FacePath, querystring: ReceiptQuery, response: ERASURE_RESPONSES },
        'gallery_not_found',
        'face_not_found',
      ),
    },
    async (request, reply) => {
      const core = context()
      const { gallery, face } = request.params
      return answerErasure(core, request, reply, () => deleteFace(core, request.principal, gallery, face))
    },
  )
  done()
}
