// The queries on the log of calls and on the counts made from it. No rules of the domain.
import { type Selectable, type SqlBool, type Transaction as SqlTransaction, sql } from 'kysely'
import type {
  AcceptedCount,
  AcceptedFilter,
  ControlStore,
  Pricing,
  Transaction,
  TransactionFilter,
  UsageCount,
  UsageFilter,
} from '../core/ports.ts'
import type { Page, PageRequest } from '../core/types.ts'
import { AppError } from '../errors.ts'
import { toDate, toNumber } from './codec.ts'
import type { StoreConnection } from './connection.ts'
import { type Log, logConditions, logKeyOf } from './log-pages.ts'
import { createPage, readCursor } from './pages.ts'
import type { ControlTables, TransactionsTable, UsageTable } from './schema.ts'

type CallQueries = Pick<
  ControlStore,
  | 'recordCalls'
  | 'findTransaction'
  | 'listTransactions'
  | 'deleteTransactions'
  | 'listUsage'
  | 'countAccepted'
  | 'deleteAccepted'
>

const LOG: Log<TransactionFilter> = {
  list: 'transactions',
  tie: 'id',
  columns: {
    operation: 'operation',
    outcome: 'outcome',
    galleryId: 'gallery_id',
    subjectHash: 'subject_hash',
  },
}

export function createCallQueries({ db }: StoreConnection<ControlTables>): CallQueries {
  async function recordCalls(
    calls: readonly Transaction[],
    counts: readonly UsageCount[],
    accepted: readonly AcceptedCount[] = [],
  ): Promise<void> {
    await db.transaction().execute(async trx => {
      for (const call of calls) {
        const row = trx.insertInto('transactions').values(toRow(call))
        await row.onConflict(conflict => conflict.column('id').doNothing()).execute()
      }
      for (const count of counts) await addCount(trx, count)
      for (const count of accepted) await addAccepted(trx, count)
    })
  }

  async function findTransaction(tenantId: string, id: string): Promise<Transaction | null> {
    const row = await db
      .selectFrom('transactions')
      .selectAll()
      .where('id', '=', id)
      .where('tenant_id', '=', tenantId)
      .executeTakeFirst()
    return row ? toTransaction(row) : null
  }

  async function listTransactions(
    tenantId: string,
    filter: TransactionFilter,
    page: PageRequest,
  ): Promise<Page<Transaction>> {
    let query = db.selectFrom('transactions').selectAll().where('tenant_id', '=', tenantId)
    for (const condition of logConditions(LOG, filter, page)) query = query.where(condition)
    const rows = await query
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(page.limit + 1)
      .execute()
    return createPage('transactions', page, rows, logKeyOf('id'), toTransaction)
  }

  async function deleteTransactions(before: Date, limit: number): Promise<number> {
    const oldest = db
      .selectFrom('transactions')
      .select('id')
      .where('at', '<', before.getTime())
      .orderBy('at')
      .limit(limit)
    const { numDeletedRows } = await db.deleteFrom('transactions').where('id', 'in', oldest).executeTakeFirstOrThrow()
    return Number(numDeletedRows)
  }

  async function listUsage(tenantId: string, filter: UsageFilter, page: PageRequest): Promise<Page<UsageCount>> {
    const { from, to, operation } = filter
    const after = readUsageCursor(page)
    let query = db.selectFrom('usage').selectAll().where('tenant_id', '=', tenantId)
    if (from !== null) query = query.where('day', '>=', from)
    if (to !== null) query = query.where('day', '<=', to)
    if (operation !== undefined) query = query.where('operation', '=', operation)
    if (after) query = query.where(sql<SqlBool>`(day, region_id, operation, outcome, pricing) > (${sql.join(after)})`)
    const rows = await query
      .orderBy('day')
      .orderBy('region_id')
      .orderBy('operation')
      .orderBy('outcome')
      .orderBy('pricing')
      .limit(page.limit + 1)
      .execute()
    return createPage('usage', page, rows, usageKeyOf, toCount)
  }

  async function countAccepted({ credentialId, from, to, operations }: AcceptedFilter): Promise<number> {
    const { calls } = await db
      .selectFrom('accepted_calls')
      .select(query => query.fn.coalesce(query.fn.sum<number | string | bigint>('calls'), sql<number>`0`).as('calls'))
      .where('credential_id', '=', credentialId)
      .where('day', '>=', from)
      .where('day', '<=', to)
      .$if(operations !== null, query => query.where('operation', 'in', [...operations!]))
      .executeTakeFirstOrThrow()
    return toNumber(calls)
  }

  async function deleteAccepted(before: string): Promise<void> {
    await db.deleteFrom('accepted_calls').where('day', '<', before).execute()
  }

  return {
    recordCalls,
    findTransaction,
    listTransactions,
    deleteTransactions,
    listUsage,
    countAccepted,
    deleteAccepted,
  }
}

