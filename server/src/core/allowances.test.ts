// Whose limits count: the credential's own, else the server's; and which limits can be set.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LIMITS } from '../limits.ts'
import { type AllowanceDefaults, checkAllowance, createAllowances } from './allowances.ts'
import { createQuotas } from './quotas.ts'
import { createLimiter } from './token-bucket.ts'
import type { Allowance, Principal } from './types.ts'

const NONE: Allowance = { requestsPerSecond: null, burst: null, perDay: null, perMonth: null, operations: null }
const NO_DEFAULTS: AllowanceDefaults = { requestsPerSecond: null, burst: null, perDay: null, perMonth: null }

const open = (defaults: Partial<AllowanceDefaults> = {}) => {
  const clock = { now: () => new Date('2031-02-03T04:05:06Z') }
  const parts: unknown[] = []
  const calls = {
    flush: async () => {},
    recordPart(part: unknown) {
      parts.push(part)
    },
  }
  const allowances = createAllowances({
    limiter: createLimiter(clock),
    quotas: createQuotas({ control: { countAccepted: async () => 0 }, calls, clock }),
    calls,
    clock,
    defaults: { ...NO_DEFAULTS, ...defaults },
  })
  const principalOf = (allowance: Partial<Allowance> | null, credentialId = 'key') =>
    ({ credentialId, allowance: allowance && { ...NONE, ...allowance } }) as Principal
  /** The codes of so many calls one after the other. */
  const call = async (allowance: Partial<Allowance> | null, times: number) => {
    const codes: string[] = []
    for (let i = 0; i < times; i++) {
      const verdict = await allowances.ask(principalOf(allowance), 'enrolFace')
      codes.push(verdict.refusal?.code ?? 'ok')
      verdict.settle(verdict.refusal === null)
    }
    return codes
  }
  return { allowances, principalOf, call, parts }
}

test('without limits nothing is counted', async () => {
  const { allowances, principalOf } = open()
  const verdict = await allowances.ask(principalOf(null), 'enrolFace')
  assert.deepEqual([verdict.rate, verdict.quotas, verdict.refusal], [null, [], null])
})

test("the server's limits count until the credential has its own, number by number", async () => {
  const defaults = { requestsPerSecond: 1, burst: 2, perDay: 1 }
  assert.deepEqual(await open(defaults).call(null, 3), ['ok', 'quota_exceeded', 'rate_limited'])
  assert.deepEqual(await open(defaults).call({ perDay: 'none' }, 3), ['ok', 'ok', 'rate_limited'])
  assert.deepEqual(await open(defaults).call({ requestsPerSecond: 'none' }, 3), [
    'ok',
    'quota_exceeded',
    'quota_exceeded',
  ])
  // A rate of its own does not take the server's burst over.
  assert.deepEqual(await open(defaults).call({ requestsPerSecond: 1, perDay: 5 }, 2), ['ok', 'rate_limited'])
  assert.deepEqual(await open().call({ requestsPerSecond: 2 }, 3), ['ok', 'ok', 'rate_limited'])
  assert.deepEqual(await open().call({ perMonth: 1 }, 2), ['ok', 'quota_exceeded'])
})

test('the refusals say what was passed and when to come back', async () => {
  const { allowances, principalOf } = open()
  const limited = principalOf({ requestsPerSecond: 1, perDay: 1 })
  await allowances.ask(limited, 'enrolFace')
  const rate = (await allowances.ask(limited, 'enrolFace')).refusal
  assert.deepEqual(rate?.details, { requestsPerSecond: 1, burst: 1, retryAfterSeconds: 1 })
  const quota = (await allowances.ask({ ...limited, allowance: { ...NONE, perDay: 1 } }, 'enrolFace')).refusal
  assert.deepEqual(quota?.details, { quota: 'perDay', limit: 1, resetsAt: '2031-02-04T00:00:00.000Z' })
  assert.match(quota.message, /1 calls a day/)
})

test('parts of a call count against the quotas and not the rate, and are written to the counts', async () => {
  const { allowances, principalOf, parts } = open()
  const principal = principalOf({ requestsPerSecond: 1, perDay: 2 })
  for (const code of ['ok', 'ok', 'quota_exceeded']) {
    const part = await allowances.askForPart(principal, 'enrolFace')
    assert.equal(part.refusal?.code ?? 'ok', code)
    part.settle(part.refusal === null)
  }
  assert.equal(parts.length, 2)
  assert.deepEqual(parts[0], { credentialId: 'key', at: new Date('2031-02-03T04:05:06Z'), operation: 'enrolFace' })
})

test('limits that make no sense are refused by name', () => {
  const check = (change: Record<string, unknown>) => checkAllowance({ ...NONE, ...change }, DEFAULT_LIMITS)
  check({ requestsPerSecond: 5, burst: 10, perDay: 'none', perMonth: 1, operations: ['enrolFace'] })
  const many = DEFAULT_LIMITS.maxAllowedCalls + 1
  const operations = Array.from({ length: DEFAULT_LIMITS.maxQuotaOperations + 1 }, () => 'enrolFace')
  for (const [field, change] of [
    ['requestsPerSecond', { requestsPerSecond: 0 }],
    ['requestsPerSecond', { requestsPerSecond: 1.5 }],
    ['requestsPerSecond', { requestsPerSecond: 'some' }],
    ['burst', { burst: 'none', requestsPerSecond: 1 }],
    ['burst', { burst: 5 }],
    ['perDay', { perDay: -1 }],
    ['perMonth', { perMonth: many }],
    ['operations', { operations: [] }],
    ['operations', { operations }],
    ['operations', { operations: ['a b'] }],
  ] as const)
    assert.throws(() => check(change), { code: 'request_invalid', details: { field } }, JSON.stringify(change))
})
