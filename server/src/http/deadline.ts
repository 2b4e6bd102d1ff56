// The time that a call has from the arrival of its body to its answer: the server's own, or less where the caller says so in
// the header Request-Timeout. What waits then is dropped; what was stored by then is acknowledged.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Milliseconds. */
    timeoutMs: number
  }
}

const HEADER = 'request-timeout'

/** Answers that are written as a stream have begun before their work is done, and take the time they need. */
export const boundCalls = (app: FastifyInstance, { callTimeoutMs }: Pick<Limits, 'callTimeoutMs'>): void => {
  app.addHook('onRequest', async request => {
    request.timeoutMs = Math.min(callTimeoutMs, readTimeoutMs(request) ?? callTimeoutMs)
  })
  // By now bodies are read and validated, and nothing is fetched or done yet.
  app.addHook('preHandler', async (request, { raw }) => {
    const { timeoutMs } = request
    const giveUp = (): void => {
      if (!raw.headersSent) request.giveUp(deadlineExceeded(timeoutMs))
    }
    const timer = setTimeout(giveUp, timeoutMs)
    raw.once('close', () => clearTimeout(timer))
  })
}

const deadlineExceeded = (timeoutMs: number): AppError =>
  new AppError('deadline_exceeded', `The call was not done within ${timeoutMs / 1000} s, and was given up.`, {
    details: { timeoutSeconds: timeoutMs / 1000 },
  })

/** Seconds, also parts of one. @throws AppError request_invalid */
const readTimeoutMs = ({ headers }: FastifyRequest): number | null => {
  const text = headers[HEADER]
  if (text === undefined) return null
  const timeoutMs = /^\d{1,6}(\.\d{1,3})?$/.test(String(text)) ? Number(text) * 1000 : 0
  if (timeoutMs > 0) return timeoutMs
  throw new AppError('request_invalid', 'The header "Request-Timeout" must be a number of seconds above 0.', {
    details: { header: 'Request-Timeout' },
  })
}
