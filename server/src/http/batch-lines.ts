// One line of a bulk enrolment: JSON text → what the core enrols, and an outcome → JSON text.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { BatchLine, BatchOutcome } from '../core/enrol-batch.ts'
import { isPlainText } from '../core/names.ts'
import type { Principal } from '../core/types.ts'
import { AppError } from '../errors.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { Assess } from './api/assessments.ts'
import { CAPTURED_IMAGE, CaptureResult } from './api/capture-results.ts'
import { Id, Image, Metadata } from './api/schemas.ts'
import { isFirstOfField, toAppError, toProblem } from './errors.ts'
import { checkSize, type ImageDeps, toBytes } from './images.ts'
import { parseJson } from './json.ts'
import type { Line } from './ndjson.ts'
import { isPictureUrl } from './picture-url/fetch.ts'

export const LineBody = z
  .strictObject({
    image: Image.optional().meta({ description: CAPTURED_IMAGE }),
    captureResult: CaptureResult,
    subjectId: Id.optional(),
    metadata: Metadata.optional(),
    assess: Assess,
    ref: z
      .string()
      .max(DEFAULT_LIMITS.maxRefCharacters)
      .refine(isPlainText, 'must be well-formed Unicode text without control characters')
      .optional(),
  })
  .meta({ id: 'BatchLine' })

export interface LineDeps extends ImageDeps {
  readonly principal: Principal
  /** Of a batch with an idempotency key: the same for every try of it. */
  readonly callId: string | undefined
}

/** Reads the line as far as its outcome needs a name; the rest, and what is wrong with it, comes when it is enrolled. */
export const toBatchLine = (line: Line, deps: LineDeps): BatchLine => {
  const { number, text } = line
  const value = typeof text === 'string' ? parse(text) : undefined
  const ref = (value as { ref?: unknown } | null | undefined)?.ref
  const isNamed = typeof ref === 'string' && ref.length <= deps.limits.maxRefCharacters && isPlainText(ref)
  // A URL is fetched once, however often the enrolment is tried.
  let fetched: Uint8Array | null = null
  const readImage = async (image: string, signal: AbortSignal): Promise<Uint8Array> => {
    if (!isPictureUrl(image)) return toBytes(image, 'image', deps.limits)
    const { fetch, policyOf } = deps.pictureUrls
    fetched ??= checkSize(await fetch(image, policyOf(deps.principal), signal), 'image', deps.limits)
    return new Uint8Array(fetched)
  }
  return {
    number,
    ref: isNamed ? ref : null,
    async read(signal) {
      const { image, captureResult, subjectId, metadata, assess } = check(value, line, deps.limits.maxBodyBytes)
      const faceId = deps.callId === undefined ? undefined : faceIdOf(deps.callId, number, text ?? '')
      const bytes = image === undefined ? undefined : await readImage(image, signal)
      return { image: bytes, captureResult, subjectId, metadata, assess, faceId }
    },
  }
}

const parse = (text: string): unknown => {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** @throws AppError body_too_large, body_malformed, image_missing, request_invalid */
const check = (value: unknown, { text }: Line, maxLineBytes: number): z.infer<typeof LineBody> => {
  if (text === null)
    throw new AppError('body_too_large', `The line has more than ${maxLineBytes} bytes.`, {
      details: { maxBytes: maxLineBytes },
    })
  if (value === undefined) throw new AppError('body_malformed', 'The line is not well-formed JSON.')
  const result = LineBody.safeParse(value)
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  // The same refusal as a single enrolment has.
  if (isObject && !('image' in value || 'captureResult' in value)) toBytes(undefined, 'image', DEFAULT_LIMITS)
  if (result.success) return result.data
  const issues = result.error.issues
    .map(({ path, message }) => ({ field: path.join('.') || 'line', problem: message }))
    .filter(isFirstOfField)
  throw new AppError('request_invalid', `"${issues[0]?.field}": ${issues[0]?.problem}.`, { details: { issues } })
}

/**
 * A face's id, a UUIDv7 of the batch's time, that is the same whenever the same line of the same batch is sent: a batch
 * that broke off is sent again, and what it had enrolled before is found and not enrolled twice.
 */
export const faceIdOf = (callId: string, number: number, text: string): string => {
  const digest = createHash('sha256')
    .update(JSON.stringify([callId, number]))
    .update(text)
    .digest('hex')
  const variant = '89ab'.charAt(Number.parseInt(digest.charAt(3), 16) % 4)
  return `${callId.slice(0, 13)}-7${digest.slice(0, 3)}-${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}`
}

export interface BatchSummary {
  lines: number
  enrolled: number
  refused: number
  failed: number
}

/** How one line ended, with the problem document that a single enrolment would have been answered with. */
export const toFailure = ({ number, ref, error }: BatchOutcome, requestId: string) => {
  const problem = toProblem(toAppError(error), requestId)
  return { line: number, ref, status: problem.status, problem }
}
