// Native API, resource "galleries".
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { createGallery, deleteGallery, listGalleries, readGallery, updateGallery } from '../../core/galleries.ts'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { describe, type NativeDeps } from './native.ts'
import { GalleryBody, GalleryPath, Id, PageQuery, pageOf, toGalleryBody, toPageRequest } from './schemas.ts'

const Name = z.string().max(DEFAULT_LIMITS.maxNameCharacters).nullable()
const Description = z.string().max(DEFAULT_LIMITS.maxDescriptionCharacters).nullable()

const NewGallery = z
  .strictObject({
    id: Id.optional().meta({ description: 'Letters, digits, ".", "_", "-". Made when absent.' }),
    name: Name.optional(),
    description: Description.optional(),
  })
  .meta({ id: 'NewGallery' })
const GalleryChange = z
  .strictObject({ name: Name.optional(), description: Description.optional() })
  .meta({ id: 'GalleryChange' })

export const galleriesApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context }, done) => {
  app.post(
    '/galleries',
    {
      schema: describe(
        'createGallery',
        'Galleries',
        'Create a gallery',
        { body: NewGallery, response: { 201: GalleryBody } },
        'request_invalid',
        'gallery_exists',
      ),
    },
    async (request, reply) =>
      reply.code(201).send(toGalleryBody(await createGallery(context(), request.principal, request.body))),
  )
  app.get(
    '/galleries',
    {
      schema: describe(
        'listGalleries',
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
        'Galleries',
        'Read a gallery',
        { params: GalleryPath, response: { 200: GalleryBody } },
        'gallery_not_found',
      ),
    },
    async request => toGalleryBody(await readGallery(context(), request.principal, request.params.gallery)),
  )
  app.patch(
    '/galleries/:gallery',
    {
      schema: describe(
        'updateGallery',
        'Galleries',
        'Change name or description',
        { params: GalleryPath, body: GalleryChange, response: { 200: GalleryBody } },
        'request_invalid',
        'gallery_not_found',
      ),
    },
    async request =>
      toGalleryBody(await updateGallery(context(), request.principal, request.params.gallery, request.body)),
  )
  app.delete(
    '/galleries/:gallery',
    {
      schema: describe(
        'deleteGallery',
        'Galleries',
        'Delete a gallery with everyone in it',
        { params: GalleryPath, response: { 204: z.void() } },
        'gallery_not_found',
      ),
    },
    async (request, reply) => {
      await deleteGallery(context(), request.principal, request.params.gallery)
      return reply.code(204).send()
    },
  )
  done()
}
