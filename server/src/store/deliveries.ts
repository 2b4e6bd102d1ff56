// The queries on notices that wait to be taken. No rules of the domain. Address and body are sealed as "delivery:ID": an
// address may hold what opens the caller's server.
import { type Selectable, sql } from 'kysely'
import type { SessionStore, Vault } from '../core/ports.ts'
import type { Delivery } from '../core/session-types.ts'
import { toDate, toNumber } from './codec.ts'
import type { RegionConnection } from './connection.ts'
import type { DeliveriesTable } from './session-schema.ts'

type DeliveryQueries = Pick<
  SessionStore,
  'listDeliveries' | 'nextDeliveryAt' | 'updateDelivery' | 'deleteDelivery' | 'deleteAllDeliveries'
>

const contextOf = (id: string): string => `delivery:${id}`

/** The tenant's key must be there: see `Vault.ensureTenant`. */
export function toDeliveryRow(vault: Vault, delivery: Delivery) {
  const { id, tenantId, sessionId, kind, url, receiver, body, tries, nextAt, lastError, createdAt } = delivery
  const sealed = Buffer.from(JSON.stringify({ url, body }), 'utf8')
  return {
    id,
    tenant_id: tenantId,
    session_id: sessionId,
    kind,
    tries,
    next_at: nextAt.getTime(),
    last_error: lastError,
    created_at: createdAt.getTime(),
    sealed: Buffer.from(vault.seal(tenantId, sealed, contextOf(id))),
    receiver,
  }
}

export function createDeliveryQueries({ db, dialect }: RegionConnection, vault: Vault): DeliveryQueries {
  return {
    async listDeliveries(now, limit, { receiver, exceptIds = [], exceptReceivers = [], exceptTenants = [] } = {}) {
      const isNone = (column: string, values: readonly string[]) => sql<boolean>`not (${dialect.anyOf(column, values)})`
      const rows = await db
        .selectFrom('deliveries')
        .selectAll()
        .where('next_at', '<=', now.getTime())
        .$if(receiver !== undefined, query => query.where('receiver', '=', receiver ?? ''))
        .$if(exceptIds.length > 0, query => query.where(isNone('id', exceptIds)))
        .$if(exceptReceivers.length > 0, query => query.where(isNone('receiver', exceptReceivers)))
        .$if(exceptTenants.length > 0, query => query.where(isNone('tenant_id', exceptTenants)))
        .orderBy('next_at')
        .orderBy('id')
        .limit(limit)
        .execute()
      await vault.ensureKeysOf(rows.map(row => row.sealed))
      return rows.map(row => toDelivery(vault, row))
    },
    async nextDeliveryAt() {
      const row = await db.selectFrom('deliveries').select('next_at').orderBy('next_at').limit(1).executeTakeFirst()
      return row ? toDate(row.next_at) : null
    },
    async updateDelivery(id, { tries, nextAt, lastError }) {
      const values = { tries, next_at: nextAt.getTime(), last_error: lastError }
      await db.updateTable('deliveries').set(values).where('id', '=', id).execute()
    },
    async deleteDelivery(id) {
      await db.deleteFrom('deliveries').where('id', '=', id).execute()
    },
    async deleteAllDeliveries() {
      return Number((await db.deleteFrom('deliveries').executeTakeFirstOrThrow()).numDeletedRows)
    },
  }
}

function toDelivery(vault: Vault, row: Selectable<DeliveriesTable>): Delivery {
  const { url, body } = JSON.parse(Buffer.from(vault.open(row.sealed, contextOf(row.id))).toString('utf8'))
  return {
    id: row.id,
    tenantId: row.tenant_id,
    sessionId: row.session_id,
    kind: row.kind as Delivery['kind'],
    url,
    receiver: row.receiver,
    body,
    tries: toNumber(row.tries),
    nextAt: toDate(row.next_at),
    lastError: row.last_error,
    createdAt: toDate(row.created_at),
  }
}
