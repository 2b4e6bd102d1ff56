// Databases as files: copied whole and of one moment while others write, and what is broken is said to be.
import assert from 'node:assert/strict'
import { mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import Database from 'better-sqlite3'
import { checkSqlite, copySqlite } from './sqlite-files.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-files-'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** Two tables that always have the same number of rows. */
const createTwins = (path: string) => {
  const database = new Database(path)
  database.pragma('journal_mode = WAL')
  database.exec('create table one (value blob); create table two (value blob)')
  const insert = ['one', 'two'].map(table => database.prepare(`insert into ${table} values (randomblob(2000))`))
  const add = database.transaction((rows: number) => {
    for (let row = 0; row < rows; row++) for (const statement of insert) statement.run()
  })
  return { database, add }
}

const countTwins = (path: string): number[] => {
  const database = new Database(path, { readonly: true })
  const counts = ['one', 'two'].map(
    table => (database.prepare(`select count(*) as rows from ${table}`).get() as { rows: number }).rows,
  )
  database.close()
  return counts
}

describe('a copy of a database', () => {
  it('is of one moment, private and a single file, however much is written meanwhile', async () => {
    const source = join(folder, 'source.db')
    const target = join(folder, 'copies', 'target.db')
    const { database, add } = createTwins(source)
    add(8000)
    const writer = setInterval(() => add(3), 0)
    await import('node:fs/promises').then(({ mkdir }) => mkdir(join(folder, 'copies')))
    await copySqlite(source, target).finally(() => clearInterval(writer))
    const [one, two] = countTwins(target)
    assert.equal(one, two)
    assert.ok(one! >= 8000 && one! <= countTwins(source)[0]!, `${one}`)
    assert.deepEqual(checkSqlite(target), [])
    assert.deepEqual(await readdir(join(folder, 'copies')), ['target.db'])
    if (process.platform !== 'win32') assert.equal((await stat(target)).mode & 0o777, 0o600)
    await assert.rejects(copySqlite(source, target), { code: 'EEXIST' })
    database.close()
  })
})

describe('a broken database', () => {
  it('is said to be broken', async () => {
    const path = join(folder, 'broken.db')
    const { database, add } = createTwins(path)
    add(50)
    database.pragma('wal_checkpoint(truncate)')
    database.close()
    assert.deepEqual(checkSqlite(path), [])
    const file = await open(path, 'r+')
    await file.write(Buffer.alloc(4096, 7), 0, 4096, 4096 * 3)
    await file.close()
    assert.ok(checkSqlite(path).length > 0)
    await writeFile(path, 'this is no database, and long enough to be looked at as one'.repeat(40))
    assert.match(checkSqlite(path)[0]!, /not a database/)
    assert.ok(checkSqlite(join(folder, 'none.db')).length > 0)
  })
})
