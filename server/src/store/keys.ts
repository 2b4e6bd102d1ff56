// The queries on API keys. Sees only the hash of a secret.
import { type Selectable, sql } from 'kysely'
import type { ControlStore, NewApiKey } from '../core/ports.ts'
import type { ApiKey, Page, PageRequest } from '../core/types.ts'
import { toDate, toNumber } from './codec.ts'
import type { StoreConnection } from './connection.ts'
import { createPage, readCursor } from './pages.ts'
import type { ApiKeysTable, ControlTables } from './schema.ts'

const COLUMNS = [
  'id',
  'tenant_id',
  'region_id',
  'name',
  'created_at',
  'revoked_at',
] as const satisfies readonly (keyof ApiKeysTable)[]

type KeyQueries = Pick<ControlStore, 'insertKey' | 'findKeyByHash' | 'listKeys' | 'revokeKey' | 'countKeys'>

export function createKeyQueries({ db }: StoreConnection<ControlTables>): KeyQueries {
  async function insertKey(key: NewApiKey): Promise<void> {
    await db
      .insertInto('api_keys')
      .values({
        id: key.id,
        tenant_id: key.tenantId,
        region_id: key.regionId,
        name: key.name,
        secret_hash: Buffer.from(key.secretHash),
        created_at: key.createdAt.getTime(),
        revoked_at: null,
      })
      .execute()
  }

  async function findKeyByHash(secretHash: Uint8Array): Promise<ApiKey | null> {
    const row = await db
      .selectFrom('api_keys')
      .select(COLUMNS)
      .where('secret_hash', '=', Buffer.from(secretHash))
      .executeTakeFirst()
    return row ? toApiKey(row) : null
  }

  async function listKeys(tenantId: string, page: PageRequest): Promise<Page<ApiKey>> {
    const rows = await db
      .selectFrom('api_keys')
      .select(COLUMNS)
      .where('tenant_id', '=', tenantId)
      .where('id', '>', readCursor('keys', page))
      .orderBy('id')
      .limit(page.limit + 1)
      .execute()
    return createPage('keys', page, rows, row => row.id, toApiKey)
  }

  async function revokeKey(tenantId: string, id: string, at: Date): Promise<ApiKey | null> {
    const row = await db
      .updateTable('api_keys')
      .set({ revoked_at: sql<number>`coalesce(revoked_at, ${at.getTime()})` })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .returning(COLUMNS)
      .executeTakeFirst()
    return row ? toApiKey(row) : null
  }

  async function countKeys(): Promise<number> {
    const row = await db
      .selectFrom('api_keys')
      .select(query => query.fn.countAll().as('keys'))
      .executeTakeFirstOrThrow()
    return toNumber(row.keys)
  }

  return { insertKey, findKeyByHash, listKeys, revokeKey, countKeys }
}

function toApiKey(row: Pick<Selectable<ApiKeysTable>, (typeof COLUMNS)[number]>): ApiKey {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    regionId: row.region_id,
    name: row.name,
    createdAt: toDate(row.created_at),
    revokedAt: row.revoked_at === null ? null : toDate(row.revoked_at),
  }
}
