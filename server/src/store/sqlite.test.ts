// The suite on SQLite, in memory and in files, and what only files can get wrong.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import type { NewFace } from '../core/ports.ts'
import { CLOCK, createTestSource, createTestVault } from '../seal/vault.fixture.ts'
import { openVault } from '../seal/vault.ts'
import { openControlStore } from './control-store.ts'
import { createRegionStore, openRegionStore } from './region-store.ts'
import { AT, addFace, addGallery, LATER, makeAuditEntry, makeKey } from './samples.suite.ts'
import type { ControlTables, RegionTables } from './schema.ts'
import { openSqlite } from './sqlite.ts'
import { type OpenedStores, testStore } from './store.suite.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-store-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const vault = await createTestVault()

async function openBoth(regionPath: string, controlPath: string): Promise<OpenedStores> {
  const region = openSqlite<RegionTables>(regionPath)
  return {
    region,
    store: await openRegionStore(region, vault),
    control: await openControlStore(openSqlite<ControlTables>(controlPath)),
  }
}

testStore('SQLite in memory', () => openBoth(':memory:', ':memory:'))

testStore('SQLite in files', async () => {
  const open = async (): Promise<OpenedStores> => ({
    ...(await openBoth(join(folder, 'suite', 'region.db'), join(folder, 'suite', 'control.db'))),
    reopen: open,
  })
  return open()
})

describe('SQLite files', () => {
  it('keep no byte of a template, and no sealed byte of an erased one, in the database or its log', async () => {
    const home = join(folder, 'erased')
    const connection = openSqlite<RegionTables>(join(home, 'region.db'))
    const store = await openRegionStore(connection, vault)
    const { uid } = await addGallery(store)
    const faces: NewFace[] = []
    for (let index = 0; index < 400; index++) faces.push(await addFace(store, uid, `s${index % 90}`))
    const wiped = await addGallery(store, { id: 'wiped' })
    for (let index = 0; index < 50; index++) faces.push(await addFace(store, wiped.uid, `s${index}`))
    const rows = await connection.db.selectFrom('faces').select(['id', 'template']).execute()
    const sealed = new Map(rows.map(row => [row.id, Buffer.from(row.template)]))
    const isErased = (index: number) => index % 3 === 0 || index >= 400
    for (const [index, face] of faces.entries()) {
      if (index < 400 && isErased(index)) await store.faces.erase(uid, face.id, LATER)
    }
    await store.galleries.markErased(wiped.uid, LATER)
    while (!(await store.galleries.eraseBatch(wiped.uid, 20, LATER)).done);
    const check = async (moment: string) => {
      const bytes = await readAll(home)
      for (const [index, face] of faces.entries()) {
        // 32 bytes in a row do not come about by chance, and a page may hold only a part of a template.
        const includesPart = (whole: Buffer) =>
          [0, 240, 480].some(start => bytes.includes(whole.subarray(start, start + 32)))
        assert.ok(!includesPart(Buffer.from(toBytes(face.template))), `plain template ${index}, ${moment}`)
        const found = includesPart(sealed.get(face.id)!)
        assert.equal(found, !isErased(index), `template ${index}, ${moment}`)
      }
    }
    await check('open')
    await store.close()
    await check('closed')
  })

  it('are readable for the owner only', { skip: process.platform === 'win32' }, async () => {
    const home = join(folder, 'modes')
    const store = await openRegionStore(openSqlite<RegionTables>(join(home, 'region.db')), vault)
    await addGallery(store)
    const names = await readdir(home)
    assert.deepEqual(names.sort(), ['region.db', 'region.db-shm', 'region.db-wal'])
    for (const name of names) assert.equal((await stat(join(home, name))).mode & 0o777, 0o600, name)
    assert.equal((await stat(home)).mode & 0o777, 0o700)
    await store.close()
  })

  it('are let go of by a close, also when nothing was asked of them, also twice', async () => {
    const path = join(folder, 'unused.db')
    const connection = openSqlite(path)
    await connection.close()
    await connection.close()
    assert.deepEqual(
      (await readdir(folder)).filter(name => name.startsWith('unused')),
      ['unused.db'],
    )
  })

  it('are durable, checked and wiped by setting', async () => {
    const connection = openSqlite(join(folder, 'settings.db'))
    const read = async (name: string) => {
      const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(connection.db)
      return Object.values(rows[0]!)[0]
    }
    assert.equal(await read('journal_mode'), 'wal')
    assert.equal(await read('synchronous'), 2)
    assert.equal(await read('foreign_keys'), 1)
    assert.equal(await read('secure_delete'), 1)
    assert.equal(await read('busy_timeout'), 5000)
    await connection.close()
  })

  it('of a newer version are refused by name, and left as they were', async () => {
    const path = join(folder, 'newer.db')
    const connection = openSqlite<RegionTables>(path)
    await openRegionStore(connection, vault)
    await sql`insert into region_migrations values ('0004-later', ${AT.toISOString()})`.execute(connection.db)
    await connection.close()
    const before = await readFile(path)
    await assert.rejects(openRegionStore(openSqlite(path), vault), error => {
      assert.ok(error instanceof Error && 'code' in error)
      assert.equal(error.code, 'store_newer')
      assert.match(error.message, /newer\.db.*0004-later/)
      return true
    })
    assert.deepEqual(await readFile(path), before)
  })

  it('open for several processes at once, which wait for each other and lose nothing', {
    timeout: 60_000,
  }, async () => {
    const home = join(folder, 'shared')
    const [regionPath, controlPath] = [join(home, 'region.db'), join(home, 'control.db')]
    const masterKey = randomBytes(32).toString('base64')
    const module = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, name)).href)
    const script = `
      const { openSqlite } = await import(${module('sqlite.ts')})
      const { openControlStore } = await import(${module('control-store.ts')})
      const { openRegionStore } = await import(${module('region-store.ts')})
      const { openVault } = await import(${module('../seal/vault.ts')})
      const { createTestSource } = await import(${module('../seal/vault.fixture.ts')})
      const { addFace, makeGallery, makeKey } = await import(${module('samples.suite.ts')})
      const control = await openControlStore(openSqlite(${JSON.stringify(controlPath)}))
      const source = createTestSource(${JSON.stringify(masterKey)})
      const clock = { now: () => new Date() }
      const vault = await openVault({ keys: control.tenantKeys, source, clock })
      const store = await openRegionStore(openSqlite(${JSON.stringify(regionPath)}), vault)
      await store.galleries.insert(makeGallery({ uid: 'shared', tenantId: 'default' }))
      for (let index = 0; index < 25; index++) {
        await control.insertCredential(makeKey())
        const face = await addFace(store, 'shared', 'ann')
        if (index % 5 === 0) await store.faces.erase('shared', face.id, new Date())
      }
      await control.close()
      await store.close()`
    const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
    await Promise.all([run(), run(), run(), run()])
    const { region, store, control } = await openBoth(regionPath, controlPath)
    const shared = { keys: control.tenantKeys, source: createTestSource(masterKey), clock: CLOCK }
    const opening = createRegionStore(region, await openVault(shared))
    assert.equal((await opening.faces.templatesOfSubject('shared', 'ann')).length, 80)
    assert.equal((await control.tenantKeys.change(async held => held.keys)).length, 1)
    assert.equal(await control.countCredentials('native'), 100)
    assert.deepEqual(await store.galleries.counts('shared'), { subjects: 1, faces: 80 })
    assert.equal((await store.galleries.find('default', 'staff'))?.revision, 120)
    await control.close()
    await store.close()
  })
})

