// The queries on credentials: native keys and the other protocols' pairs. Sees hashes and sealed secrets only.
import { type Expression, type ExpressionBuilder, type Selectable, type SqlBool, sql } from 'kysely'
import type { ControlStore, CredentialFilter, FoundCredential, NewCredential } from '../core/ports.ts'
import type { Allowance, Credential, Page, PageRequest, Protocol, Scope } from '../core/types.ts'
import { toDate, toNumber } from './codec.ts'
import type { StoreConnection } from './connection.ts'
import { createPage, readCursor } from './pages.ts'
import type { ControlTables, CredentialsTable } from './schema.ts'

const COLUMNS = [
  'credentials.id',
  'credentials.protocol',
  'credentials.tenant_id',
  'credentials.region_id',
  'credentials.gallery_id',
  'credentials.name',
  'credentials.scopes',
  'credentials.public_id',
  'credentials.parent_id',
  'credentials.denied_actions',
  'credentials.allowance',
  'credentials.mode',
  'credentials.testing_quota',
  'credentials.created_at',
  'credentials.expires_at',
  'credentials.revoked_at',
] as const

/** What only whoever checks a call needs, the tenant's rules among it: one query a call. */
const CHECKED_COLUMNS = [
  'credentials.secret_hash',
  'credentials.sealed_secret',
  'tenants.status as tenant_status',
  'tenants.image_urls as tenant_image_urls',
  'tenants.picture_shape as tenant_picture_shape',
] as const

type CredentialRow = Omit<Selectable<CredentialsTable>, 'secret_hash' | 'sealed_secret'>

type CredentialQueries = Pick<
  ControlStore,
  | 'insertCredential'
  | 'readCredential'
  | 'findCredentialByHash'
  | 'findCredentialByPublicId'
  | 'listCredentials'
  | 'revokeCredential'
  | 'countCredentials'
  | 'updateAllowance'
  | 'updateTestingQuota'
>

type Condition = (
  query: ExpressionBuilder<Pick<ControlTables, 'credentials' | 'tenants'>, 'credentials' | 'tenants'>,
) => Expression<SqlBool>

export function createCredentialQueries({ db }: StoreConnection<ControlTables>): CredentialQueries {
  async function insertCredential(credential: NewCredential): Promise<void> {
    await db.insertInto('credentials').values(toRow(credential)).execute()
  }

  async function readCredential(id: string): Promise<Credential | null> {
    const row = await db.selectFrom('credentials').select(COLUMNS).where('id', '=', id).executeTakeFirst()
    return row ? toCredential(row) : null
  }

  async function findOne(condition: Condition): Promise<FoundCredential | null> {
    const row = await db
      .selectFrom('credentials')
      .innerJoin('tenants', 'tenants.id', 'credentials.tenant_id')
      .select([...COLUMNS, ...CHECKED_COLUMNS])
      .where(condition)
      .executeTakeFirst()
    if (!row) return null
    return {
      ...toCredential(row),
      secretHash: row.secret_hash,
      sealedSecret: row.sealed_secret,
      tenantStatus: row.tenant_status,
      tenantImageUrls: row.tenant_image_urls,
      tenantPictureShape: row.tenant_picture_shape,
    }
  }

  const findCredentialByHash = (protocol: Protocol, secretHash: Uint8Array): Promise<FoundCredential | null> =>
    findOne(query =>
      query.and([
        query('credentials.secret_hash', '=', Buffer.from(secretHash)),
        query('credentials.protocol', '=', protocol),
      ]),
    )

  const findCredentialByPublicId = (protocol: Protocol, publicId: string): Promise<FoundCredential | null> =>
    findOne(query =>
      query.and([query('credentials.public_id', '=', publicId), query('credentials.protocol', '=', protocol)]),
    )

  async function listCredentials(filter: CredentialFilter, page: PageRequest): Promise<Page<Credential>> {
    const { tenantId, regionId, protocol } = filter
    const rows = await db
      .selectFrom('credentials')
      .select(COLUMNS)
      .where('id', '>', readCursor('credentials', page))
      .$if(tenantId !== undefined, query => query.where('tenant_id', '=', tenantId!))
      .$if(regionId !== undefined, query => query.where('region_id', '=', regionId!))
      .$if(protocol !== undefined, query => query.where('protocol', '=', protocol!))
      .orderBy('id')
      .limit(page.limit + 1)
      .execute()
    return createPage('credentials', page, rows, row => row.id, toCredential)
  }

  async function revokeCredential(id: string, at: Date): Promise<Credential | null> {
    const rows = await db
      .updateTable('credentials')
      .set({ revoked_at: sql<number>`coalesce(revoked_at, ${at.getTime()})` })
      .where(isOfFamily(id))
      .returning(COLUMNS)
      .execute()
    const row = rows.find(each => each.id === id)
    return row ? toCredential(row) : null
  }

  async function updateAllowance(id: string, allowance: Allowance | null): Promise<Credential | null> {
    const rows = await db
      .updateTable('credentials')
      .set({ allowance: allowance && JSON.stringify(allowance) })
      .where(isOfFamily(id))
      .returning(COLUMNS)
      .execute()
    const row = rows.find(each => each.id === id)
    return row ? toCredential(row) : null
  }

  async function updateTestingQuota(id: string, quota: number): Promise<Credential | null> {
    const row = await db
      .updateTable('credentials')
      .set({ testing_quota: quota })
      .where('id', '=', id)
      .where('mode', '=', 'testing')
      .returning(COLUMNS)
      .executeTakeFirst()
    return row ? toCredential(row) : null
  }

  async function countCredentials(protocol: Protocol): Promise<number> {
    const row = await db
      .selectFrom('credentials')
      .select(query => query.fn.countAll().as('found'))
      .where('protocol', '=', protocol)
      .executeTakeFirstOrThrow()
    return toNumber(row.found)
  }

  return {
    insertCredential,
    readCredential,
    findCredentialByHash,
    findCredentialByPublicId,
    listCredentials,
    revokeCredential,
    countCredentials,
    updateAllowance,
    updateTestingQuota,
  }
}

