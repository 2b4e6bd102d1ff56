// What every resource of the native API gets, and how its operations are described for OpenAPI.
import { z } from 'zod'
import type { Context } from '../../core/context.ts'
import { CATALOGUE, type ErrorCode } from '../../errors.ts'
import type { Limits } from '../../limits.ts'
import { STATUS } from '../errors.ts'

export interface NativeDeps {
  /** The loaded core. @throws AppError not_ready until packs and index are loaded */
  readonly context: () => Context
  readonly limits: Limits
}

export const ProblemBody = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    instance: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document; "code" is stable, see the error reference.' })

/** Every operation can answer these. */
const ALWAYS: readonly ErrorCode[] = ['key_missing', 'key_invalid', 'not_ready', 'internal']
/** What a picture can be refused for. */
export const IMAGE_ERRORS: readonly ErrorCode[] = [
  'image_missing',
  'image_empty',
  'image_not_base64',
  'image_format_unsupported',
  'image_corrupt',
  'image_too_large',
  'image_too_many_pixels',
  'image_too_small',
  'body_malformed',
  'body_too_large',
  'media_type_unsupported',
  'request_invalid',
  'busy',
]

/** An operation's schema: its name for code generators, tag, summary, what goes in and out, the codes it can answer by status. */
export const describe = <T extends { response: Record<number, z.ZodType> }>(
  operationId: string,
  tag: string,
  summary: string,
  schema: T,
  ...codes: ErrorCode[]
) => {
  const byStatus = Map.groupBy([...new Set([...codes, ...ALWAYS])], code => STATUS[code])
  const problems = Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      ProblemBody.describe(group.map(code => `${code}: ${CATALOGUE[code].title}.`).join(' ')),
    ]),
  )
  return {
    operationId,
    tags: [tag],
    summary,
    security: [{ key: [] }],
    ...schema,
    response: { ...problems, ...schema.response } as T['response'],
  }
}
