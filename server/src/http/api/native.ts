// What every resource of the native API gets, and how its operations are described for OpenAPI.
import { z } from 'zod'
import type { Allowances } from '../../core/allowances.ts'
import type { Context } from '../../core/context.ts'
import type { Idempotency } from '../../core/idempotency.ts'
import type { Scope } from '../../core/types.ts'
import { CATALOGUE, type ErrorCode } from '../../errors.ts'
import { STATUS } from '../errors.ts'
import type { ImageDeps } from '../images.ts'

export interface NativeDeps extends ImageDeps {
  /** The loaded core. @throws AppError not_ready until packs and index are loaded */
  readonly context: () => Context
  readonly idempotency: Idempotency
  /** Pictures of one bulk enrolment that are worked on at once. */
  readonly batchConcurrency: number
  readonly allowances: Allowances
}

export const ProblemBody = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    instance: z.string(),
    transactionId: z.string().meta({ description: 'The id of the call; also the header X-Transaction-Id.' }),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document; "code" is stable, see the error reference.' })

/** Every operation can answer these. */
const ALWAYS: readonly ErrorCode[] = [
  'key_missing',
  'key_invalid',
  'scope_missing',
  'tenant_suspended',
  'region_unavailable',
  'rate_limited',
  'quota_exceeded',
  'busy',
  'not_ready',
  'deadline_exceeded',
  'internal',
]
/** What a picture can be refused for. */
export const IMAGE_ERRORS: readonly ErrorCode[] = [
  'image_missing',
  'image_empty',
  'image_not_base64',
  'image_url_invalid',
  'image_url_refused',
  'image_url_unreachable',
  'image_url_timeout',
  'image_url_status',
  'image_url_redirects',
  'image_url_not_image',
  'image_url_truncated',
  'image_format_unsupported',
  'image_corrupt',
  'image_too_large',
  'image_too_many_pixels',
  'image_too_complex',
  'image_too_small',
  'body_malformed',
  'body_too_large',
  'media_type_unsupported',
  'request_invalid',
  'busy',
]

/** An answer that is not JSON, by media type. */
export interface ContentOf {
  readonly content: Readonly<Record<string, { readonly schema: z.ZodType }>>
}

/**
 * An operation's schema: its name for code generators, the scope that a key needs for it, tag, summary, what goes in and
 * out, the codes it can answer by status.
 */
export const describe = <T extends { response: Record<number, z.ZodType | ContentOf> }>(
  operationId: string,
  scope: Scope,
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
    description: `Needs a key with the scope "${scope}".`,
    // What auth.ts asks a key for. OpenAPI 3.1 lets a bearer scheme name what its token must be good for.
    security: [{ key: [scope] }],
    ...schema,
    response: { ...problems, ...schema.response } as T['response'],
  }
}
