// The headers that tell browsers what not to do with an answer. The page at /docs has a policy of its own.
import type { FastifyInstance } from 'fastify'

/** On every answer, also those that never reach a route. Answers are about people, so nothing in between keeps them. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
})

/** Half a year, seconds. */
const HSTS_SECONDS = 15_552_000

/** `isKnown`: the certificate is one that browsers can check; else promising HTTPS would lock people out. */
export const addSecurityHeaders = (app: FastifyInstance, isKnown: boolean): void => {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS)
    const isEncrypted = 'encrypted' in request.raw.socket
    if (isKnown && isEncrypted) reply.header('strict-transport-security', `max-age=${HSTS_SECONDS}`)
  })
}
