// The OpenAPI document, made from the routes' schemas, and the page that shows it.
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { addIdempotencyKeys } from './openapi-idempotency.ts'
import { tidyDocument } from './openapi-tidy.ts'

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
      tags: ['Galleries', 'Faces', 'Subjects', 'Recognition', 'Receipts', 'Records', 'Health'].map(name => ({ name })),
    },
    transform: jsonSchemaTransform,
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

export const openApiRoute = (app: FastifyInstance): void => {
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
