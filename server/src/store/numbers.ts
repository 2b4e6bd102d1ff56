// The queries on numbers, the aliases by which some protocols name faces and galleries. No rules of the domain.
import { type Selectable, sql } from 'kysely'
import type { Numbered, NumberedThing, NumberKind, NumberStore } from '../core/ports.ts'
import { toDate, toNumber } from './codec.ts'
import type { RegionConnection, RegionTransaction } from './connection.ts'
import type { StoreDialect } from './dialect.ts'
import type { NumbersTable } from './schema.ts'

export function createNumberStore({ db, dialect }: RegionConnection): NumberStore {
  const numbersIn = (tenantId: string, kind: NumberKind) =>
    db.selectFrom('numbers').selectAll().where('tenant_id', '=', tenantId).where('kind', '=', kind)

  async function find(tenantId: string, kind: NumberKind, number: number): Promise<Numbered | null> {
    const row = await numbersIn(tenantId, kind).where('number', '=', number).executeTakeFirst()
    return row ? toNumbered(row) : null
  }

  async function numbersOf(kind: NumberKind, uids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await db
      .selectFrom('numbers')
      .select(['uid', 'number'])
      .where('kind', '=', kind)
      .where(dialect.anyOf('uid', uids))
      .execute()
    return new Map(rows.map(row => [row.uid, toNumber(row.number)]))
  }

  async function list(
    tenantId: string,
    kind: NumberKind,
    parentUid: string,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<readonly Numbered[]> {
    const rows = await numbersIn(tenantId, kind)
      .where('parent_uid', '=', parentUid)
      .where('number', '>', after)
      .where('deleted_at', 'is', null)
      .orderBy('number')
      .limit(limit)
      .execute()
    return rows.map(toNumbered)
  }

  async function describeDeleted(
    kind: NumberKind,
    uid: string,
    details: NonNullable<Numbered['details']>,
  ): Promise<void> {
    await db
      .updateTable('numbers')
      .set({ details: JSON.stringify(details) })
      .where('kind', '=', kind)
      .where('uid', '=', uid)
      .where('deleted_at', 'is not', null)
      .execute()
  }

  async function forget(before: Date): Promise<number> {
    const gone = await db.deleteFrom('numbers').where('deleted_at', '<', before.getTime()).executeTakeFirstOrThrow()
    return Number(gone.numDeletedRows)
  }

  async function skip(count: number): Promise<void> {
    await db
      .updateTable('number_counters')
      .set({ last: sql<number>`last + ${count}` })
      .execute()
  }

  return {
    assign: thing => db.transaction().execute(trx => assignNumber(trx, thing)),
    find,
    numbersOf,
    list,
    describeDeleted,
    forget,
    skip,
  }
}

/** The thing's number; a new one, the next of its tenant and kind, where it has none yet. */
async function assignNumber(trx: RegionTransaction, thing: NumberedThing): Promise<number> {
  const known = await readNumber(trx, thing)
  if (known !== null) return known
  await lockCounter(trx, thing)
  // Who held the counter until now may have given this very thing its number.
  return (await readNumber(trx, thing)) ?? giveNumber(trx, thing)
}

async function readNumber(trx: RegionTransaction, { kind, uid }: NumberedThing): Promise<number | null> {
  const known = await trx
    .selectFrom('numbers')
    .select('number')
    .where('kind', '=', kind)
    .where('uid', '=', uid)
    .executeTakeFirst()
  return known ? toNumber(known.number) : null
}

/** Until the end of the transaction. */
async function lockCounter(trx: RegionTransaction, { tenantId, kind }: NumberedThing): Promise<void> {
  await trx
    .insertInto('number_counters')
    .values({ tenant_id: tenantId, kind, last: 0 })
    .onConflict(conflict =>
      conflict.columns(['tenant_id', 'kind']).doUpdateSet({ last: sql<number>`number_counters.last` }),
    )
    .execute()
}

/** The next number of its tenant and kind, for a thing that has none. */
export async function giveNumber(trx: RegionTransaction, thing: NumberedThing): Promise<number> {
  const { tenantId, kind, uid, parentUid } = thing
  // Writers of one tenant and kind queue up at this row until their transactions end, so that no number is left out.
  const { last } = await trx
    .insertInto('number_counters')
    .values({ tenant_id: tenantId, kind, last: 1 })
    .onConflict(conflict =>
      conflict.columns(['tenant_id', 'kind']).doUpdateSet({ last: sql<number>`number_counters.last + 1` }),
    )
    .returning('last')
    .executeTakeFirstOrThrow()
  const number = toNumber(last)
  await trx
    .insertInto('numbers')
    .values({ tenant_id: tenantId, kind, number, uid, parent_uid: parentUid, deleted_at: null, details: null })
    .execute()
  return number
}

/** Of faces or galleries that are erased in this transaction. */
export async function markNumbersDeleted(
  trx: RegionTransaction,
  dialect: StoreDialect,
  uids: readonly string[],
  at: Date,
): Promise<void> {
  await trx
    .updateTable('numbers')
    .set({ deleted_at: at.getTime() })
    .where(dialect.anyOf('uid', uids))
    .where('deleted_at', 'is', null)
    .execute()
}

function toNumbered(row: Selectable<NumbersTable>): Numbered {
  return {
    tenantId: row.tenant_id,
    kind: row.kind as NumberKind,
    uid: row.uid,
    parentUid: row.parent_uid,
    number: toNumber(row.number),
    deletedAt: row.deleted_at === null ? null : toDate(row.deleted_at),
    details: row.details === null ? null : JSON.parse(row.details),
  }
}
