// The vendor's operations of its hosted pages, each to what the core does for it.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { CaptureSession } from '../../../core/session-types.ts'
import { type AdvanceDeps, callerOf } from './caller.ts'
import type { RefusalName } from './codes.ts'
import { describe } from './document.ts'
import { succeed } from './envelope.ts'
import { Refusal } from './errors.ts'
import { galleryOf } from './face-authentication.ts'
import { findTransaction, H5_GALLERY, makeLink } from './h5-links.ts'
import type { Product } from './h5-map.ts'
import { clearTransaction, readResult } from './h5-results.ts'
import { enrollFailed, findSimilarUsers } from './h5-search.ts'
import * as wire from './h5-wire.ts'
import { nameNatively, requireServed } from './routes.ts'
import { NothingAnswer } from './wire.ts'

const tag = 'H5'

export const addH5Routes = (plain: FastifyInstance, deps: AdvanceDeps): void => {
  addLinkRoutes(plain, deps)
  addResultRoutes(plain, deps)
  addFaceSearchRoutes(plain, deps)
  addUnofferedRoutes(plain)
}

const LINKS = [
  ['/generate-url', 'advanceGenerateUrl', 'faceSearch', 'whose face is looked for and enrolled', wire.LinkBody],
  [
    '/generate-face-authentication-url',
    'advanceGenerateFaceAuthenticationUrl',
    'faceAuthentication',
    'that verifies an enrolled user',
    wire.LinkBody,
  ],
  [
    '/generate-liveness-detection-url',
    'advanceGenerateLivenessDetectionUrl',
    'liveness',
    'that asks for a living person and no more',
    wire.LivenessLinkBody,
  ],
] as const

const addLinkRoutes = (plain: FastifyInstance, deps: AdvanceDeps): void => {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  for (const [path, operationId, product, what, body] of LINKS)
    app.post(
      path,
      {
        config: { family: 'h5' },
        bodyLimit: deps.limits.advanceBodyBytes,
        schema: describe(operationId, {
          tag,
          summary: `The address of a capture page ${what}`,
          body,
          answer: wire.LinkAnswer,
        }),
      },
      async (request, reply) => succeed(request, await giveLink(deps, request, reply, product, request.body)),
    )
}

const giveLink = async (
  deps: AdvanceDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  product: Product,
  link: wire.Link,
): Promise<{ signatureId: string; url: string }> => {
  requireServed(deps, request, link.region)
  const { session, signatureId, token } = await makeLink(callerOf(deps, request), product, link, galleryOf(request))
  const { id, galleryId } = session
  nameNatively(reply, { session: id, ...(galleryId !== null && { gallery: galleryId, subject: link.userId }) })
  return { signatureId, url: deps.captureAddressOf(request, token) }
}

/** @throws Refusal of this name, where there is no such transaction */
const requireTransaction = async (
  deps: AdvanceDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  signatureId: string,
  missing: RefusalName,
): Promise<CaptureSession> => {
  const session = await findTransaction(callerOf(deps, request), signatureId)
  if (!session) throw new Refusal(missing)
  nameNatively(reply, { session: session.id })
  return session
}

const addResultRoutes = (plain: FastifyInstance, deps: AdvanceDeps): void => {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  app.post(
    '/get-result',
    {
      config: { family: 'h5Result' },
      schema: describe('advanceGetResult', {
        tag,
        summary: 'What became of a transaction, with addresses good for a day, or the pictures themselves',
        body: wire.ResultBody,
        answer: wire.ResultAnswer,
      }),
    },
    async (request, reply) => {
      const { signatureId, returnImageType = 'URL' } = request.body
      const session = await requireTransaction(deps, request, reply, signatureId, 'signatureMissing')
      return succeed(request, await readResult(callerOf(deps, request), session, returnImageType))
    },
  )
  app.post(
    '/clear-data',
    {
      config: { family: 'h5' },
      schema: describe('advanceClearData', {
        tag,
        summary: 'Delete what a transaction has of the person',
        querystring: wire.ClearQuery,
        answer: NothingAnswer,
      }),
    },
    async (request, reply) => {
      const { signatureId } = request.query
      const session = await requireTransaction(deps, request, reply, signatureId, 'signatureUnknown')
      await clearTransaction(callerOf(deps, request), session)
      return succeed(request)
    },
  )
}

const addFaceSearchRoutes = (plain: FastifyInstance, deps: AdvanceDeps): void => {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  app.post(
    '/face-search',
    {
      config: { family: 'h5' },
      schema: describe('advanceH5FaceSearch', {
        tag,
        summary: 'The users whom the face of a passed transaction resembles, the likest first',
        body: wire.SignatureBody,
        answer: wire.FaceSearchAnswer,
      }),
    },
    async (request, reply) => {
      const { signatureId } = request.body
      const session = await requireTransaction(deps, request, reply, signatureId, 'parameter')
      const users = await findSimilarUsers(callerOf(deps, request), session)
      return succeed(request, { signatureId, similarFaceUserIds: [...users], simliarFaceUserIds: [...users] })
    },
  )
  app.post(
    '/face-search-enroll',
    {
      config: { family: 'h5Enroll' },
      schema: describe('advanceH5FaceSearchEnroll', {
        tag,
        summary: 'Enrol the face of a failed transaction, so that others are found to resemble it',
        body: wire.SignatureBody,
        answer: wire.SignatureAnswer,
      }),
    },
    async (request, reply) => {
      const { signatureId } = request.body
      const session = await requireTransaction(deps, request, reply, signatureId, 'signatureMissing')
      const face = await enrollFailed(callerOf(deps, request), session)
      nameNatively(reply, { gallery: H5_GALLERY, subject: face.subjectId, face: face.id })
      return succeed(request, { signatureId })
    },
  )
}

/** The vendor's other products: they read documents and ask registers. */
const UNOFFERED = [
  ['/generate-ekyc-verification-url', 'advanceGenerateEkycVerificationUrl'],
  ['/generate-document-verification-url', 'advanceGenerateDocumentVerificationUrl'],
  ['/generate-non-document-verification-url', 'advanceGenerateNonDocumentVerificationUrl'],
  ['/api/document', 'advanceDocumentApi'],
  ['/api/idv', 'advanceIdvApi'],
  ['/api/address-verification/start-verification', 'advanceStartVerification'],
] as const

const addUnofferedRoutes = (app: FastifyInstance): void => {
  for (const [path, operationId] of UNOFFERED)
    app.post(
      path,
      {
        config: { family: 'h5' },
        // Its pictures need not be read to say no.
        onRequest: async () => {
          throw new Refusal('notOffered')
        },
        schema: describe(operationId, { tag, summary: 'Not offered', answer: NothingAnswer }),
      },
      async request => succeed(request),
    )
}
