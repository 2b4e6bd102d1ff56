// The tidied document: media types, names, bounds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tidyDocument } from './openapi-tidy.ts'

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const body = (schema: object) => ({ content: { 'application/json': { schema } } })

const tidied = () =>
  tidyDocument({
    paths: {
      '/faces': {
        post: {
          requestBody: {
            content: { ...body(ref('EnrolInput')).content, 'multipart/form-data': { schema: ref('EnrolInput') } },
          },
          responses: { 200: body(ref('Box')), 400: body(ref('Problem')) },
        },
        patch: { requestBody: body(ref('BoxInput')), responses: {} },
      },
    },
    components: {
      schemas: {
        Enrol: { type: 'object' },
        EnrolInput: { type: 'object', properties: { image: { type: 'string' }, box: ref('BoxInput') } },
        Box: {
          type: 'object',
          properties: { x: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER } },
        },
        BoxInput: { type: 'object' },
        Problem: { type: 'object' },
        ProblemInput: { type: 'object' },
      },
    },
    // biome-ignore lint/suspicious/noExplicitAny: a document of any shape
  } as any) as any

test('problems have their media type', () => {
  assert.deepEqual(Object.keys(tidied().paths['/faces'].post.responses[400].content), ['application/problem+json'])
})

test('unused schemas go, and an input keeps its suffix only beside a used output', () => {
  assert.deepEqual(Object.keys(tidied().components.schemas), ['Box', 'BoxInput', 'Enrol', 'Problem'])
  assert.deepEqual(tidied().paths['/faces'].post.requestBody.content['application/json'].schema, ref('Enrol'))
})

test('a multipart body sends the picture as bytes', () => {
  const { properties } = tidied().paths['/faces'].post.requestBody.content['multipart/form-data'].schema
  assert.deepEqual(properties.image, { type: 'string', format: 'binary' })
  assert.deepEqual(properties.box, ref('BoxInput'))
})

test('bounds that only say "safe integer" go', () => {
  assert.deepEqual(tidied().components.schemas.Box.properties.x, { type: 'integer' })
})
