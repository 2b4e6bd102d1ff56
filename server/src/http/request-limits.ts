// What is refused by a look at the request's head, before anybody asks who is calling. What the parser itself refuses is in
// connection-errors.ts.
import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'

export const addRequestLimits = (app: FastifyInstance, limits: Limits): void => {
  const { maxHeaders, maxAddressCharacters, maxRequestsPerConnection } = limits
  const served = new WeakMap<object, number>()
  app.addHook('onRequest', async ({ raw, headers: { host, 'content-encoding': encoding } }, reply) => {
    const requests = (served.get(raw.socket) ?? 0) + 1
    served.set(raw.socket, requests)
    // Node's own limit announces the end, but leaves the connection open and refuses what comes without a word.
    if (requests >= maxRequestsPerConnection) reply.header('connection', 'close')
    // Names and values alternate.
    const headers = raw.rawHeaders.length / 2
    if (headers > maxHeaders)
      throw new AppError('headers_too_large', `The request has more than ${maxHeaders} headers.`, {
        details: { maxHeaders },
      })
    const characters = raw.url?.length ?? 0
    if (characters > maxAddressCharacters)
      throw new AppError(
        'address_too_long',
        `The address has ${characters} characters; at most ${maxAddressCharacters} are taken.`,
        { details: { characters, maxCharacters: maxAddressCharacters } },
      )
    if (host === undefined && raw.httpVersion === '1.1')
      throw new AppError('request_invalid', 'The request has no header "Host".', { details: { header: 'host' } })
    if (encoding !== undefined && encoding !== 'identity')
      throw new AppError(
        'media_type_unsupported',
        'The body must not be compressed: send it without "Content-Encoding".',
        {
          details: { header: 'content-encoding' },
        },
      )
  })
}