/** Two generations are all there are: a temporary pair may belong to a sub-user, and neither has sub-users. */
const isOfFamily =
  (id: string) =>
  (query: ExpressionBuilder<Pick<ControlTables, 'credentials'>, 'credentials'>): Expression<SqlBool> => {
    const children = query.selectFrom('credentials as child').select('child.id').where('child.parent_id', '=', id)
    return query.or([query('id', '=', id), query('parent_id', '=', id), query('parent_id', 'in', children)])
  }

const toBuffer = (bytes: Uint8Array | null): Buffer | null => bytes && Buffer.from(bytes)

function toRow(credential: NewCredential) {
  return {
    id: credential.id,
    protocol: credential.protocol,
    tenant_id: credential.tenantId,
    region_id: credential.regionId,
    gallery_id: credential.galleryId,
    name: credential.name,
    scopes: JSON.stringify(credential.scopes),
    public_id: credential.publicId,
    secret_hash: toBuffer(credential.secretHash),
    sealed_secret: toBuffer(credential.sealedSecret),
    parent_id: credential.parentId,
    denied_actions: JSON.stringify(credential.deniedActions),
    allowance: credential.allowance && JSON.stringify(credential.allowance),
    mode: credential.mode,
    testing_quota: credential.testingQuota,
    created_at: credential.createdAt.getTime(),
    expires_at: credential.expiresAt?.getTime() ?? null,
    revoked_at: null,
  }
}

function toCredential(row: CredentialRow): Credential {
  return {
    id: row.id,
    protocol: row.protocol,
    tenantId: row.tenant_id,
    regionId: row.region_id,
    galleryId: row.gallery_id,
    name: row.name,
    scopes: JSON.parse(row.scopes) as Scope[],
    publicId: row.public_id,
    parentId: row.parent_id,
    deniedActions: JSON.parse(row.denied_actions) as string[],
    allowance: row.allowance === null ? null : (JSON.parse(row.allowance) as Allowance),
    mode: row.mode,
    testingQuota: row.testing_quota === null ? null : toNumber(row.testing_quota),
    createdAt: toDate(row.created_at),
    expiresAt: row.expires_at === null ? null : toDate(row.expires_at),
    revokedAt: row.revoked_at === null ? null : toDate(row.revoked_at),
  }
}
