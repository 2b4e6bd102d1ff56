// Appends to the audit trail, and does nothing else with it: the database refuses every other change.
import type { AuditEntry } from '../core/ports.ts'
import type { StoreConnection } from './connection.ts'
import type { ControlTables } from './schema.ts'

export async function appendAudit({ db }: StoreConnection<ControlTables>, entry: AuditEntry): Promise<void> {
  await db
    .insertInto('audit')
    .values({
      id: entry.id,
      at: entry.at.getTime(),
      tenant_id: entry.tenantId,
      actor: entry.actor,
      action: entry.action,
      target: entry.target,
    })
    .execute()
}
