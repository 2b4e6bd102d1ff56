// Quotas: how many calls of a credential are accepted in a day and in a month (UTC). What is under way counts as accepted
// until it is known, so that a quota is never passed; what was accepted before a restart is read from the counts.
import type { CallLog } from './call-log.ts'
import type { Clock, ControlStore } from './ports.ts'

export interface Quota {
  readonly perDay: number | null
  readonly perMonth: number | null
  /** The operations that it counts; null: all. */
  readonly operations: readonly string[] | null
}

export interface QuotaState {
  readonly name: 'perDay' | 'perMonth'
  readonly limit: number
  /** After this call. */
  readonly remaining: number
  readonly resetsAt: Date
}

export interface Reservation {
  readonly states: readonly QuotaState[]
  /** The quota that is used up; null when the call may go on. */
  readonly exceeded: QuotaState | null
  /** To be called once, when it is known whether the call was accepted. */
  settle(isAccepted: boolean): void
}

export interface Quotas {
  reserve(credentialId: string, quota: Quota, operation: string): Promise<Reservation>
}

export interface QuotaDeps {
  readonly control: Pick<ControlStore, 'countAccepted'>
  readonly calls: Pick<CallLog, 'flush'>
  readonly clock: Clock
}

/** Calls of one day or month. */
interface Tally {
  accepted: number
  underWay: number
}

interface Period {
  readonly name: QuotaState['name']
  /** First and last day. */
  readonly from: string
  readonly to: string
  readonly resetsAt: Date
}

const toDay = (at: Date): string => at.toISOString().slice(0, 'YYYY-MM-DD'.length)

export const dayOf = (now: Date): Period => {
  const day = toDay(now)
  return {
    name: 'perDay',
    from: day,
    to: day,
    resetsAt: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)),
  }
}

export const monthOf = (now: Date): Period => {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()]
  const resetsAt = new Date(Date.UTC(year, month + 1, 1))
  const last = new Date(Date.UTC(year, month + 1, 0))
  return { name: 'perMonth', from: toDay(new Date(Date.UTC(year, month, 1))), to: toDay(last), resetsAt }
}

export const createQuotas = ({ control, calls, clock }: QuotaDeps): Quotas => {
  /** By credential and quota: the tally of the present period, under what it counts. A later period takes its place. */
  const tallies = new Map<string, { counts: string; tally: Promise<Tally> }>()

  const load = async (credentialId: string, { from, to }: Period, { operations }: Quota): Promise<Tally> => {
    // The last quarter of a second is not in the counts yet.
    await calls.flush()
    return { accepted: await control.countAccepted({ credentialId, from, to, operations }), underWay: 0 }
  }
  const tallyOf = (credentialId: string, period: Period, quota: Quota): Promise<Tally> => {
    const key = `${credentialId}/${period.name}`
    const counts = JSON.stringify([period.from, quota.operations])
    const known = tallies.get(key)
    if (known?.counts === counts) return known.tally
    const tally = load(credentialId, period, quota)
    tallies.set(key, { counts, tally })
    tally.catch(() => {
      if (tallies.get(key)?.tally === tally) tallies.delete(key)
    })
    return tally
  }

  return {
    async reserve(credentialId, quota, operation) {
      const isCounted = quota.operations === null || quota.operations.includes(operation)
      const now = clock.now()
      const bounds = isCounted ? boundsOf(quota, now) : []
      const found = await Promise.all(
        bounds.map(async bound => ({ ...bound, tally: await tallyOf(credentialId, bound.period, quota) })),
      )
      const remainingOf = ({ tally, limit }: (typeof found)[number]): number =>
        Math.max(0, limit - tally.accepted - tally.underWay)
      const stateOf = (each: (typeof found)[number]): QuotaState => ({
        name: each.period.name,
        limit: each.limit,
        remaining: remainingOf(each),
        resetsAt: each.period.resetsAt,
      })
      const exceeded = found.find(each => remainingOf(each) === 0)
      if (exceeded) return { states: found.map(stateOf), exceeded: stateOf(exceeded), settle: () => {} }
      for (const { tally } of found) tally.underWay++
      return {
        states: found.map(stateOf),
        exceeded: null,
        settle(isAccepted) {
          for (const { tally } of found) {
            tally.underWay--
            if (isAccepted) tally.accepted++
          }
        },
      }
    },
  }
}

/** Deletes counts of months that are over; the last one stays, for calls that are still under way and clocks that differ. */
export const pruneAccepted = ({ control, clock }: { control: ControlStore; clock: Clock }): Promise<void> => {
  const now = clock.now()
  return control.deleteAccepted(toDay(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1))))
}

const boundsOf = ({ perDay, perMonth }: Quota, now: Date): readonly { period: Period; limit: number }[] => [
  ...(perDay === null ? [] : [{ period: dayOf(now), limit: perDay }]),
  ...(perMonth === null ? [] : [{ period: monthOf(now), limit: perMonth }]),
]
