// The queries on idempotent calls: who holds a key, and what was answered. Sees keys hashed and answers sealed.
import type { Selectable, Transaction } from 'kysely'
import type { Claim, ClaimOutcome, KeptAnswerStore, NewKeptAnswer } from '../core/kept-answer-ports.ts'
import { toNumber } from './codec.ts'
import type { StoreConnection } from './connection.ts'
import type { ControlTables, KeptAnswersTable } from './schema.ts'

type Connection = StoreConnection<ControlTables>

export function createKeptAnswerStore(connection: Connection): KeptAnswerStore {
  const { db } = connection

  async function release(id: string, owner: string): Promise<void> {
    await db
      .updateTable('kept_answers')
      .set({ state: 'free' })
      .where('id', '=', id)
      .where('owner', '=', owner)
      .where('state', '=', 'running')
      .execute()
  }

  async function prune(before: Date, limit: number): Promise<number> {
    // The mentions go with them, by their reference.
    const { numDeletedRows } = await db
      .deleteFrom('kept_answers')
      .where('id', 'in', query =>
        query
          .selectFrom('kept_answers')
          .select('id')
          .where('created_at', '<', before.getTime())
          .orderBy('created_at')
          .limit(limit),
      )
      .executeTakeFirstOrThrow()
    return Number(numDeletedRows)
  }

  return {
    claim: claim => claimKey(connection, claim),
    keep: (id, owner, answer) => keepAnswer(connection, id, owner, answer),
    release,
    erase: mentions => eraseAnswers(connection, mentions),
    prune,
  }
}

function claimKey({ db, dialect }: Connection, claim: Claim): Promise<ClaimOutcome> {
  return db.transaction().execute(async trx => {
    const inserted = await trx
      .insertInto('kept_answers')
      .values(toRow(claim))
      .onConflict(conflict => conflict.columns(['credential_id', 'key_hash']).doNothing())
      .returning('id')
      .executeTakeFirst()
    if (inserted) return { outcome: 'claimed', id: claim.id }
    const held = await trx
      .selectFrom('kept_answers')
      .selectAll()
      .where('credential_id', '=', claim.credentialId)
      .where('key_hash', '=', Buffer.from(claim.keyHash))
      .modifyEnd(dialect.lockEnd)
      .executeTakeFirstOrThrow()
    return judge(held, claim) ?? takeOver(trx, held, claim)
  })
}

/** What the holder of the key has to say to the claim; null when the key is free. */
function judge(held: Selectable<KeptAnswersTable>, claim: Claim): ClaimOutcome | null {
  const since = toNumber(held.created_at)
  if (since < claim.keptSince.getTime() || held.state === 'free') return null
  if (held.state === 'running' && isDead(held.owner, since, claim)) return null
  if (!isSameRequest(held, claim)) return { outcome: 'other_request' }
  if (held.state === 'kept' && held.answer && held.status !== null)
    return { outcome: 'kept', id: held.id, status: toNumber(held.status), sealed: held.answer }
  return { outcome: held.state === 'running' ? 'running' : 'erased' }
}

function isDead(owner: string, since: number, claim: Claim): boolean {
  return since < claim.runningSince.getTime() || (claim.isAlone && owner !== claim.owner)
}

function isSameRequest(held: Selectable<KeptAnswersTable>, claim: Claim): boolean {
  return Buffer.from(held.request_hash).equals(claim.requestHash)
}

/** Another try of the same request within its time keeps the id of the first, under which it may have made something. */
async function takeOver(
  trx: Transaction<ControlTables>,
  held: Selectable<KeptAnswersTable>,
  claim: Claim,
): Promise<ClaimOutcome> {
  const isRetry = isSameRequest(held, claim) && toNumber(held.created_at) >= claim.keptSince.getTime()
  const id = isRetry ? held.id : claim.id
  await trx.deleteFrom('kept_answers').where('id', '=', held.id).execute()
  await trx
    .insertInto('kept_answers')
    .values(toRow({ ...claim, id }))
    .execute()
  return { outcome: 'claimed', id }
}

function toRow(claim: Claim) {
  return {
    id: claim.id,
    tenant_id: claim.tenantId,
    credential_id: claim.credentialId,
    key_hash: Buffer.from(claim.keyHash),
    route: claim.route,
    request_hash: Buffer.from(claim.requestHash),
    state: 'running',
    owner: claim.owner,
    created_at: claim.at.getTime(),
    status: null,
    answer: null,
  } as const
}

async function keepAnswer({ db }: Connection, id: string, owner: string, answer: NewKeptAnswer): Promise<void> {
  await db.transaction().execute(async trx => {
    const { numUpdatedRows } = await trx
      .updateTable('kept_answers')
      .set({ state: 'kept', status: answer.status, answer: Buffer.from(answer.sealed) })
      .where('id', '=', id)
      .where('owner', '=', owner)
      .where('state', '=', 'running')
      .executeTakeFirstOrThrow()
    if (Number(numUpdatedRows) === 0) return
    for (const mention of new Set(answer.mentions))
      await trx.insertInto('answer_mentions').values({ mention, answer_id: id }).execute()
  })
}

async function eraseAnswers({ db, dialect }: Connection, mentions: readonly string[]): Promise<number> {
  const erased = await db.transaction().execute(async trx => {
    const rows = await trx
      .deleteFrom('answer_mentions')
      .where(dialect.anyOf('mention', mentions))
      .returning('answer_id')
      .execute()
    const ids = [...new Set(rows.map(row => row.answer_id))]
    if (ids.length === 0) return 0
    await trx.deleteFrom('answer_mentions').where(dialect.anyOf('answer_id', ids)).execute()
    await trx
      .updateTable('kept_answers')
      .set({ state: 'erased', answer: null, status: null })
      .where(dialect.anyOf('id', ids))
      .execute()
    return ids.length
  })
  if (erased > 0) await dialect.clearTraces(db)
  return erased
}
