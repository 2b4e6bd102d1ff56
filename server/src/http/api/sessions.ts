// Native API, resource "sessions": one person's visit to the hosted capture page, made, read and cleared by the caller's
// backend. What the page itself calls is in http/capture/.
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { clearSession } from '../../core/session-ends.ts'
import { readSessionPicture } from '../../core/session-picture.ts'
import { signResult } from '../../core/session-results.ts'
import { SESSION_STATES } from '../../core/session-types.ts'
import { createSession, listSessions, readSession } from '../../core/sessions.ts'
import type { AddressOf } from '../capture/addresses.ts'
import { describe, type NativeDeps } from './native.ts'
import { Id, PageQuery, pageOf, toPageRequest } from './schemas.ts'
import {
  CreatedSession,
  NewSession,
  SessionBody,
  SessionSummary,
  toCreatedSession,
  toSessionBody,
  toSessionSummary,
} from './session-bodies.ts'

export interface SessionsDeps extends NativeDeps {
  /** The capture page's address of a token. */
  readonly captureAddressOf: AddressOf
}

const SessionPath = z.object({ session: Id })
const SessionQuery = PageQuery.extend({
  state: z.enum(SESSION_STATES).optional(),
  gallery: Id.optional(),
  subject: Id.optional().meta({ description: 'As the sessions were asked for.' }),
})
const Picture = { content: { 'image/*': { schema: z.any().meta({ type: 'string', format: 'binary' }) } } }

export const sessionsApi: FastifyPluginCallbackZod<SessionsDeps> = (app, deps, done) => {
  void app.register(makingApi, deps)
  void app.register(readingApi, deps)
  done()
}

const makingApi: FastifyPluginCallbackZod<SessionsDeps> = (app, { context, captureAddressOf }, done) => {
  app.post(
    '/sessions',
    {
      schema: describe(
        'createSession',
        'enrol',
        'Sessions',
        'Create a capture session',
        { body: NewSession, response: { 201: CreatedSession } },
        'request_invalid',
        'gallery_not_found',
        'subject_not_found',
        'pack_mismatch',
        'assessment_unavailable',
      ),
    },
    async (request, reply) => {
      const { gallery, subject, ...rest } = request.body
      request.callNotes = { galleryId: gallery, subjectId: subject }
      const input = { ...rest, galleryId: gallery, subjectId: subject }
      const { session, token } = await createSession(context(), request.principal, input)
      return reply.code(201).send(toCreatedSession(session, captureAddressOf(request, token)))
    },
  )
  app.delete(
    '/sessions/:session',
    {
      schema: describe(
        'clearSession',
        'enrol',
        'Sessions',
        'End a capture session and delete what it holds of the person; its state and the names of its reasons stay',
        { params: SessionPath, response: { 204: z.void() } },
        'request_invalid',
        'session_not_found',
      ),
    },
    async (request, reply) => {
      await clearSession(context(), request.principal, request.params.session)
      return reply.code(204).send()
    },
  )
  done()
}

const readingApi: FastifyPluginCallbackZod<SessionsDeps> = (app, { context }, done) => {
  app.get(
    '/sessions',
    {
      schema: describe(
        'listSessions',
        'read',
        'Sessions',
        'List the capture sessions, newest first',
        { querystring: SessionQuery, response: { 200: pageOf(SessionSummary) } },
        'request_invalid',
      ),
    },
    async request => {
      const { state, gallery, subject, ...page } = request.query
      const filter = { state, galleryId: gallery, subjectId: subject }
      const { items, nextCursor } = await listSessions(context(), request.principal, filter, toPageRequest(page))
      return { items: items.map(toSessionSummary), nextCursor }
    },
  )
  app.get(
    '/sessions/:session',
    {
      schema: describe(
        'readSession',
        'read',
        'Sessions',
        'Read a capture session and what came of it',
        { params: SessionPath, response: { 200: SessionBody } },
        'request_invalid',
        'session_not_found',
      ),
    },
    async request => {
      const session = await readSession(context(), request.principal, request.params.session)
      noteSession(request, session)
      const isSigned = session.state === 'passed' && session.clearedAt === null && session.verdict?.frame
      return toSessionBody(session, isSigned ? await signResult(context(), request.principal.regionId, session) : null)
    },
  )
  app.get(
    '/sessions/:session/picture',
    {
      schema: describe(
        'readSessionPicture',
        'admin',
        'Sessions',
        'Download the frame that was judged',
        { params: SessionPath, response: { 200: Picture } },
        'request_invalid',
        'session_not_found',
        'picture_not_kept',
      ),
    },
    async (request, reply) => {
      const { facts, bytes } = await readSessionPicture(context(), request.principal, request.params.session)
      return reply
        .type(facts.mediaType)
        .header('content-disposition', 'attachment')
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    },
  )
  done()
}

type Named = { readonly galleryId: string | null; readonly subjectId: string | null }

const noteSession = (request: FastifyRequest, { galleryId, subjectId }: Named): void => {
  request.callNotes = { galleryId: galleryId ?? undefined, subjectId: subjectId ?? undefined }
}
