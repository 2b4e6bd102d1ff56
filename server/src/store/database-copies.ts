// What a copy of a database says of itself, for the manifest of a backup and for those who restore it. Reads one file that
// nobody writes to; changes nothing.
import Database from 'better-sqlite3'
import type { WrappedKeys } from '../core/ports.ts'

export interface RegionCopy {
  readonly migrations: readonly string[]
  readonly galleries: number
  readonly subjects: number
  readonly faces: number
  /** Tombstones. */
  readonly erasures: number
}

export interface CopiedPicture {
  readonly faceId: string
  readonly subjectUid: string
  readonly galleryUid: string
  readonly key: string
}

interface WrappedKeyRow {
  readonly number: number
  readonly tenant_id: string
  readonly wrapped: Uint8Array
  readonly retired_at: number | null
}

export function readRegionCopy(path: string): RegionCopy {
  return withCopy(path, database => {
    const count = (what: string): number =>
      (database.prepare(`select count(*) as rows from ${what}`).get() as { rows: number }).rows
    return {
      migrations: readMigrations(database, 'region_migrations'),
      galleries: count('galleries where erased_at is null'),
      subjects: count('subjects'),
      faces: count('faces'),
      erasures: count('tombstones'),
    }
  })
}

/** The migrations, and the tenants' keys as they lie in it: wrapped with the master key of the check value. */
export function readControlCopy(path: string): { migrations: readonly string[]; tenantKeys: WrappedKeys } {
  return withCopy(path, database => {
    const rows = database
      .prepare('select number, tenant_id, wrapped, retired_at from tenant_keys')
      .all() as WrappedKeyRow[]
    const master = database.prepare('select check_value from master_key').get() as
      | { check_value: Uint8Array }
      | undefined
    return {
      migrations: readMigrations(database, 'control_migrations'),
      tenantKeys: {
        check: master && master.check_value.length > 0 ? new Uint8Array(master.check_value) : null,
        keys: rows.map(row => ({
          number: row.number,
          tenantId: row.tenant_id,
          wrapped: row.wrapped,
          retired: row.retired_at !== null,
        })),
      },
    }
  })
}

/** Every kept picture that the copy refers to. */
export function* readPicturesOfCopy(path: string): Generator<CopiedPicture> {
  const database = new Database(path, { readonly: true, fileMustExist: true })
  try {
    yield* database
      .prepare(
        `select faces.id as faceId, subject_uid as subjectUid, gallery_uid as galleryUid, blob_key as key
         from pictures join faces on faces.id = face_id order by face_id`,
      )
      .iterate() as IterableIterator<CopiedPicture>
  } finally {
    database.close()
  }
}

function readMigrations(database: Database.Database, table: string): readonly string[] {
  const rows = database.prepare(`select name from ${table} order by name`).all() as { name: string }[]
  return rows.map(row => row.name)
}

function withCopy<T>(path: string, read: (database: Database.Database) => T): T {
  const database = new Database(path, { readonly: true, fileMustExist: true })
  try {
    return read(database)
  } finally {
    database.close()
  }
}
