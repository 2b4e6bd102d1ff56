// The vendor's operations, each to its use case. Hooks of auth and of pictures have run before a handler does.
import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { ProtocolDeps } from '../guards.ts'
import { fail, succeed } from './answers.ts'
import { galleryOf } from './auth.ts'
import { describe } from './document.ts'
import { Refusal } from './errors.ts'
import { FAIL_ON_SIMILARITY } from './fail-on.ts'
import { LIVE } from './live.ts'
import { toResults } from './map.ts'
import type { Caller, Operations, PictureCall } from './operations.ts'
import { takePictures } from './pictures.ts'
import { SANDBOX } from './sandbox.ts'
import {
  CompareAnswer,
  CompareBody,
  DeleteAnswer,
  DeleteBody,
  DeleteQuery,
  EnrollAnswer,
  EnrollBody,
  LivenessAnswer,
  LivenessBody,
  limitOf,
  SearchAnswer,
  SearchBody,
  thresholdOf,
  VerifyAnswer,
  VerifyBody,
} from './wire.ts'

const operationsOf = ({ credential }: FastifyRequest): Operations => (credential.mode === 'sandbox' ? SANDBOX : LIVE)

export const addRoutes = (plain: FastifyInstance, deps: ProtocolDeps): void => {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  const callerOf = ({ principal, credential, signal }: FastifyRequest): Caller => ({
    core: deps.context(),
    principal,
    galleryId: galleryOf(credential),
    signal,
  })
  const callOf = (request: FastifyRequest): PictureCall => ({
    ...callerOf(request),
    flags: request.flags,
    images: request.images,
    scenarios: request.scenarios,
  })
  const note = (request: FastifyRequest, subjectId: string): void => {
    request.callNotes = { ...request.callNotes, subjectId }
  }

  app.post(
    '/enroll',
    {
      ...takePictures({ fields: ['image'], product: 'ENROLL' }, deps),
      schema: describe('verihubsEnroll', 'Store a face, or replace that of a subject', EnrollBody, EnrollAnswer),
    },
    async request => {
      const subjectId = request.body.subject_id ?? randomUUID()
      note(request, subjectId)
      const seen = await operationsOf(request).enroll(callOf(request), subjectId)
      return succeed(request, deps.clock, { subject_id: subjectId, ...toResults(seen) })
    },
  )

  app.delete(
    '/enroll',
    {
      async preValidation(request) {
        const body = request.body as { subject_id?: unknown } | null | undefined
        const id = (request.query as { subject_id?: unknown }).subject_id ?? body?.subject_id
        request.body = { subject_id: id } as never
      },
      schema: {
        ...describe('verihubsDelete', 'Erase a subject; its id in the query or the body', DeleteBody, DeleteAnswer),
        querystring: DeleteQuery,
      },
    },
    async request => {
      const { subject_id: id } = request.body
      if (id === undefined) throw new Refusal('MISSING_PAYLOAD_SUBJECT_ID')
      note(request, id)
      await operationsOf(request).remove(callerOf(request), id)
      return { ...succeed(request, deps.clock, {}), message: `Subject id ${id} successfully deleted` }
    },
  )

  app.post(
    '/verify',
    {
      ...takePictures(
        {
          fields: ['image'],
          product: 'VERIFY',
          subject: async request => {
            const { subject_id: id } = request.body as { subject_id: string }
            await operationsOf(request).requireSubject(callerOf(request), id)
          },
        },
        deps,
      ),
      schema: describe('verihubsVerify', 'Whether the face is that of a subject (1:1)', VerifyBody, VerifyAnswer),
    },
    async request => {
      const { subject_id: subjectId } = request.body
      note(request, subjectId)
      const wanted = { subjectId, threshold: thresholdOf(request.body) }
      const { seen, match } = await operationsOf(request).verify(callOf(request), wanted)
      const fields = { subject_id: subjectId, similarity_status: match, ...toResults(seen) }
      return match ? succeed(request, deps.clock, fields) : fail(request, deps.clock, FAIL_ON_SIMILARITY, fields)
    },
  )

  app.post(
    '/search',
    {
      ...takePictures({ fields: ['image'], product: 'SEARCH' }, deps),
      schema: describe('verihubsSearch', "Who of the application's subjects it is (1:N)", SearchBody, SearchAnswer),
    },
    async request => {
      const { body } = request
      const wanted = { limit: limitOf(body), threshold: thresholdOf(body), returnImage: body.return_image ?? false }
      const { seen, matches } = await operationsOf(request).search(callOf(request), wanted)
      const found = matches.map(({ subjectId, image }) => ({
        subject_id: subjectId,
        similarity_status: true,
        image: image && Buffer.from(image).toString('base64'),
      }))
      return succeed(request, deps.clock, { matches: found, ...toResults(seen) })
    },
  )

  app.post(
    '/compare',
    {
      ...takePictures({ fields: ['image_1', 'image_2'], product: 'COMPARE' }, deps),
      schema: describe('verihubsCompare', 'Whether two pictures are of one person', CompareBody, CompareAnswer),
    },
    async request => {
      const wanted = { threshold: thresholdOf(request.body) }
      const { seen, match } = await operationsOf(request).compare(callOf(request), wanted)
      const [image_1, image_2] = seen.map(toResults)
      const fields = { similarity_status: match, image_1, image_2 }
      return match ? succeed(request, deps.clock, fields) : fail(request, deps.clock, FAIL_ON_SIMILARITY, fields)
    },
  )

  app.post(
    '/liveness',
    {
      ...takePictures({ fields: ['image'], product: 'LIVENESS', flags: { liveness: true } }, deps),
      schema: describe('verihubsLiveness', 'Whether a live person was photographed', LivenessBody, LivenessAnswer),
    },
    async request => {
      const seen = await operationsOf(request).liveness(callOf(request))
      return succeed(request, deps.clock, toResults(seen))
    },
  )
}
