// The OpenAPI document, made from the routes' schemas, and the page that shows it.
import swagger, { type SwaggerTransform } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyContextConfig, FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { addIdempotencyKeys } from './openapi-idempotency.ts'
import { tidyDocument } from './openapi-tidy.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The document that describes the route, where it is not the native one. */
    document?: string
  }
}

/** A document of its own for the surface of one protocol. */
export interface ProtocolDocument {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly security: Readonly<Record<string, { readonly type: 'apiKey'; readonly in: 'header'; readonly name: string }>>
}

/** Registered before the routes, so that it sees them all. */
export const registerOpenApi = async (app: FastifyInstance, version: string): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Likeness',
        version,
        description: 'Enrol faces, verify a person, search a gallery. Errors are RFC 9457 problem documents.',
      },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key, made with "npx likeness keys create".' },
        },
      },
      tags: [
        'Galleries',
        'Faces',
        'Subjects',
        'Recognition',
        'Sessions',
        'Receipts',
        'Records',
        'Credentials',
        'Health',
      ].map(name => ({ name })),
    },
    transform: describeOnly(undefined),
    transformObject: document =>
      addIdempotencyKeys(tidyDocument(jsonSchemaTransformObject(document) as never)) as never,
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { title: 'Likeness API reference' },
    // The base layout has no bar with another project's logo and no box for foreign documents.
    uiConfig: {
      layout: 'BaseLayout',
      docExpansion: 'list',
      deepLinking: true,
      persistAuthorization: false,
      tryItOutEnabled: true,
      validatorUrl: null,
    },
    staticCSP: {
      'default-src': "'self'",
      'base-uri': "'self'",
      'frame-ancestors': "'none'",
      'img-src': "'self' data:",
      'object-src': "'none'",
      'style-src': "'self' 'unsafe-inline'",
    },
  })
}

/** The routes of one document: the others are hidden from it. */
const describeOnly =
  (document: string | undefined): SwaggerTransform =>
  input =>
    (input.route.config as FastifyContextConfig | undefined)?.document === document
      ? jsonSchemaTransform(input as never)
      : { schema: { hide: true }, url: input.url }

const decoratorOf = (name: string) => `${name}Document` as const

/** Registered before the protocol's routes; answers "/openapi/NAME.json". */
export const registerProtocolDocument = async (
  app: FastifyInstance,
  version: string,
  { name, title, description, tags, security }: ProtocolDocument,
): Promise<void> => {
  await app.register(swagger, {
    decorator: decoratorOf(name) as never,
    openapi: {
      openapi: '3.1.0',
      info: { title, version, description },
      components: { securitySchemes: { ...security } },
      tags: tags.map(tag => ({ name: tag })),
    },
    transform: describeOnly(name),
    transformObject: document => tidyDocument(jsonSchemaTransformObject(document) as never) as never,
  })
  app.get(`/openapi/${name}.json`, { schema: { hide: true } }, async () => protocolDocumentOf(app, name))
}

/** The document of a protocol, once the application is ready. */
export const protocolDocumentOf = (app: FastifyInstance, name: string): object =>
  (app as unknown as Record<string, () => object>)[decoratorOf(name)]()

export const openApiRoute = (app: FastifyInstance): void => {
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
