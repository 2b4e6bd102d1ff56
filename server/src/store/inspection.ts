// The queries of those who look after the data: damage, counts that drifted, pictures, erasures that did not take. They
// read whole tables, a statement each; no caller's call waits for them but behind SQLite's one connection.
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { InspectionStore, Miscount, StoredPicture } from '../core/ports.ts'
import { toNumber } from './codec.ts'
import type { RegionConnection } from './connection.ts'
import { toErasureRecord } from './erasures.ts'
import type { RegionTables } from './schema.ts'

type Db = Kysely<RegionTables>

export function createInspectionStore({ db, dialect }: RegionConnection): InspectionStore {
  return {
    findDamage: () => dialect.findDamage(db),
    findMiscounts: () => findMiscounts(db),
    mendCounts: () => mendCounts(db),
    streamPictures: batchSize => streamPictures(db, batchSize),
    async findPictureKeys(keys) {
      const rows = await db
        .selectFrom('pictures')
        .select('blob_key')
        .where(dialect.anyOf('blob_key', keys))
        .unionAll(db.selectFrom('session_frames').select('blob_key').where(dialect.anyOf('blob_key', keys)))
        .execute()
      return rows.map(row => row.blob_key)
    },
    async findUnerased(limit) {
      const rows = await db
        .selectFrom('tombstones')
        .selectAll()
        .where(isStillThere)
        .orderBy('sequence')
        .limit(limit)
        .execute()
      return rows.map(toErasureRecord)
    },
    async counts() {
      const count = (table: RawBuilder<unknown>) => sql<number>`(select count(*) from ${table})`
      const row = await db
        .selectNoFrom([
          count(sql`galleries where erased_at is null`).as('galleries'),
          count(sql`subjects`).as('subjects'),
          count(sql`faces`).as('faces'),
        ])
        .executeTakeFirstOrThrow()
      return { galleries: toNumber(row.galleries), subjects: toNumber(row.subjects), faces: toNumber(row.faces) }
    },
  }
}

/** A gallery that is marked as erased is on its way out, and so is all that is in it. */
const isStillThere = () => sql<boolean>`
  case
    when face_id is not null then exists (select 1 from faces where faces.id = tombstones.face_id)
    when subject_uid is not null then exists (select 1 from subjects where subjects.uid = tombstones.subject_uid)
    else exists (select 1 from galleries where galleries.uid = tombstones.gallery_uid and erased_at is null)
  end`

/** Each as one statement, which sees one moment of the database. A gallery being erased has counts of before. */
const COUNTS = [
  {
    of: 'gallery faces',
    rows: sql<CountRow>`
      select galleries.uid, face_count as kept, (select count(*) from faces where gallery_uid = galleries.uid) as counted
      from galleries where erased_at is null`,
    mend: sql`update galleries set face_count = (select count(*) from faces where gallery_uid = galleries.uid)
      where erased_at is null
      and face_count <> (select count(*) from faces where gallery_uid = galleries.uid)`,
  },
  {
    of: 'gallery subjects',
    rows: sql<CountRow>`
      select galleries.uid, subject_count as kept,
        (select count(*) from subjects where gallery_uid = galleries.uid) as counted
      from galleries where erased_at is null`,
    mend: sql`update galleries set subject_count = (select count(*) from subjects where gallery_uid = galleries.uid)
      where erased_at is null
      and subject_count <> (select count(*) from subjects where gallery_uid = galleries.uid)`,
  },
  {
    of: 'subject faces',
    rows: sql<CountRow>`
      select subjects.uid, subjects.face_count as kept,
        (select count(*) from faces where subject_uid = subjects.uid) as counted
      from subjects join galleries on galleries.uid = subjects.gallery_uid where erased_at is null`,
    mend: sql`update subjects set face_count = (select count(*) from faces where subject_uid = subjects.uid)
      where gallery_uid in (select uid from galleries where erased_at is null)
      and face_count <> (select count(*) from faces where subject_uid = subjects.uid)`,
  },
] as const

interface CountRow {
  readonly uid: string
  readonly kept: number | string | bigint
  readonly counted: number | string | bigint
}

async function findMiscounts(db: Db): Promise<readonly Miscount[]> {
  const found: Miscount[] = []
  for (const { of, rows } of COUNTS) {
    const wrong = await sql<CountRow>`select * from (${rows}) as counts where kept <> counted order by uid`.execute(db)
    for (const { uid, kept, counted } of wrong.rows)
      found.push({ of, uid, kept: toNumber(kept), counted: toNumber(counted) })
  }
  return found
}

async function mendCounts(db: Db): Promise<number> {
  let mended = 0
  for (const { mend } of COUNTS) mended += Number((await mend.execute(db)).numAffectedRows ?? 0)
  return mended
}

async function* streamPictures(db: Db, batchSize: number): AsyncGenerator<readonly StoredPicture[]> {
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('pictures')
      .innerJoin('faces', 'faces.id', 'pictures.face_id')
      .select(['face_id', 'gallery_uid', 'blob_key', 'bytes'])
      .where('face_id', '>', after)
      .orderBy('face_id')
      .limit(batchSize)
      .execute()
    if (rows.length > 0)
      yield rows.map(row => ({
        faceId: row.face_id,
        galleryUid: row.gallery_uid,
        key: row.blob_key,
        bytes: toNumber(row.bytes),
      }))
    if (rows.length < batchSize) return
    after = rows.at(-1)!.face_id
  }
}
