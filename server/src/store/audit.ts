// Appends to the audit trail and reads it, and does nothing else with it: the database refuses every other change.
import type { Selectable } from 'kysely'
import type { AuditEntry, AuditFilter, ControlStore } from '../core/ports.ts'
import type { Page, PageRequest } from '../core/types.ts'
import { toDate } from './codec.ts'
import type { StoreConnection } from './connection.ts'
import { type Log, logConditions, logKeyOf } from './log-pages.ts'
import { createPage } from './pages.ts'
import type { AuditTable, ControlTables } from './schema.ts'

const LOG: Log<AuditFilter> = {
  list: 'audit',
  tie: 'sequence',
  columns: {
    actor: 'actor',
    action: 'action',
    galleryId: 'gallery_id',
    subjectHash: 'subject_hash',
  },
}

type AuditQueries = Pick<ControlStore, 'appendAudit' | 'listAudit'>

export function createAuditQueries({ db }: StoreConnection<ControlTables>): AuditQueries {
  async function appendAudit(entries: readonly AuditEntry[]): Promise<void> {
    await db.transaction().execute(async trx => {
      // One row a statement: few enough come together, and the statement's text stays the same for any number.
      for (const entry of entries) await trx.insertInto('audit').values(toRow(entry)).execute()
    })
  }

  async function listAudit(tenantId: string, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>> {
    let query = db.selectFrom('audit').selectAll().where('tenant_id', '=', tenantId)
    for (const condition of logConditions(LOG, filter, page)) query = query.where(condition)
    const rows = await query
      .orderBy('at', 'desc')
      .orderBy('sequence', 'desc')
      .limit(page.limit + 1)
      .execute()
    return createPage('audit', page, rows, logKeyOf('sequence'), toEntry)
  }

  return { appendAudit, listAudit }
}

function toRow(entry: AuditEntry) {
  return {
    id: entry.id,
    at: entry.at.getTime(),
    tenant_id: entry.tenantId,
    region_id: entry.regionId,
    actor: entry.actor,
    action: entry.action,
    gallery_id: entry.galleryId,
    subject_hash: entry.subjectHash,
    face_id: entry.faceId,
    target: entry.target,
    transaction_id: entry.transactionId,
  }
}

function toEntry(row: Selectable<AuditTable>): AuditEntry {
  return {
    id: row.id,
    at: toDate(row.at),
    tenantId: row.tenant_id,
    regionId: row.region_id,
    actor: row.actor,
    action: row.action,
    galleryId: row.gallery_id,
    subjectHash: row.subject_hash,
    faceId: row.face_id,
    target: row.target,
    transactionId: row.transaction_id,
  }
}
