// Brings a database to the newest schema that this version knows, and refuses one that is newer still. The list of
// migrations is the code's, not a folder's: nothing is read from disk.
import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { AppError } from '../errors.ts'
import type { StoreConnection } from './connection.ts'
import type { StoreDialect } from './dialect.ts'
import { createControlTables } from './migrations/control/0001-control.ts'
import { createWebhookTable } from './migrations/control/0002-webhooks.ts'
import { createRegionTables } from './migrations/region/0001-region.ts'
import { createSessionTables } from './migrations/region/0002-sessions.ts'
import { createFrameDigestTable } from './migrations/region/0003-frame-digests.ts'
import { addDeliveryReceivers } from './migrations/region/0004-delivery-receivers.ts'
import type { ControlTables, RegionTables } from './schema.ts'
import { toStoreError } from './sqlite-errors.ts'

type Migrations = Readonly<Record<string, (dialect: StoreDialect) => Migration>>

const REGION_MIGRATIONS: Migrations = {
  '0001-region': createRegionTables,
  '0002-sessions': createSessionTables,
  '0003-frame-digests': createFrameDigestTable,
  '0004-delivery-receivers': addDeliveryReceivers,
}
const CONTROL_MIGRATIONS: Migrations = { '0001-control': createControlTables, '0002-webhooks': createWebhookTable }

/** The migrations that this version knows; a database with another one is a newer version's. */
export const KNOWN_MIGRATIONS = {
  control: Object.keys(CONTROL_MIGRATIONS),
  region: Object.keys(REGION_MIGRATIONS),
} as const

export function migrateRegion(connection: StoreConnection<RegionTables>): Promise<void> {
  return migrate(connection, 'region_migrations', REGION_MIGRATIONS)
}

export function migrateControl(connection: StoreConnection<ControlTables>): Promise<void> {
  return migrate(connection, 'control_migrations', CONTROL_MIGRATIONS)
}

/** Control and region tables may share one PostgreSQL database, so each keeps a table of its migrations. */
async function migrate<Tables>(
  connection: StoreConnection<Tables>,
  table: string,
  migrations: Migrations,
): Promise<void> {
  try {
    await refuseNewer(connection, table, migrations)
    const migrator = new Migrator({
      db: connection.db,
      provider: {
        getMigrations: async () =>
          Object.fromEntries(Object.entries(migrations).map(([name, create]) => [name, create(connection.dialect)])),
      },
      migrationTableName: table,
      migrationLockTableName: `${table}_lock`,
    })
    const { error } = await migrator.migrateToLatest()
    if (error) throw error
  } catch (error) {
    await connection.close()
    throw toStoreError(error, connection.location)
  }
}

/** Looks before the migrator touches anything: a newer database is left exactly as it is. */
async function refuseNewer<Tables>(
  { db, location }: StoreConnection<Tables>,
  table: string,
  migrations: Migrations,
): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === table)) return
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(table)} order by name`.execute(db)
  const unknown = rows.find(({ name }) => !Object.hasOwn(migrations, name))
  if (!unknown) return
  throw new AppError(
    'store_newer',
    `The database ${location} was written by a newer version of Likeness (this one does not know its migration "${unknown.name}"): run that version, or a later one.`,
    { details: { location, migration: unknown.name } },
  )
}
