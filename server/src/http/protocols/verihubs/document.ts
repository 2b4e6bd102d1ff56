// How the vendor's surface is described: one OpenAPI document of its own.
import type { z } from 'zod'
import { ErrorAnswer } from './wire.ts'

/** Name of the document, and of its routes' `config.document`. */
export const NAME = 'verihubs'

export const DOCUMENT = {
  name: NAME,
  title: 'Likeness: Verihubs face API',
  description:
    "The face API of Verihubs as Likeness speaks it, at /verihubs/v1/face on every host and at /v1/face on the hosts that the regions file names. What is the vendor's and what was decided here: docs/protocols/verihubs.md.",
  tags: ['Face'],
  security: {
    appId: { type: 'apiKey', in: 'header', name: 'App-ID' },
    apiKey: { type: 'apiKey', in: 'header', name: 'API-Key' },
  },
} as const

export const describe = <B extends z.ZodType, A extends z.ZodType>(
  operationId: string,
  summary: string,
  body: B,
  answer: A,
) => ({
  operationId,
  tags: [...DOCUMENT.tags],
  summary,
  security: [{ appId: [], apiKey: [] }],
  consumes: ['application/json'],
  body,
  response: {
    200: answer,
    400: ErrorAnswer.describe('A code of the payload, the subject, the picture or the flags.'),
    401: ErrorAnswer.describe('No application with this pair.'),
    403: ErrorAnswer.describe('INSUFFICIENT_QUOTA_…'),
    429: ErrorAnswer.describe('TOO_MANY_REQUESTS'),
    500: ErrorAnswer.describe('INTERNAL_SERVER_ERROR'),
    503: ErrorAnswer.describe('INTERNAL_SERVER_ERROR: more work than the server takes; Retry-After says when.'),
    504: ErrorAnswer.describe('INTERNAL_SERVER_ERROR: not done in time.'),
  } as { 200: A },
})
