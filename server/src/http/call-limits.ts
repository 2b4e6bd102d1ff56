// Rate limits and quotas of the caller's credential: asked when it is known who calls and before the body is read, and told in
// the headers of the answer (draft-ietf-httpapi-ratelimit-headers).
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Allowances, CallVerdict } from '../core/allowances.ts'
import type { BatchLine } from '../core/enrol-batch.ts'
import type { Principal } from '../core/types.ts'
import { operationOf } from './calls.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Settled when the call is recorded. */
    verdict?: CallVerdict
  }
}

/** An onRequest hook for after the one that authenticates. @throws AppError rate_limited, quota_exceeded */
export const limitCalls =
  (allowances: Allowances) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const verdict = await allowances.ask(request.principal, operationOf(request))
    request.verdict = verdict
    reply.headers(toHeaders(verdict, Date.now()))
    if (verdict.refusal) throw verdict.refusal
  }

const WINDOW_SECONDS = { perDay: 86_400, perMonth: 31 * 86_400 }

/** None where nothing is limited. */
export const toHeaders = ({ rate, quotas }: CallVerdict, nowMs: number): Record<string, string> => {
  const toSeconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1000))
  const policies = [
    ...(rate ? [`"rate";q=${rate.burst};w=${Math.ceil(rate.burst / rate.requestsPerSecond)}`] : []),
    ...quotas.map(({ name, limit }) => `"${name}";q=${limit};w=${WINDOW_SECONDS[name]}`),
  ]
  const states = [
    ...(rate ? [`"rate";r=${rate.remaining};t=${toSeconds(rate.fullAfterMs)}`] : []),
    ...quotas.map(
      ({ name, remaining, resetsAt }) => `"${name}";r=${remaining};t=${toSeconds(resetsAt.getTime() - nowMs)}`,
    ),
  ]
  return policies.length === 0 ? {} : { 'ratelimit-policy': policies.join(', '), ratelimit: states.join(', ') }
}

export interface LineLimits {
  /** The same line, refused with quota_exceeded when its turn comes and the quota is used up. */
  limit(line: BatchLine): BatchLine
  settle(number: number, isAccepted: boolean): void
  /** What was not settled was not accepted. */
  end(): void
}

/** Each line of a bulk enrolment counts as an enrolment; how often a line is tried makes no difference. */
export const limitLines = (allowances: Allowances, principal: Principal): LineLimits => {
  const verdicts = new Map<number, CallVerdict>()
  const ask = async (number: number): Promise<void> => {
    if (verdicts.has(number)) return
    const verdict = await allowances.askForPart(principal, 'enrolFace')
    if (verdict.refusal) throw verdict.refusal
    verdicts.set(number, verdict)
  }
  const settle = (number: number, isAccepted: boolean): void => {
    verdicts.get(number)?.settle(isAccepted)
    verdicts.delete(number)
  }
  return {
    limit: line => ({
      ...line,
      async read(signal) {
        await ask(line.number)
        return line.read(signal)
      },
    }),
    settle,
    end() {
      for (const number of [...verdicts.keys()]) settle(number, false)
    },
  }
}
