// Native API, resource "galleries".
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { createGallery, deleteGallery, listGalleries, readGallery, updateGallery } from '../../core/galleries.ts'
import { versionOf } from '../../core/versions.ts'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { ChangeHeaders, hasSeen, NotModified, ReadHeaders, readIfMatch, setETag } from '../preconditions.ts'
import { answerErasure, ERASURE_RESPONSES, ReceiptQuery } from '../receipts.ts'
import { describe, type NativeDeps } from './native.ts'
import { PolicyChange } from './policies.ts'
import { GalleryBody, GalleryPath, Id, PageQuery, pageOf, toGalleryBody, toPageRequest } from './schemas.ts'

const Name = z.string().max(DEFAULT_LIMITS.maxNameCharacters).nullable()
const Description = z.string().max(DEFAULT_LIMITS.maxDescriptionCharacters).nullable()

const Pack = z.string().max(DEFAULT_LIMITS.maxIdCharacters).meta({
  description:
    'Recognition pack that makes the gallery\'s templates, such as "open"; it stays so. The one of the settings when absent.',
})

const NewGallery = z
  .strictObject({
    id: Id.optional().meta({ description: 'Letters, digits, ".", "_", "-". Made when absent.' }),
    name: Name.optional(),
    description: Description.optional(),
    policy: PolicyChange.optional(),
    pack: Pack.optional(),
  })
  .meta({ id: 'NewGallery' })
const GalleryChange = z
  .strictObject({ name: Name.optional(), description: Description.optional(), policy: PolicyChange.optional() })
  .meta({ id: 'GalleryChange' })

const CHANGE_ERRORS = ['request_invalid', 'gallery_not_found', 'precondition_failed'] as const

export const galleriesApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context }, done) => {
  app.post(
    '/galleries',
    {
      schema: describe(
        'createGallery',
        'admin',
        'Galleries',
        'Create a gallery',
        { body: NewGallery, response: { 201: GalleryBody } },
        'request_invalid',
        'gallery_exists',
      ),
    },
    async (request, reply) => {
      const created = await createGallery(context(), request.principal, { ...request.body, uid: request.callId })
      request.callNotes = { galleryId: created.gallery.id }
      setETag(reply, versionOf(created.gallery))
      return reply.code(201).send(toGalleryBody(created))
    },
  )
  app.get(
    '/galleries',
    {
      schema: describe(
        'listGalleries',
        'read',
        'Galleries',
        'List the galleries',
        { querystring: PageQuery, response: { 200: pageOf(GalleryBody) } },
        'request_invalid',
      ),
    },
    async request => {
      const page = await listGalleries(context(), request.principal, toPageRequest(request.query))
      return { items: page.items.map(toGalleryBody), nextCursor: page.nextCursor }
    },
  )
  app.get(
    '/galleries/:gallery',
    {
      schema: describe(
        'readGallery',
        'read',
        'Galleries',
        'Read a gallery',
        { params: GalleryPath, headers: ReadHeaders, response: { 200: GalleryBody, 304: NotModified } },
        'request_invalid',
        'gallery_not_found',
      ),
    },
    async (request, reply) => {
      const found = await readGallery(context(), request.principal, request.params.gallery)
      const version = versionOf(found.gallery)
      setETag(reply, version)
      return hasSeen(request, version) ? reply.code(304).send() : reply.code(200).send(toGalleryBody(found))
    },
  )
  app.patch(
    '/galleries/:gallery',
    {
      schema: describe(
        'updateGallery',
        'admin',
        'Galleries',
        'Change name, description or policy',
        { params: GalleryPath, headers: ChangeHeaders, body: GalleryChange, response: { 200: GalleryBody } },
        ...CHANGE_ERRORS,
      ),
    },
    async (request, reply) => {
      const { params, body, principal } = request
      const changed = await updateGallery(context(), principal, params.gallery, body, readIfMatch(request))
      setETag(reply, versionOf(changed.gallery))
      return toGalleryBody(changed)
    },
  )
  app.delete(
    '/galleries/:gallery',
    {
      schema: describe(
        'deleteGallery',
        'admin',
        'Galleries',
        'Delete a gallery with everyone in it',
        { params: GalleryPath, querystring: ReceiptQuery, headers: ChangeHeaders, response: ERASURE_RESPONSES },
        ...CHANGE_ERRORS,
      ),
    },
    async (request, reply) => {
      const core = context()
      const { gallery } = request.params
      const version = readIfMatch(request)
      return answerErasure(core, request, reply, () => deleteGallery(core, request.principal, gallery, version))
    },
  )
  done()
}
