// ETag, If-Match and If-None-Match (RFC 9110, 8.8.3 and 13.1). Knows versions only as opaque texts.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Precondition } from '../core/versions.ts'
import { AppError } from '../errors.ts'

/** The headers of an operation that changes something, for the document; other headers pass. */
export const ChangeHeaders = z.looseObject({
  'if-match': z
    .string()
    .optional()
    .meta({ description: 'ETag of the version that the change is made to; another one answers precondition_failed.' }),
})

/** The headers of an operation that reads something, for the document; other headers pass. */
export const ReadHeaders = z.looseObject({
  'if-none-match': z
    .string()
    .optional()
    .meta({ description: 'ETag of the version that is known already; the answer is then 304 without a body.' }),
})

/** Status 304. */
export const NotModified = z.void().describe('The caller has this version already.')

export const setETag = (reply: FastifyReply, version: string): void => {
  reply.header('etag', `"${version}"`)
}

/** Undefined without the header, and with "*", which any version meets. @throws AppError request_invalid */
export const readIfMatch = (request: FastifyRequest): Precondition => {
  const tags = readTags(request, 'if-match')
  // A weak tag never matches here: it does not promise that nothing was changed.
  return tags === '*' ? undefined : tags?.filter(tag => !tag.isWeak).map(tag => tag.version)
}

/** Whether the caller has this version already. @throws AppError request_invalid */
export const hasSeen = (request: FastifyRequest, version: string): boolean => {
  const tags = readTags(request, 'if-none-match')
  return tags === '*' || (tags?.some(tag => tag.version === version) ?? false)
}

interface Tag {
  readonly version: string
  readonly isWeak: boolean
}

const TAG = /\s*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)/y

const readTags = (request: FastifyRequest, name: 'if-match' | 'if-none-match'): '*' | readonly Tag[] | undefined => {
  const header = request.headers[name]
  if (header === undefined) return undefined
  if (header.trim() === '*') return '*'
  const tags: Tag[] = []
  const pattern = new RegExp(TAG)
  do {
    const match = pattern.exec(header)
    if (!match)
      throw new AppError('request_invalid', `"${name}" must be "*" or a list of ETags in quotes.`, {
        details: { field: name },
      })
    tags.push({ version: match[2], isWeak: match[1] !== undefined })
  } while (pattern.lastIndex < header.length)
  return tags
}
