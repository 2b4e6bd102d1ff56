// How much a credential may call: its own rate limit and quotas, else those of the server. Asked once a call, before its body
// is read.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { CallLog } from './call-log.ts'
import type { Limiter, RateDecision, RateLimit } from './limit-ports.ts'
import type { Clock } from './ports.ts'
import type { Quota, QuotaState, Quotas } from './quotas.ts'
import type { Allowance, Bound, Principal } from './types.ts'

/** What counts for a credential that says nothing else; null: no bound. */
export interface AllowanceDefaults {
  readonly requestsPerSecond: number | null
  readonly burst: number | null
  readonly perDay: number | null
  readonly perMonth: number | null
}

export interface CallVerdict {
  readonly rate: (RateLimit & RateDecision) | null
  readonly quotas: readonly QuotaState[]
  /** rate_limited or quota_exceeded; null when the call may go on. */
  readonly refusal: AppError | null
  /** To be called once, when it is known whether the call was accepted. */
  settle(isAccepted: boolean): void
}

export interface Allowances {
  /** Counts one call of this operation. */
  ask(principal: Principal, operation: string): Promise<CallVerdict>
  /** Counts one part of a call that is under way, against the quotas only; settling writes it to the counts. */
  askForPart(principal: Principal, operation: string): Promise<CallVerdict>
}

export interface AllowanceDeps {
  readonly limiter: Limiter
  readonly quotas: Quotas
  readonly calls: Pick<CallLog, 'recordPart'>
  readonly clock: Clock
  readonly defaults: AllowanceDefaults
}

export const createAllowances = ({ limiter, quotas, calls, clock, defaults }: AllowanceDeps): Allowances => {
  const askRate = async ({ credentialId, allowance }: Principal): Promise<CallVerdict['rate']> => {
    const rate = rateOf(allowance, defaults)
    return rate && { ...rate, ...(await limiter.take(credentialId, rate)) }
  }
  const askQuotas = async (
    { credentialId, allowance }: Principal,
    operation: string,
    rate: CallVerdict['rate'],
  ): Promise<CallVerdict> => {
    const quota = quotaOf(allowance, defaults)
    if (!quota) return { rate, quotas: [], refusal: null, settle: () => {} }
    const { states, exceeded, settle } = await quotas.reserve(credentialId, quota, operation)
    return { rate, quotas: states, refusal: exceeded && quotaExceeded(exceeded), settle }
  }
  return {
    async ask(principal, operation) {
      const rate = await askRate(principal)
      if (rate && !rate.isAllowed) return { rate, quotas: [], refusal: rateLimited(rate), settle: () => {} }
      return askQuotas(principal, operation, rate)
    },
    async askForPart(principal, operation) {
      const at = clock.now()
      const verdict = await askQuotas(principal, operation, null)
      return {
        ...verdict,
        settle(isAccepted) {
          verdict.settle(isAccepted)
          if (isAccepted) calls.recordPart({ credentialId: principal.credentialId, at, operation })
        },
      }
    },
  }
}

const resolve = (own: Bound | null | undefined, byDefault: number | null): number | null =>
  own === 'none' ? null : (own ?? byDefault)

/** Without a burst of its own a rate lets a second's worth through at once. */
const rateOf = (own: Allowance | null | undefined, defaults: AllowanceDefaults): RateLimit | null => {
  const requestsPerSecond = resolve(own?.requestsPerSecond, defaults.requestsPerSecond)
  if (requestsPerSecond === null) return null
  const isOwn = typeof own?.requestsPerSecond === 'number'
  const burst = own?.burst ?? (isOwn ? null : defaults.burst) ?? requestsPerSecond
  return { requestsPerSecond, burst }
}

const quotaOf = (own: Allowance | null | undefined, defaults: AllowanceDefaults): Quota | null => {
  const perDay = resolve(own?.perDay, defaults.perDay)
  const perMonth = resolve(own?.perMonth, defaults.perMonth)
  return perDay === null && perMonth === null ? null : { perDay, perMonth, operations: own?.operations ?? null }
}

const rateLimited = ({ requestsPerSecond, burst, retryAfterMs }: RateLimit & RateDecision): AppError =>
  new AppError('rate_limited', `This credential may call ${requestsPerSecond} times a second, and ${burst} at once.`, {
    details: { requestsPerSecond, burst, retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) },
  })

const quotaExceeded = ({ name, limit, resetsAt }: QuotaState): AppError => {
  const period = { perDay: 'day', perMonth: 'month' }[name]
  return new AppError(
    'quota_exceeded',
    `This credential may make ${limit} calls a ${period}; they begin anew at ${resetsAt.toISOString()}.`,
    { details: { quota: name, limit, resetsAt: resetsAt.toISOString() } },
  )
}

/** @throws AppError request_invalid that names the field */
export const checkAllowance = (allowance: Allowance, limits: Limits): void => {
  for (const name of ['requestsPerSecond', 'burst', 'perDay', 'perMonth'] as const) {
    const bound = allowance[name]
    const isCount =
      typeof bound === 'number' && Number.isInteger(bound) && bound >= 1 && bound <= limits.maxAllowedCalls
    if (bound === null || isCount || (bound === 'none' && name !== 'burst')) continue
    throw invalid(name, `must be a whole number from 1 to ${limits.maxAllowedCalls}`)
  }
  const { burst, requestsPerSecond, operations } = allowance
  if (burst !== null && typeof requestsPerSecond !== 'number') throw invalid('burst', 'needs a rate limit of its own')
  const isNamed = operations?.every(name => /^\w{1,64}$/.test(name)) ?? true
  if (!isNamed || operations?.length === 0 || (operations?.length ?? 0) > limits.maxQuotaOperations)
    throw invalid('operations', `must name 1 to ${limits.maxQuotaOperations} operations`)
}

const invalid = (field: string, problem: string): AppError =>
  new AppError('request_invalid', `"${field}" ${problem}.`, { details: { field } })
