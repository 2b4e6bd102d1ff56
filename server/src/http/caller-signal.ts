// Tells every handler when nobody waits for its answer any more, as `request.signal`. Knows no route.
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** Aborts the call's signal; what waits on it fails with the reason. */
    giveUp(reason: Error): void
  }
}

/** Limits, counts, logs and a streamed answer all wait for the end of the response; by default Node takes ten for a leak. */
const MAX_LISTENERS = 30

/**
 * Fastify's own signal follows the request, which Node calls closed as soon as its body is read: it aborts while the caller
 * still waits, or, first asked for later, never. The response closes unfinished exactly when the caller is gone.
 */
export const watchCallers = (app: FastifyInstance): void => {
  app.addHook('onRequest', async (request, { raw }) => {
    const caller = new AbortController()
    raw.setMaxListeners(MAX_LISTENERS)
    raw.once('close', () => {
      if (!raw.writableFinished) caller.abort()
    })
    Object.defineProperty(request, 'signal', { value: caller.signal })
    request.giveUp = reason => caller.abort(reason)
  })
}
