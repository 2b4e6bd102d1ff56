// Who is at the capture page: the bearer of its calls, and the guard against floods of them. 256 random bits cannot be
// guessed; the guard only keeps those who try from taking the others' time.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Clock } from '../../core/ports.ts'
import { createSlidingWindow, type WindowDecision } from '../../core/sliding-window.ts'
import { AppError } from '../../errors.ts'
import type { Limits } from '../../limits.ts'
import { sendProblem } from '../errors.ts'

/** 32 bytes in base64url. */
const SECRET = /^Bearer +([\w-]{43}) *$/i

/** The token of the address, or the key that the page got when it took the address up. @throws AppError session_link_invalid */
export const secretOf = ({ headers }: FastifyRequest): string => {
  const secret = SECRET.exec(headers.authorization ?? '')?.[1]
  if (secret) return secret
  throw new AppError(
    'session_link_invalid',
    'Send the header "Authorization: Bearer TOKEN" with the token of the address.',
  )
}

export interface VisitDeps {
  readonly clock: Clock
  readonly limits: Pick<Limits, 'captureCallsPerSecond' | 'captureMissesPerSecond'>
}

/** Each visitor may call so often; who shows secrets of no session hears for each beyond a few that it is too many. */
export const guardVisits = (app: FastifyInstance, { clock, limits }: VisitDeps): void => {
  const { captureCallsPerSecond, captureMissesPerSecond } = limits
  const calls = createSlidingWindow(clock, captureCallsPerSecond)
  const misses = createSlidingWindow(clock, captureMissesPerSecond)
  app.addHook('onRequest', async request => {
    const decision = calls.take(secretOf(request))
    if (!decision.isAllowed) throw tooMany(`At most ${captureCallsPerSecond} calls a second are taken.`, decision)
  })
  app.setErrorHandler((thrown, request, reply) => {
    const isMiss = thrown instanceof AppError && thrown.code === 'session_link_invalid'
    const decision = isMiss ? misses.take(request.ip) : null
    const isFlood = decision !== null && !decision.isAllowed
    return sendProblem(isFlood ? tooMany(FLOOD, decision) : thrown, request, reply)
  })
}

const FLOOD = 'Too many calls with addresses of no session came from your network address.'

const tooMany = (sentence: string, { retryAfterMs }: WindowDecision): AppError =>
  new AppError('rate_limited', sentence, {
    details: { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) },
  })
