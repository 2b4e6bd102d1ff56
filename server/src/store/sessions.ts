// The queries on capture sessions. No rules of the domain.
import { type Selectable, sql } from 'kysely'
import type { NewSession, SessionChange, SessionFilter, SessionStore, Vault } from '../core/ports.ts'
import type { CaptureSession, Delivery } from '../core/session-types.ts'
import type { Page, PageRequest } from '../core/types.ts'
import type { RegionConnection } from './connection.ts'
import { createDeliveryQueries, toDeliveryRow } from './deliveries.ts'
import { createPage, readCursor } from './pages.ts'
import { deleteSessions, isAbout } from './session-erasure.ts'
import { createFrameQueries } from './session-frames.ts'
import { hashesOf, openSessions, toSessionRow, withoutVisit } from './session-rows.ts'
import type { SessionsTable } from './session-schema.ts'

type SessionQuery = { execute(): Promise<Selectable<SessionsTable>[]> }

export function createSessionStore(connection: RegionConnection, vault: Vault): SessionStore {
  const { db, dialect } = connection
  const all = () => db.selectFrom('sessions').selectAll()
  const ofTenant = (tenantId: string) => all().where('tenant_id', '=', tenantId)

  const readFound = async (query: SessionQuery) => (await openSessions(vault, await query.execute()))[0] ?? null
  const readAll = async (query: SessionQuery) => (await openSessions(vault, await query.execute())).map(withoutVisit)
  const readOne = async (query: SessionQuery) => (await readAll(query))[0] ?? null

  async function insert(session: NewSession): Promise<void> {
    await vault.ensureTenant(session.tenantId)
    const row = { ...toSessionRow(vault, session), ...hashesOf(session) }
    await db.insertInto('sessions').values(row).execute()
  }

  async function list(
    tenantId: string,
    { state, galleryId, subjectId, protocol }: SessionFilter,
    page: PageRequest,
  ): Promise<Page<CaptureSession>> {
    const before = readCursor('sessions', page)
    const rows = await ofTenant(tenantId)
      .$if(state !== undefined, query => query.where('state', '=', state!))
      .$if(galleryId !== undefined, query => query.where('gallery_id', '=', galleryId!))
      .$if(subjectId !== undefined, query => query.where(isAbout(tenantId, galleryId, subjectId!)))
      .$if(protocol !== undefined, query => query.where('protocol', '=', protocol!))
      .$if(before !== '', query => query.where('id', '<', before))
      .orderBy('id', 'desc')
      .limit(page.limit + 1)
      .execute()
    const opened = new Map((await openSessions(vault, rows)).map(session => [session.id, withoutVisit(session)]))
    return createPage(
      'sessions',
      page,
      rows,
      row => row.id,
      row => opened.get(row.id)!,
    )
  }

  /** Sealed before the transaction, not within: see `sealTemplate`. */
  async function update(
    id: string,
    revision: number,
    { visitHash, ...change }: SessionChange,
    deliveries: readonly Delivery[] = [],
  ): Promise<CaptureSession | null> {
    const found = await readOne(all().where('id', '=', id).where('revision', '=', revision))
    if (!found) return null
    const session: CaptureSession = { ...found, ...change, revision: revision + 1 }
    await vault.ensureTenant(session.tenantId)
    const values = {
      ...toSessionRow(vault, session),
      ...(visitHash && { visit_hash: Buffer.from(visitHash) }),
    }
    const waiting = deliveries.map(delivery => toDeliveryRow(vault, delivery))
    const isChanged = await db.transaction().execute(async trx => {
      const { numUpdatedRows } = await trx
        .updateTable('sessions')
        .set(values)
        .where('id', '=', id)
        .where('revision', '=', revision)
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) return false
      if (waiting.length > 0) await trx.insertInto('deliveries').values(waiting).execute()
      return true
    })
    if (!isChanged) return null
    if (change.clearedAt) await dialect.clearTraces(db)
    return session
  }

  async function remove(id: string): Promise<readonly string[]> {
    const keys = await db.transaction().execute(trx => deleteSessions(trx, dialect, [id]))
    await dialect.clearTraces(db)
    return keys
  }

  return {
    insert,
    find: (tenantId, id) => readOne(ofTenant(tenantId).where('id', '=', id)),
    findByPublicId: (tenantId, protocol, publicId) =>
      readOne(ofTenant(tenantId).where('protocol', '=', protocol).where('public_id', '=', publicId)),
    findByToken: tokenHash => readFound(all().where('token_hash', '=', Buffer.from(tokenHash))),
    findByVisit: visitHash => readFound(all().where('visit_hash', '=', Buffer.from(visitHash))),
    list,
    update,
    delete: remove,
    listSubmitted: limit =>
      readAll(
        all().where(isRunning).where('state', '=', 'submitted').orderBy('submitted_at').orderBy('id').limit(limit),
      ),
    listOverdue: (now, givenUpBefore, limit) =>
      readAll(
        all()
          .where(isRunning)
          .where('expires_at', '<=', now.getTime())
          .where(({ eb, or }) => or([eb('state', '<>', 'submitted'), eb('expires_at', '<=', givenUpBefore.getTime())]))
          .orderBy('expires_at')
          .limit(limit),
      ),
    listUncleared: (tenantId, before, limit) =>
      readAll(
        ofTenant(tenantId)
          .where('cleared_at', 'is', null)
          .where('ended_at', '<', before.getTime())
          .orderBy('ended_at')
          .limit(limit),
      ),
    listOlder: (tenantId, before, limit) =>
      readAll(ofTenant(tenantId).where('ended_at', '<', before.getTime()).orderBy('ended_at').limit(limit)),
    async listTenants() {
      const rows = await db.selectFrom('sessions').select('tenant_id').distinct().orderBy('tenant_id').execute()
      return rows.map(row => row.tenant_id)
    },
    ...createFrameQueries(connection),
    ...createDeliveryQueries(connection, vault),
  }
}

/** As the index of these says it. */
const isRunning = sql<boolean>`ended = 0`
