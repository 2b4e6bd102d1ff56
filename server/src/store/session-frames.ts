// The queries on the frames of capture sessions. No rules of the domain; the bytes of frames lie in the blob store.
import type { Selectable } from 'kysely'
import { createGroupCommit } from '../core/group-commit.ts'
import type { SessionStore } from '../core/ports.ts'
import type { SessionFrame } from '../core/session-types.ts'
import { toDate, toNumber } from './codec.ts'
import type { RegionConnection, RegionTransaction } from './connection.ts'
import type { StoreDialect } from './dialect.ts'
import type { SessionFramesTable } from './session-schema.ts'

type FrameQueries = Pick<
  SessionStore,
  'insertFrame' | 'listFrames' | 'deleteFrames' | 'deleteStaleFrames' | 'findReplayed'
>

/** A frame on its way into its table, and whether it got there. */
interface Arrival {
  readonly frame: SessionFrame
  readonly most: number
  isKept: boolean
}

export function createFrameQueries({ db, dialect }: RegionConnection): FrameQueries {
  /** Frames come by the hundred a second: a flush of the disk for each would keep enrolments waiting. */
  const arrivals = createGroupCommit<Arrival>(group =>
    db.transaction().execute(async trx => {
      // In one order, so that groups of several processes do not wait for each other's rows.
      const ordered = group.toSorted((one, other) => (one.frame.sessionId < other.frame.sessionId ? -1 : 1))
      for (const arrival of ordered) arrival.isKept = await insertWithin(trx, dialect, arrival)
    }),
  )

  async function insertFrame(frame: SessionFrame, most: number): Promise<boolean> {
    const arrival = { frame, most, isKept: false }
    await arrivals.append(arrival)
    return arrival.isKept
  }

  async function listFrames(sessionId: string, attempt: number): Promise<readonly SessionFrame[]> {
    const rows = await db
      .selectFrom('session_frames')
      .selectAll()
      .where('session_id', '=', sessionId)
      .where('attempt', '=', attempt)
      .orderBy('sequence')
      .execute()
    return rows.map(toFrame)
  }

  async function deleteFrames(sessionId: string): Promise<readonly string[]> {
    const rows = await db
      .deleteFrom('session_frames')
      .where('session_id', '=', sessionId)
      .returning('blob_key')
      .execute()
    return rows.map(row => row.blob_key)
  }

  async function deleteStaleFrames(tenantId: string, before: Date, limit: number): Promise<readonly string[]> {
    const stale = db
      .selectFrom('session_frames')
      .innerJoin('sessions', 'sessions.id', 'session_frames.session_id')
      .select('blob_key')
      .where('sessions.tenant_id', '=', tenantId)
      // Those that go on, by the index of ends.
      .where('sessions.ended_at', 'is', null)
      .where('sessions.state', '<>', 'submitted')
      .where('received_at', '<', before.getTime())
      .limit(limit)
    const rows = await db.deleteFrom('session_frames').where('blob_key', 'in', stale).returning('blob_key').execute()
    return rows.map(row => row.blob_key)
  }

  async function findReplayed(
    tenantId: string,
    sessionId: string,
    attempt: number,
    digests: readonly string[],
  ): Promise<readonly string[]> {
    const rows = await db
      .selectFrom('frame_digests')
      .select('session_id')
      .distinct()
      .where('tenant_id', '=', tenantId)
      .where(where => where.or([where('session_id', '<>', sessionId), where('attempt', '<>', attempt)]))
      .where(dialect.anyOf('digest', digests.map(digestOf)))
      .orderBy('session_id')
      .execute()
    return rows.map(row => row.session_id)
  }

  return { insertFrame, listFrames, deleteFrames, deleteStaleFrames, findReplayed }
}

/** Frames of one session queue up at its row, as does whatever ends it: none comes after its end. */
async function insertWithin(
  trx: RegionTransaction,
  dialect: StoreDialect,
  { frame, most }: Pick<Arrival, 'frame' | 'most'>,
): Promise<boolean> {
  const session = await trx
    .selectFrom('sessions')
    .select('tenant_id')
    .where('id', '=', frame.sessionId)
    .where('state', '=', 'started')
    .where('ended', '=', 0)
    .where('attempt', '=', frame.attempt)
    .modifyEnd(dialect.lockEnd)
    .executeTakeFirst()
  if (!session) return false
  const { frames } = await trx
    .selectFrom('session_frames')
    .select(query => query.fn.countAll<number | string | bigint>().as('frames'))
    .where('session_id', '=', frame.sessionId)
    .where('attempt', '=', frame.attempt)
    .executeTakeFirstOrThrow()
  if (toNumber(frames) >= most) return false
  const row = toRow(frame, session.tenant_id)
  const inserted = await trx
    .insertInto('session_frames')
    .values(row)
    .onConflict(conflict => conflict.columns(['session_id', 'attempt', 'sequence']).doNothing())
    .returning('blob_key')
    .executeTakeFirst()
  if (!inserted) return false
  const { session_id, tenant_id, attempt } = row
  await trx
    .insertInto('frame_digests')
    .values({ tenant_id, digest: digestOf(frame.sha256), session_id, attempt })
    .onConflict(conflict => conflict.doNothing())
    .execute()
  return true
}

const DIGEST_CHARACTERS = 32
const digestOf = (sha256: string): string => sha256.slice(0, DIGEST_CHARACTERS)

function toRow(frame: SessionFrame, tenantId: string) {
  return {
    blob_key: frame.blobKey,
    session_id: frame.sessionId,
    tenant_id: tenantId,
    attempt: frame.attempt,
    step_id: frame.stepId,
    sequence: frame.sequence,
    source: frame.source,
    at_ms: frame.atMs,
    received_at: frame.receivedAt.getTime(),
    media_type: frame.mediaType,
    bytes: frame.bytes,
    sha256: frame.sha256,
  }
}

function toFrame(row: Selectable<SessionFramesTable>): SessionFrame {
  return {
    sessionId: row.session_id,
    attempt: toNumber(row.attempt),
    stepId: row.step_id,
    sequence: toNumber(row.sequence),
    source: row.source as SessionFrame['source'],
    atMs: row.at_ms,
    receivedAt: toDate(row.received_at),
    blobKey: row.blob_key,
    mediaType: row.media_type,
    bytes: toNumber(row.bytes),
    sha256: row.sha256,
  }
}
