// Requests whose body may take as long as its sender likes, as long as something of it comes: marks their connections, so
// that the bound on whole requests leaves them alone, and bounds the silence instead.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { AppError } from '../errors.ts'

const LONG = Symbol('takes a long body')
type Marked = Socket & { [LONG]?: boolean }

/** Whether what the connection sends now may take longer than other requests. */
export const isLong = (socket: Socket): boolean => (socket as Marked)[LONG] === true

/** Until the answer is over. */
export const allowLongBody = (request: IncomingMessage, response: ServerResponse): void => {
  const socket: Marked = request.socket
  socket[LONG] = true
  response.once('close', () => {
    socket[LONG] = false
  })
}

/**
 * The body's chunks; leaves the connection open when it is not read to its end, so that the answer can still be given.
 * @throws AppError request_timeout when nothing comes for `maxSilenceMs` while it is waited for
 */
export async function* readLongBody(request: IncomingMessage, maxSilenceMs: number): AsyncGenerator<Uint8Array> {
  const chunks = request.iterator({ destroyOnReturn: false })
  while (true) {
    const { promise: silence, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(
      () =>
        reject(
          new AppError(
            'request_timeout',
            `Nothing of the body came for ${maxSilenceMs / 1000} s; send it without breaks.`,
          ),
        ),
      maxSilenceMs,
    )
    try {
      const { value, done } = await Promise.race([chunks.next(), silence])
      if (done) return
      yield value
    } finally {
      clearTimeout(timer)
    }
  }
}
