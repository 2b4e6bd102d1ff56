// Use cases: look up calls, read the counts, and forget calls that are too old.
import { AppError } from '../errors.ts'
import { findSubjectHash } from './audit.ts'
import type { CallLog } from './call-log.ts'
import type { Clock, ControlStore, Transaction, TransactionFilter, UsageCount, UsageFilter, Vault } from './ports.ts'
import type { Page, PageRequest, Principal } from './types.ts'

export interface CallContext {
  readonly control: ControlStore
  readonly calls: CallLog
}

/** One of the caller's own tenant. @throws AppError transaction_not_found */
export const readTransaction = async (
  { control, calls }: CallContext,
  { tenantId }: Principal,
  id: string,
): Promise<Transaction> => {
  // So that a call can be looked up as soon as it is answered.
  await calls.flush()
  const found = await control.findTransaction(tenantId, id)
  if (!found)
    throw new AppError('transaction_not_found', `There is no transaction "${id}".`, { details: { transaction: id } })
  return found
}

export interface CallQuestion extends Omit<TransactionFilter, 'subjectHash'> {
  /** By the caller's id; needs `galleryId`. */
  readonly subjectId?: string
}

/** Newest first. @throws AppError request_invalid: a subject without its gallery, or a foreign cursor */
export const listTransactions = async (
  { control, calls, vault }: CallContext & { readonly vault: Vault },
  principal: Principal,
  { subjectId, ...filter }: CallQuestion,
  page: PageRequest,
): Promise<Page<Transaction>> => {
  const asked = { control, vault: async () => vault }
  const subjectHash = await findSubjectHash(asked, principal, { galleryId: filter.galleryId, subjectId })
  await calls.flush()
  return control.listTransactions(principal.tenantId, { ...filter, subjectHash }, page)
}

/** By day, region, operation, outcome and price. */
export const listUsage = async (
  { control, calls }: CallContext,
  { tenantId }: Pick<Principal, 'tenantId'>,
  filter: UsageFilter,
  page: PageRequest,
): Promise<Page<UsageCount>> => {
  await calls.flush()
  return control.listUsage(tenantId, filter, page)
}

const MS_PER_DAY = 86_400_000
/** Calls deleted in one statement, so that others get their turn in between. */
const PRUNE_BATCH = 500

/** Deletes the calls that are older than this many days; their counts stay. Returns how many it were. */
export const pruneTransactions = async (
  { control, clock }: { readonly control: ControlStore; readonly clock: Clock },
  days: number,
): Promise<number> => {
  const before = new Date(clock.now().getTime() - days * MS_PER_DAY)
  let deleted = 0
  for (let batch = PRUNE_BATCH; batch === PRUNE_BATCH; deleted += batch) {
    batch = await control.deleteTransactions(before, PRUNE_BATCH)
    await new Promise(resolve => setImmediate(resolve))
  }
  return deleted
}
