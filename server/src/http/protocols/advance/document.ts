// How the vendor's surface is described: one OpenAPI document of its own.
import type { z } from 'zod'

/** Name of the document, and of its routes' `config.document`. */
export const NAME = 'advance'

export const TAGS = ['Token', 'Face Authentication', 'Face Search', 'H5'] as const

export const DOCUMENT = {
  name: NAME,
  title: 'Likeness: ADVANCE.AI APIs',
  description:
    "The token, Face Authentication, Face Search and H5 APIs of ADVANCE.AI as Likeness speaks them, under /advance on every host and without it on the hosts that the regions file names. Every answer has status 200; its code tells. What is the vendor's and what was decided here: docs/protocols/advance.md.",
  tags: TAGS,
  security: { token: { type: 'apiKey', in: 'header', name: 'X-ACCESS-TOKEN' } },
} as const

export interface Description<B extends z.ZodType, Q extends z.ZodType, A extends z.ZodType> {
  readonly tag: (typeof TAGS)[number]
  readonly summary: string
  readonly body?: B
  readonly querystring?: Q
  readonly isForm?: boolean
  /** The vendor shows no page of it: decided here. */
  readonly isOurs?: boolean
  readonly answer: A
}

/** Our own calls take JSON or a form, as their callers like. */
const consumesOf = (isForm = false, isOurs = false): readonly string[] => [
  ...(isForm ? [] : ['application/json']),
  ...(isForm || isOurs ? ['multipart/form-data'] : []),
]

export const describe = <A extends z.ZodType, B extends z.ZodType = never, Q extends z.ZodType = never>(
  operationId: string,
  { tag, summary, body, querystring, isForm, isOurs, answer }: Description<B, Q, A>,
) =>
  ({
    operationId,
    tags: [tag],
    summary,
    ...(isOurs && { description: 'In the style of the others; no page of the vendor describes it.' }),
    security: tag === 'Token' ? [] : [{ token: [] }],
    ...(body && { body, consumes: consumesOf(isForm, isOurs) }),
    ...(querystring && { querystring }),
    response: { 200: answer },
  }) as { body: B; querystring: Q; response: { 200: A } }
