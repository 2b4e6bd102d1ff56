// The queries on tenants. No rules of the domain.
import type { Selectable } from 'kysely'
import type { ControlStore, TenantChange } from '../core/ports.ts'
import type { Page, PageRequest, Tenant } from '../core/types.ts'
import { toDate, toNumber } from './codec.ts'
import type { StoreConnection } from './connection.ts'
import { createPage, readCursor } from './pages.ts'
import type { ControlTables, TenantsTable } from './schema.ts'

const COLUMNS = [
  'id',
  'name',
  'status',
  'image_urls',
  'picture_shape',
  'created_at',
  'frame_hours',
  'result_days',
] as const satisfies readonly (keyof TenantsTable)[]

type TenantQueries = Pick<ControlStore, 'insertTenant' | 'findTenant' | 'listTenants' | 'updateTenant'>

export function createTenantQueries({ db }: StoreConnection<ControlTables>): TenantQueries {
  async function insertTenant({ id, name, createdAt, ...rules }: Tenant): Promise<boolean> {
    const row = await db
      .insertInto('tenants')
      .values({ id, name, ...toColumns(rules), created_at: createdAt.getTime() })
      .onConflict(conflict => conflict.column('id').doNothing())
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  }

  async function findTenant(id: string): Promise<Tenant | null> {
    const row = await db.selectFrom('tenants').select(COLUMNS).where('id', '=', id).executeTakeFirst()
    return row ? toTenant(row) : null
  }

  async function listTenants(page: PageRequest): Promise<Page<Tenant>> {
    const rows = await db
      .selectFrom('tenants')
      .select(COLUMNS)
      .where('id', '>', readCursor('tenants', page))
      .orderBy('id')
      .limit(page.limit + 1)
      .execute()
    return createPage('tenants', page, rows, row => row.id, toTenant)
  }

  async function updateTenant(id: string, change: TenantChange): Promise<Tenant | null> {
    const row = await db
      .updateTable('tenants')
      .set(toColumns(change))
      .where('id', '=', id)
      .returning(COLUMNS)
      .executeTakeFirst()
    return row ? toTenant(row) : null
  }

  return { insertTenant, findTenant, listTenants, updateTenant }
}

/** What is undefined is left as it is. */
function toColumns<Change extends TenantChange>({ status, imageUrls, pictureShape, frameHours, resultDays }: Change) {
  return {
    status: status as Change['status'],
    image_urls: imageUrls as Change['imageUrls'],
    picture_shape: pictureShape as Change['pictureShape'],
    frame_hours: frameHours as Change['frameHours'],
    result_days: resultDays as Change['resultDays'],
  }
}

function toTenant(row: Selectable<TenantsTable>): Tenant {
  const { id, name, status, image_urls: imageUrls, picture_shape: pictureShape } = row
  const frameHours = row.frame_hours === null ? null : toNumber(row.frame_hours)
  const resultDays = row.result_days === null ? null : toNumber(row.result_days)
  return { id, name, status, imageUrls, pictureShape, frameHours, resultDays, createdAt: toDate(row.created_at) }
}
