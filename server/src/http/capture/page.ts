// The capture page, its files and its models. The same for every session but for who may show it in an iframe; what it is
// about, the page asks api.ts.
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Context } from '../../core/context.ts'
import { hashOf } from '../../core/keys.ts'
import { AppError } from '../../errors.ts'
import type { CaptureFiles, PageFile } from './files.ts'
import { sendFile } from './send-file.ts'

export interface PageDeps {
  /** @throws AppError not_ready */
  readonly context: () => Context
  readonly files: CaptureFiles
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
]

/** The address holds the token, so nothing in between keeps the page; the browser asks whether its own copy is the newest. */
const PAGE_CACHING = 'private, no-cache'
/** Their names change with their content. */
const ASSET_CACHING = 'public, max-age=31536000, immutable'
/** Their names don't; a new version of their package has the same or better ones. */
const MODEL_CACHING = 'public, max-age=604800'

export const addPage = (app: FastifyInstance, { context, files }: PageDeps): void => {
  app.get<{ Params: { token: string } }>('/:token', { schema: { hide: true } }, async (request, reply) => {
    if (!files.page)
      throw new AppError(
        'capture_page_missing',
        'The capture page was not built: run "npm run build" where the server was cloned, and start the server again.',
      )
    const origins = await readIframeOrigins(context(), request.params.token)
    reply.headers({
      'content-security-policy': [...POLICY, `frame-ancestors ${origins.join(' ') || "'none'"}`].join('; '),
      'permissions-policy': 'camera=(self)',
    })
    return sendFile(request, reply, files.page, PAGE_CACHING)
  })
  const answer = (reply: FastifyReply, file: PageFile | undefined, caching: string): Promise<FastifyReply> => {
    if (!file) throw new AppError('route_not_found', 'The capture page has no such file.')
    return sendFile(reply.request, reply, file, caching)
  }
  app.get<{ Params: { '*': string } }>('/assets/*', { schema: { hide: true } }, ({ params }, reply) =>
    answer(reply, files.assets.get(params['*']), ASSET_CACHING),
  )
  app.get<{ Params: { name: string } }>('/models/:name', { schema: { hide: true } }, ({ params }, reply) =>
    answer(reply, files.models.get(params.name), MODEL_CACHING),
  )
}

/** None for a token of no session: the page explains that. Also of one that was taken up, as pages are reloaded. */
const readIframeOrigins = async ({ regions }: Context, token: string): Promise<readonly string[]> => {
  const hash = hashOf(token)
  for (const { store } of regions.values()) {
    const session = await store.sessions.findByToken(hash)
    if (session) return session.iframeOrigins
  }
  return []
}