describe('SQLite tables', () => {
  it('refuse to change the audit trail', async () => {
    const connection = openSqlite<ControlTables>(':memory:')
    const control = await openControlStore(connection)
    await control.appendAudit([makeAuditEntry()])
    for (const change of [sql`update audit set actor = 'x'`, sql`delete from audit`]) {
      await assert.rejects(change.execute(connection.db), /audit is append-only/)
    }
    await control.close()
  })

  it('keep the default tenant and the keys of one migration run', async () => {
    const path = join(folder, 'twice.db')
    const first = await openControlStore(openSqlite<ControlTables>(path))
    await first.insertCredential(makeKey())
    await first.close()
    const second = await openControlStore(openSqlite<ControlTables>(path))
    assert.equal(await second.countCredentials('native'), 1)
    await second.close()
  })

  it('leave tombstones of ids and revisions, and one for a whole gallery', async () => {
    const connection = openSqlite<RegionTables>(':memory:')
    const store = await openRegionStore(connection, vault)
    const { uid } = await addGallery(store)
    const read = async () => (await sql`select * from tombstones order by sequence`.execute(connection.db)).rows
    const [first, second] = [await addFace(store, uid, 'ann'), await addFace(store, uid, 'ann')]
    await store.faces.erase(uid, first.id, AT)
    await store.subjects.erase(uid, 'ann', LATER)
    const subject = { gallery_uid: uid, subject_uid: first.newSubjectUid }
    assert.deepEqual(
      await read(),
      [
        { sequence: 1, ...subject, face_id: first.id, revision: 3, erased_at: AT.getTime() },
        { sequence: 2, ...subject, face_id: second.id, revision: 4, erased_at: LATER.getTime() },
        { sequence: 3, ...subject, face_id: null, revision: 4, erased_at: LATER.getTime() },
      ].map(row => ({ ...row })),
    )
    await store.galleries.markErased(uid, LATER)
    await store.galleries.eraseBatch(uid, 100, LATER)
    assert.deepEqual(
      (await read()).map(row => ({ ...(row as object) })),
      [{ sequence: 4, gallery_uid: uid, face_id: null, subject_uid: null, revision: 5, erased_at: LATER.getTime() }],
    )
    await store.close()
  })
})

async function readAll(home: string): Promise<Buffer> {
  const names = await readdir(home)
  return Buffer.concat(await Promise.all(names.map(name => readFile(join(home, name)))))
}

function toBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
