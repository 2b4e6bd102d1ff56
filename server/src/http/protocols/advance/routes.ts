// The vendor's operations, each to what the core does for it. Who calls is known before a handler runs.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { alpha2Of } from '../../../core/country-codes.ts'
import { issueToken, type TokenKey } from './auth.ts'
import { type AdvanceDeps, callerOf, noteObject } from './caller.ts'
import { describe } from './document.ts'
import { succeed } from './envelope.ts'
import { Refusal } from './errors.ts'
import { deleteUser, enrollUser, galleryOf, linkPictures } from './face-authentication.ts'
import {
  addFace,
  deleteFaceReference,
  listFaceReferences,
  readFaceReference,
  searchFaces,
  updateFaceReference,
} from './face-search.ts'
import { createFaceSet, deleteFaceSet, listFaceSets, readFaceSet, updateFaceSet } from './face-sets.ts'
import { admitPicture, checkPicture, readForm, readFormOrJson, readTextPicture } from './pictures.ts'
import * as wire from './wire.ts'

/** Where each family's paths begin. */
export const TOKEN_PATH = '/ticket/v1'
export const FACE_AUTHENTICATION_PATH = '/identity-risk/idvs-h5/ekyc/v1'
export const FACE_SEARCH_PATH = '/face-search'

/** The native names of what a call made, as the vendor's answers have no place for them. */
export const nameNatively = (
  reply: FastifyReply,
  ids: Readonly<Partial<Record<'gallery' | 'subject' | 'face' | 'session', string>>>,
): void => {
  for (const [what, id] of Object.entries(ids)) reply.header(`x-likeness-${what}`, encodeURIComponent(id))
}

export const addTokenRoutes = (plain: FastifyInstance, deps: AdvanceDeps, key: TokenKey): void => {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  for (const [path, operationId] of [
    ['/generate-token', 'advanceGenerateToken'],
    ['/generate-access-token', 'advanceGenerateAccessToken'],
  ] as const)
    app.post(
      TOKEN_PATH + path,
      {
        config: { family: 'token' },
        bodyLimit: deps.limits.advanceTokenBodyBytes,
        schema: describe(operationId, {
          tag: 'Token',
          summary: 'A token for the other calls',
          body: wire.TokenBody,
          answer: wire.TokenAnswer,
        }),
      },
      async (request, reply) => succeed(request, await issueToken(deps, key, request, reply, request.body)),
    )
}

export const addFaceAuthenticationRoutes = (plain: FastifyInstance, deps: AdvanceDeps): void => {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  const family = 'faceAuthentication'
  const tag = 'Face Authentication'
  const note = (request: FastifyRequest, subjectId: string): string => {
    const galleryId = galleryOf(request)
    noteObject(request, galleryId, subjectId)
    return galleryId
  }
  const { config, ...admitted } = admitPicture(deps)
  app.post(
    '/face-authentication/enroll',
    {
      ...admitted,
      config: { ...config, family },
      schema: describe('advanceEnroll', {
        tag,
        summary: 'Enrol a face of a user; of more than five pictures the oldest give way',
        body: wire.EnrollBody,
        answer: wire.NothingAnswer,
      }),
    },
    async (request, reply) => {
      const { userId, region, faceImage } = request.body
      const galleryId = note(request, userId)
      requireServed(deps, request, region)
      const picture = await readTextPicture(deps, request, faceImage)
      const face = await enrollUser(callerOf(deps, request), galleryId, { userId, region, picture })
      nameNatively(reply, { gallery: galleryId, subject: userId, face: face.id })
      return succeed(request)
    },
  )
  app.post(
    '/face-authentication/get-enroll',
    {
      config: { family },
      schema: describe('advanceGetEnroll', {
        tag,
        summary: 'Addresses of the pictures of a user, good for an hour',
        body: wire.UserBody,
        answer: wire.EnrolledAnswer,
      }),
    },
    async request => {
      const { userId } = request.body
      const links = await linkPictures(callerOf(deps, request), note(request, userId), userId)
      return succeed(request, { userId, imageUrlList: [...links] })
    },
  )
  app.post(
    '/face-authentication/delete-enroll',
    {
      config: { family },
      schema: describe('advanceDeleteEnroll', {
        tag,
        summary: 'Erase a user',
        body: wire.UserBody,
        answer: wire.NothingAnswer,
      }),
    },
    async request => {
      const { userId } = request.body
      await deleteUser(callerOf(deps, request), note(request, userId), userId)
      return succeed(request)
    },
  )
}

/** @throws Refusal region */
export const requireServed = ({ regions }: AdvanceDeps, { principal }: FastifyRequest, alpha3: string): void => {
  const served = regions.find(({ id }) => id === principal.regionId)?.countries ?? null
  if (served && !served.includes(alpha2Of(alpha3) ?? '')) throw new Refusal('region')
}

