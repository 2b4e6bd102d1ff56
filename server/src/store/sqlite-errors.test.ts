// What the stores say of a full disk and of a damaged file, and that a full disk leaves nothing half done.
import assert from 'node:assert/strict'
import { mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { sql } from 'kysely'
import { createTestVault } from '../seal/vault.fixture.ts'
import { openRegionStore } from './region-store.ts'
import { addFace, addGallery, LATER } from './samples.suite.ts'
import type { RegionTables } from './schema.ts'
import { openSqlite } from './sqlite.ts'

const folder = await mkdtemp(join(tmpdir(), 'likeness-damage-'))
after(() => rm(folder, { recursive: true, force: true }))
const vault = await createTestVault()
let files = 0
const PAGE_BYTES = 4096

const openStore = async (path: string, checkUpToBytes = 0) => {
  const connection = openSqlite<RegionTables>(path, { checkUpToBytes })
  return { connection, store: await openRegionStore(connection, vault) }
}

/** The file of a region with some faces, closed. */
const makeFile = async (): Promise<string> => {
  const path = join(folder, `${++files}.db`)
  const { store } = await openStore(path)
  const { uid } = await addGallery(store)
  for (let index = 0; index < 200; index++) await addFace(store, uid, `s${index}`)
  await store.close()
  return path
}

/** The number, from 1, of a page that holds faces. */
const findPageOfFaces = async (path: string): Promise<number> => {
  const { connection, store } = await openStore(path)
  const { rows } = await sql<{ pageno: number }>`
    select pageno from dbstat where name = 'faces' and pagetype = 'leaf' limit 1
  `.execute(connection.db)
  await store.close()
  return rows[0].pageno
}

describe('a full disk', () => {
  it('refuses what needs space, does nothing of it, and takes it again once there is some', async () => {
    const { connection, store } = await openStore(join(folder, 'full.db'))
    const { uid } = await addGallery(store)
    const faces = [await addFace(store, uid, 'ann'), await addFace(store, uid, 'ann')]
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(connection.db)
    await sql`pragma max_page_count = ${sql.lit(rows[0].page_count + 4)}`.execute(connection.db)
    let added = 2
    const fill = async () => {
      for (; added < 10_000; added++) await addFace(store, uid, 'ann')
    }
    await assert.rejects(fill, { name: 'AppError', code: 'storage_full', message: /no space left on the disk/ })
    await assert.rejects(fill, { code: 'storage_full' })
    assert.deepEqual(await store.galleries.counts(uid), { subjects: 1, faces: added })
    assert.deepEqual(await store.inspection.findMiscounts(), [])
    assert.ok(await store.faces.erase(uid, faces[0].id, LATER), 'erasing goes on')
    await sql`pragma max_page_count = 100000`.execute(connection.db)
    await addFace(store, uid, 'ann')
    assert.deepEqual(await store.galleries.counts(uid), { subjects: 1, faces: added })
    assert.deepEqual(await store.inspection.findDamage(), [])
    await store.close()
  })
})

describe('a damaged file', () => {
  const refuses = (path: string, checkUpToBytes: number) =>
    assert.rejects(openStore(path, checkUpToBytes), (error: Error & { code: string }) => {
      assert.equal(error.code, 'store_damaged')
      assert.ok(error.message.includes(path), 'names the file')
      assert.match(error.message, /npx likeness restore/, 'names the cure')
      return true
    })

  it('is refused when it is no database at all', async () => {
    const path = join(folder, 'text.db')
    await writeFile(path, 'not a database\n'.repeat(1000))
    await refuses(path, 0)
    assert.match(await readFile(path, 'utf8'), /^not a database/, 'and left as it is')
  })

  it('is refused when its head was overwritten', async () => {
    const path = await makeFile()
    await using file = await open(path, 'r+')
    await file.write(Buffer.alloc(100, 0xa5), 0, 100, 0)
    await refuses(path, 0)
  })

  it('is refused when it was cut short', async () => {
    const path = await makeFile()
    await truncate(path, PAGE_BYTES * 10)
    await refuses(path, 0)
  })

  it('is refused when a page was overwritten and all pages are looked at', async () => {
    const path = await makeFile()
    const { size } = await stat(path)
    const page = await findPageOfFaces(path)
    await using file = await open(path, 'r+')
    await file.write(Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, (page - 1) * PAGE_BYTES)
    await refuses(path, Number.POSITIVE_INFINITY)
    await refuses(path, size)
    // Too large to be looked at: it is found by whoever comes upon it, and told without the file's name.
    const { connection, store } = await openStore(path, size - 1)
    await assert.rejects(sql`select sum(length(template)), count(distinct pack) from faces`.execute(connection.db), {
      code: 'store_damaged',
      message: 'A database is damaged.',
    })
    await store.close()
  })

  it('is none when nothing is wrong with it', async () => {
    const { store } = await openStore(await makeFile(), Number.POSITIVE_INFINITY)
    await store.ping()
    await store.close()
  })
})
