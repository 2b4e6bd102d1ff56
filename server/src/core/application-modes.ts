// Use cases: the modes of applications, and the counters of those in testing mode, which the operator sets back.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { recordAct } from './audit.ts'
import type { OperatorContext } from './operator.ts'
import type { ControlStore } from './ports.ts'
import type { ProductCount } from './testing-ports.ts'
import type { Credential, CredentialMode, Protocol } from './types.ts'

export interface ModeInput {
  readonly protocol: Protocol
  readonly mode?: CredentialMode
  readonly testingQuota?: number
}

/** The mode of a new credential. @throws AppError request_invalid */
export const modeOf = (
  { limits }: { readonly limits: Limits },
  { protocol, mode, testingQuota }: ModeInput,
): Pick<Credential, 'mode' | 'testingQuota'> => {
  if (protocol !== 'verihubs') {
    if (mode === undefined && testingQuota === undefined) return { mode: null, testingQuota: null }
    throw invalid('mode', `Modes are of protocol verihubs; the pair is of ${protocol}.`)
  }
  if (mode !== 'testing') {
    if (testingQuota === undefined) return { mode: mode ?? 'live', testingQuota: null }
    throw invalid('testingQuota', 'A quota for testing goes with the mode "testing".')
  }
  if (testingQuota !== undefined) checkQuota(testingQuota, limits)
  return { mode, testingQuota: testingQuota ?? limits.testingQuota }
}

const checkQuota = (quota: number, { maxAllowedCalls }: Limits): void => {
  if (!Number.isInteger(quota) || quota < 0 || quota > maxAllowedCalls)
    throw invalid('testingQuota', `A quota for testing is a whole number from 0 to ${maxAllowedCalls}; found ${quota}.`)
}

const invalid = (field: string, sentence: string): AppError =>
  new AppError('request_invalid', sentence, { details: { field } })

/** What an application in testing mode has used of its quota. */
export interface TestingState {
  readonly credential: Credential
  readonly counts: readonly ProductCount[]
}

/**
 * Changes the quota where one is given, and begins to count anew where that is asked for; both count from the next call on.
 * @throws AppError credential_not_found, request_invalid
 */
export const changeTesting = async (
  context: OperatorContext,
  id: string,
  { quota, reset = false }: { readonly quota?: number; readonly reset?: boolean },
): Promise<TestingState> => {
  const { control, limits } = context
  if (quota !== undefined) checkQuota(quota, limits)
  const credential =
    quota === undefined ? await control.readCredential(id) : await control.updateTestingQuota(id, quota)
  if (credential?.mode !== 'testing')
    throw new AppError('credential_not_found', `There is no application in testing mode with the id ${id}.`, {
      details: { credential: id },
    })
  const { tenantId, regionId } = credential
  if (quota !== undefined) await recordAct(context, { tenantId, regionId, action: 'credential.limit', target: id })
  if (reset) {
    await control.testing.reset(id)
    await recordAct(context, { tenantId, regionId, action: 'credential.reset', target: id })
  }
  return { credential, counts: await control.testing.list(id) }
}

/**
 * Counts one use of each product for an application in testing mode; for others nothing. The answer takes them back, for a
 * call that came to nothing.
 * @throws AppError quota_exceeded that names the product
 */
export const takeTesting = async (
  { testing }: Pick<ControlStore, 'testing'>,
  { id, mode, testingQuota }: Pick<Credential, 'id' | 'mode' | 'testingQuota'>,
  products: readonly string[],
): Promise<() => Promise<void>> => {
  if (mode !== 'testing') return async () => {}
  const quota = testingQuota ?? 0
  const usedUp = await testing.take(id, products, quota)
  if (usedUp !== null)
    throw new AppError('quota_exceeded', `This application in testing mode has used ${usedUp} ${quota} times.`, {
      details: { product: usedUp, limit: quota },
    })
  return () => testing.giveBack(id, products)
}