/** The two that take pictures. */
export const addSearchRoutes = (plain: FastifyInstance, deps: AdvanceDeps): void => {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  const family = 'faceSearch'
  const tag = 'Face Search'
  const { config, ...admitted } = admitPicture(deps)
  const withPicture = { ...admitted, config: { ...config, family }, preValidation: readForm(deps) } as const

  app.post(
    '/facereferences',
    {
      ...withPicture,
      schema: describe('advanceAddFace', {
        tag,
        summary: 'Add a face to a face set',
        body: wire.AddFaceForm,
        isForm: true,
        answer: wire.IdAnswer,
      }),
    },
    async (request, reply) => {
      const { faceSetId, faceImage: _, ...texts } = request.body
      const picture = checkPicture(deps, request)
      const { id, gallery, face } = await addFace(callerOf(deps, request), faceSetId, picture, texts)
      nameNatively(reply, { gallery: gallery.id, subject: face.subjectId, face: face.id })
      return succeed(request, id)
    },
  )
  app.post(
    '/search',
    {
      ...withPicture,
      schema: describe('advanceSearch', {
        tag,
        summary: 'The faces of a face set that are like this one',
        body: wire.SearchForm,
        isForm: true,
        answer: wire.SearchAnswer,
      }),
    },
    async request => {
      const { faceSetId, topK, threshold } = request.body
      const picture = checkPicture(deps, request)
      const found = await searchFaces(callerOf(deps, request), faceSetId, picture, { topK, threshold })
      return succeed(request, { ...found, faceReferences: [...found.faceReferences] }, 'PAY')
    },
  )
}

export const addFaceRoutes = (plain: FastifyInstance, deps: AdvanceDeps): void => {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  const family = 'faceSearch'
  const tag = 'Face Search'
  app.get(
    '/facereferences',
    {
      config: { family },
      schema: describe('advanceGetFace', {
        tag,
        summary: 'One face by its id; ours: or the faces of a face set, a page at a time',
        querystring: wire.FaceQuery,
        answer: wire.FacesAnswer,
      }),
    },
    async request => {
      const { id, faceSetId, ...page } = request.query
      const caller = callerOf(deps, request)
      if (id !== undefined) return succeed(request, await readFaceReference(caller, id))
      if (faceSetId === undefined) throw new Refusal('parameter')
      const { total, faceReferences } = await listFaceReferences(caller, faceSetId, page)
      return succeed(request, { total, faceReferences: [...faceReferences] })
    },
  )
  app.put(
    '/facereferences',
    {
      config: { family },
      preValidation: readFormOrJson(deps),
      schema: describe('advanceUpdateFace', {
        tag,
        summary: 'Change what is kept with a face',
        isOurs: true,
        querystring: wire.IdQuery,
        body: wire.UpdateFaceForm,
        answer: wire.FaceAnswer,
      }),
    },
    async request => {
      const { faceImage: _, ...texts } = request.body
      return succeed(request, await updateFaceReference(callerOf(deps, request), request.query.id, texts))
    },
  )
  app.delete(
    '/facereferences',
    {
      config: { family },
      schema: describe('advanceDeleteFace', {
        tag,
        summary: 'Erase a face',
        isOurs: true,
        querystring: wire.IdQuery,
        answer: wire.NothingAnswer,
      }),
    },
    async request => {
      await deleteFaceReference(callerOf(deps, request), request.query.id)
      return succeed(request)
    },
  )
}

export const addFaceSetRoutes = (plain: FastifyInstance, deps: AdvanceDeps): void => {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  const config = { family: 'faceSearch' } as const
  const ours = { tag: 'Face Search', isOurs: true } as const
  app.post(
    '/facesets',
    {
      config,
      preValidation: readFormOrJson(deps),
      schema: describe('advanceCreateFaceSet', {
        ...ours,
        summary: 'Make a face set',
        body: wire.FaceSetForm,
        answer: wire.IdAnswer,
      }),
    },
    async (request, reply) => {
      const { id, gallery } = await createFaceSet(callerOf(deps, request), request.body)
      nameNatively(reply, { gallery: gallery.id })
      return succeed(request, id)
    },
  )
  app.get(
    '/facesets',
    {
      config,
      schema: describe('advanceGetFaceSet', {
        ...ours,
        summary: 'One face set by its id, or all, a page at a time',
        querystring: wire.FaceSetQuery,
        answer: wire.FaceSetsAnswer,
      }),
    },
    async request => {
      const { id, ...page } = request.query
      const caller = callerOf(deps, request)
      if (id !== undefined) return succeed(request, await readFaceSet(caller, id))
      const { faceSets } = await listFaceSets(caller, page)
      return succeed(request, { faceSets: [...faceSets] })
    },
  )
  app.put(
    '/facesets',
    {
      config,
      preValidation: readFormOrJson(deps),
      schema: describe('advanceUpdateFaceSet', {
        ...ours,
        summary: 'Change name or description of a face set',
        querystring: wire.IdQuery,
        body: wire.FaceSetForm,
        answer: wire.FaceSetAnswer,
      }),
    },
    async request => succeed(request, await updateFaceSet(callerOf(deps, request), request.query.id, request.body)),
  )
  app.delete(
    '/facesets',
    {
      config,
      schema: describe('advanceDeleteFaceSet', {
        ...ours,
        summary: 'Erase a face set with all its faces',
        querystring: wire.IdQuery,
        answer: wire.NothingAnswer,
      }),
    },
    async request => {
      await deleteFaceSet(callerOf(deps, request), request.query.id)
      return succeed(request)
    },
  )
}