async function addAccepted(trx: SqlTransaction<ControlTables>, count: AcceptedCount): Promise<void> {
  await trx
    .insertInto('accepted_calls')
    .values({
      credential_id: count.credentialId,
      day: count.day,
      operation: count.operation,
      calls: count.count,
    })
    .onConflict(conflict =>
      conflict
        .columns(['credential_id', 'day', 'operation'])
        .doUpdateSet({ calls: sql<number>`accepted_calls.calls + excluded.calls` }),
    )
    .execute()
}

async function addCount(trx: SqlTransaction<ControlTables>, count: UsageCount): Promise<void> {
  await trx
    .insertInto('usage')
    .values({
      tenant_id: count.tenantId,
      day: count.day,
      region_id: count.regionId,
      operation: count.operation,
      outcome: count.outcome,
      pricing: count.pricing ?? '',
      calls: count.count,
    })
    .onConflict(conflict =>
      conflict
        .columns(['tenant_id', 'day', 'region_id', 'operation', 'outcome', 'pricing'])
        .doUpdateSet({ calls: sql<number>`usage.calls + excluded.calls` }),
    )
    .execute()
}

/** No part has a slash in it. */
const usageKeyOf = (row: Selectable<UsageTable>): string =>
  [row.day, row.region_id, row.operation, row.outcome, row.pricing].join('/')

function readUsageCursor(page: PageRequest): readonly string[] | null {
  const key = readCursor('usage', page)
  if (key === '') return null
  const parts = key.split('/')
  if (parts.length === 5) return parts
  throw new AppError('request_invalid', 'Expected "cursor" to be the nextCursor of an earlier page of the same list.', {
    details: { name: 'cursor' },
  })
}

function toRow(call: Transaction) {
  return {
    id: call.id,
    at: call.at.getTime(),
    tenant_id: call.tenantId,
    region_id: call.regionId,
    credential_id: call.credentialId,
    protocol: call.protocol,
    operation: call.operation,
    gallery_id: call.galleryId,
    subject_hash: call.subjectHash,
    status: call.status,
    outcome: call.outcome,
    duration_ms: call.durationMs,
    facts: call.facts && JSON.stringify(call.facts),
  }
}

function toTransaction(row: Selectable<TransactionsTable>): Transaction {
  return {
    id: row.id,
    at: toDate(row.at),
    tenantId: row.tenant_id,
    regionId: row.region_id,
    credentialId: row.credential_id,
    protocol: row.protocol,
    operation: row.operation,
    galleryId: row.gallery_id,
    subjectHash: row.subject_hash,
    status: toNumber(row.status),
    outcome: row.outcome,
    durationMs: row.duration_ms,
    facts: row.facts === null ? null : JSON.parse(row.facts),
  }
}

function toCount(row: Selectable<UsageTable>): UsageCount {
  return {
    tenantId: row.tenant_id,
    regionId: row.region_id,
    day: row.day,
    operation: row.operation,
    outcome: row.outcome,
    ...(row.pricing !== '' && { pricing: row.pricing as Pricing }),
    count: toNumber(row.calls),
  }
}
