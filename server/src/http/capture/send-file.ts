// Answers one of the page's files: encoded as the browser takes it, or "not modified". Reads no file itself.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Encoding, PageFile } from './files.ts'

/** `caching` is the header Cache-Control. */
export const sendFile = async (
  request: FastifyRequest,
  reply: FastifyReply,
  file: PageFile,
  caching: string,
): Promise<FastifyReply> => {
  reply.headers({ 'cache-control': caching, etag: file.etag })
  if (file.encode) reply.header('vary', 'accept-encoding')
  if (hasIt(request, file)) return reply.code(304).send()
  reply.type(file.mediaType)
  const encoding = file.encode && chooseEncoding(request.headers['accept-encoding'])
  if (file.encode && encoding) return reply.header('content-encoding', encoding).send(await file.encode(encoding))
  return reply.header('content-length', file.bytes).send(file.read())
}

/** Weak comparison (RFC 9110, 13.1.2): encodings share the tag. */
const hasIt = ({ headers }: FastifyRequest, { etag }: PageFile): boolean => {
  const tags = (headers['if-none-match'] ?? '').split(',').map(tag => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}

/** Null: none. A weight of 0 forbids, others make no difference. */
export const chooseEncoding = (accepted: string | undefined): Encoding | null => {
  const words = new Map(
    (accepted ?? '').split(',').map(word => {
      const [name = '', ...parameters] = word
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/)
      return [name, !parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter))] as const
    }),
  )
  const takes = (name: Encoding): boolean => words.get(name) ?? words.get('*') ?? false
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : null
}
