// The log of calls and their counts, written in groups every quarter of a second, so that a call costs no flush of the disk.
// A kill of the process loses what was not written yet of this log and of the counts, never of the data. Whom a call was
// about is written as a hash only.
import type { Limits } from '../limits.ts'
import { subjectHashOf } from './audit.ts'
import type { AcceptedCount, ControlStore, Pricing, Transaction, UsageCount } from './ports.ts'

/** A call as it comes in. */
export interface Call extends Omit<Transaction, 'subjectHash'> {
  /** As the caller gave it; waits in memory only. */
  readonly subjectId: string | null
  /** Goes into the counts. */
  readonly pricing?: Pricing
}

export interface CallLog {
  /** Returns at once. Quotas count an accepted call, unless its parts were counted. */
  record(call: Call, isCounted?: boolean): void
  /** A part of a call that was accepted by itself; returns at once. */
  recordPart(part: AcceptedPart): void
  /** Writes what is waiting; what cannot be written goes on waiting. Never rejects. */
  flush(): Promise<void>
  /** Writes the rest. */
  close(): Promise<void>
}

export interface AcceptedPart {
  readonly credentialId: string
  readonly at: Date
  /** The operation that would have done it as a call of its own. */
  readonly operation: string
}

export interface CallLogDeps {
  readonly control: ControlStore
  /** The key of `subjectHashOf`; asked for once. */
  readonly hashKey: () => Promise<Uint8Array>
  readonly limits: Pick<Limits, 'maxPendingCalls' | 'callLogDelayMs'>
  /** Told of what could not be written, and of calls that were left out of the log because too many wait. */
  readonly onTrouble: (error: unknown, lost: number) => void
}

const toDay = (at: Date): string => at.toISOString().slice(0, 'YYYY-MM-DD'.length)

/** Carried out, and answered with what was asked for. */
export const isAccepted = ({ status, outcome }: Pick<Transaction, 'status' | 'outcome'>): boolean =>
  status >= 200 && status < 300 && outcome === 'ok'

/** Logged calls are bounded by `maxPendingCalls`; counts by the operations and outcomes that there are. */
export const createCallLog = ({ control, hashKey, limits, onTrouble }: CallLogDeps): CallLog => {
  let calls: Call[] = []
  let counts = new Map<string, UsageCount>()
  let accepted = new Map<string, AcceptedCount>()
  let lost = 0
  let key: Uint8Array | null = null
  let timer: NodeJS.Timeout | null = null
  let writing = Promise.resolve()

  const keep = (call: Call): void => {
    if (calls.length < limits.maxPendingCalls) calls.push(call)
    else lost++
  }
  const count = (more: UsageCount): void => {
    const key = [more.tenantId, more.day, more.regionId, more.operation, more.outcome, more.pricing].join('/')
    const before = counts.get(key)?.count ?? 0
    counts.set(key, { ...more, count: before + more.count })
  }
  const countAccepted = (more: AcceptedCount): void => {
    const key = [more.credentialId, more.day, more.operation].join('/')
    const before = accepted.get(key)?.count ?? 0
    accepted.set(key, { ...more, count: before + more.count })
  }
  const recordPart = ({ credentialId, at, operation }: AcceptedPart): void => {
    countAccepted({ credentialId, day: toDay(at), operation, count: 1 })
    schedule()
  }
  const schedule = (): void => {
    timer ??= setTimeout(() => void flush(), limits.callLogDelayMs).unref()
  }

  const write = async (): Promise<void> => {
    const [group, groupCounts, groupAccepted] = [calls, [...counts.values()], [...accepted.values()]]
    if (groupCounts.length === 0 && groupAccepted.length === 0) return
    calls = []
    counts = new Map()
    accepted = new Map()
    try {
      key ??= await hashKey()
      await control.recordCalls(hideSubjects(key, group), groupCounts, groupAccepted)
      if (lost > 0) onTrouble(null, lost)
      lost = 0
    } catch (error) {
      const since = calls
      calls = []
      for (const call of [...group, ...since]) keep(call)
      for (const each of groupCounts) count(each)
      for (const each of groupAccepted) countAccepted(each)
      onTrouble(error, lost)
      schedule()
    }
  }
  const flush = (): Promise<void> => {
    if (timer) clearTimeout(timer)
    timer = null
    writing = writing.then(write)
    return writing
  }

  return {
    record(call, isCounted = isAccepted(call)) {
      keep(call)
      const { tenantId, regionId, operation, outcome, pricing } = call
      const day = toDay(call.at)
      count({ tenantId, regionId, day, operation, outcome, ...(pricing && { pricing }), count: 1 })
      if (isCounted) recordPart(call)
      schedule()
    },
    recordPart,
    flush,
    async close() {
      await flush()
      if (timer) clearTimeout(timer)
    },
  }
}

/** Without a gallery nobody could ask for the person, whose hash is one of the gallery too. */
const hideSubjects = (key: Uint8Array, calls: readonly Call[]): readonly Transaction[] =>
  calls.map(({ subjectId, ...call }) => {
    const { tenantId, regionId, galleryId } = call
    const isKnown = subjectId !== null && galleryId !== null
    return { ...call, subjectHash: isKnown ? subjectHashOf(key, { tenantId, regionId, galleryId, subjectId }) : null }
  })
