// What time does to capture sessions: they run out, their frames go, then all that is left of them. And what a restore does.
import type { Context, Region } from './context.ts'
import type { BlobStore, Clock, Store } from './ports.ts'
import { retentionOf } from './retention.ts'
import { deleteFrames, endedStateOf, endPresent, wipe } from './session-ends.ts'
import type { CaptureSession } from './session-types.ts'

/** Sessions looked at in one step, so that others get their turn in between. */
const BATCH = 100
const FRAME_BATCH = 500
const MS_PER_HOUR = 3_600_000
const MS_PER_DAY = 86_400_000

const yieldTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Ends the sessions whose time is over. Those that wait to be judged are judged first, where that can be done at all. */
export const expireSessions = async (context: Context): Promise<void> => {
  for (const region of context.regions.values())
    await inBatches(
      BATCH,
      () => {
        const now = context.clock.now()
        const givenUpBefore = new Date(now.getTime() - context.limits.sessionJudgingMs)
        return region.store.sessions.listOverdue(now, givenUpBefore, BATCH)
      },
      async session => (await endPresent(context, region, session)) !== null,
    )
}

/**
 * Expiry, then what is kept no longer: each tenant's as its times are, those of suspended ones too.
 * @throws AggregateError when all are looked after, with what was in the way of some
 */
export const sweepSessions = async (context: Context): Promise<void> => {
  const troubles: unknown[] = []
  const note = (error: unknown): void => void troubles.push(error)
  await expireSessions(context).catch(note)
  for (const region of context.regions.values())
    for (const tenantId of await region.store.sessions.listTenants())
      await sweepTenant(context, region, tenantId).catch(note)
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not every capture session could be looked after.')
}

const sweepTenant = async (context: Context, region: Region, tenantId: string): Promise<void> => {
  const { frameHours, resultDays } = retentionOf(await context.control.findTenant(tenantId))
  const { sessions } = region.store
  const now = context.clock.now().getTime()
  const framesBefore = new Date(now - frameHours * MS_PER_HOUR)
  const resultsBefore = new Date(now - resultDays * MS_PER_DAY)
  await inBatches(
    BATCH,
    () => sessions.listOlder(tenantId, resultsBefore, BATCH),
    async ({ id }) => {
      await deleteFrames(region, () => sessions.delete(id))
      return true
    },
  )
  await inBatches(
    BATCH,
    () => sessions.listUncleared(tenantId, framesBefore, BATCH),
    session => clearFrames(context, region, session),
  )
  // Tries that failed, of sessions that go on.
  for (let deleted = FRAME_BATCH; deleted === FRAME_BATCH; ) {
    await deleteFrames(region, async () => {
      const keys = await sessions.deleteStaleFrames(tenantId, framesBefore, FRAME_BATCH)
      deleted = keys.length
      return keys
    })
    await yieldTurn()
  }
}

/** The frames and, as biometric as they are, the template; what was found stays for as long as results do. */
const clearFrames = async ({ clock }: Context, region: Region, session: CaptureSession): Promise<boolean> => {
  const { sessions } = region.store
  await deleteFrames(region, () => sessions.deleteFrames(session.id))
  const verdict = session.verdict && { ...session.verdict, template: null }
  const change = { verdict, clearedAt: clock.now() }
  return (await sessions.update(session.id, session.revision, change)) !== null
}

/** Until there is nothing more to do, or nothing that can be done now: what is left comes again with the next sweep. */
const inBatches = async (
  size: number,
  list: () => Promise<readonly CaptureSession[]>,
  work: (session: CaptureSession) => Promise<boolean>,
): Promise<void> => {
  for (let isMore = true; isMore; ) {
    const batch = await list()
    let done = 0
    for (const session of batch) if (await work(session)) done++
    isMore = batch.length === size && done > 0
    await yieldTurn()
  }
}

/**
 * In a database that is a copy from before: nobody knows which sessions were cleared since, so all are, and no notice of that
 * time is sent again. Their frames are in no backup.
 */
export const forgetSessions = async ({
  store,
  blobs,
  clock,
}: {
  readonly store: Store
  readonly blobs: BlobStore
  readonly clock: Clock
}): Promise<void> => {
  await store.sessions.deleteAllDeliveries()
  for (const tenantId of await store.sessions.listTenants()) {
    let cursor: string | null = null
    do {
      const page = await store.sessions.list(tenantId, {}, { limit: BATCH, cursor })
      for (const session of page.items) {
        const keys = await store.sessions.deleteFrames(session.id)
        if (keys.length > 0) await blobs.delete(keys)
        const end = { state: endedStateOf(session), ended: true, endedAt: clock.now() }
        await wipe({ store }, clock, session, session.ended ? {} : end)
      }
      cursor = page.nextCursor
    } while (cursor !== null)
  }
}
