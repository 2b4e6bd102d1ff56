// What the contract suite cannot see of insertions and filtered lists: tombstones, and a list's steps.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestVault } from '../seal/vault.fixture.ts'
import { openRegionStore } from './region-store.ts'
import { ANY, addFace, addGallery, insertFace, LATER, makeFace, readPages } from './samples.suite.ts'
import type { RegionTables } from './schema.ts'
import { openSqlite } from './sqlite.ts'
import { createSubjectStore } from './subjects.ts'

test('faces that give way leave tombstones with the revision of the insertion', async () => {
  const connection = openSqlite<RegionTables>(':memory:')
  const store = await openRegionStore(connection, await createTestVault())
  const { uid } = await addGallery(store)
  const old = [await addFace(store, uid, 'ann'), await addFace(store, uid, 'ann')]
  const rules = { ...ANY, existingSubject: 'replace' } as const
  await insertFace(store, makeFace(uid, 'ann', { createdAt: LATER }), rules)
  const { rows } = await sql`select face_id, subject_uid, revision, erased_at from tombstones`.execute(connection.db)
  const rest = { subject_uid: old[0]!.newSubjectUid, revision: 3, erased_at: LATER.getTime() }
  assert.deepEqual(
    rows.map(row => ({ ...(row as object) })),
    old.map(face => ({ face_id: face.id, ...rest })),
  )
  await store.close()
})

test('a filtered list finds the same in steps of any length', async () => {
  const connection = openSqlite<RegionTables>(':memory:')
  const store = await openRegionStore(connection, await createTestVault())
  const { uid } = await addGallery(store)
  for (let index = 10; index < 40; index++) {
    await addFace(store, uid, `s${index}`, { metadata: { rare: index % 9 === 0 } })
  }
  for (const step of [1, 2, 3, 29, 30, 31]) {
    const subjects = createSubjectStore(connection, step)
    for (const limit of [1, 2, 3, 100]) {
      const { items } = await readPages(limit, page => subjects.list(uid, page, { rare: true }))
      assert.deepEqual(
        items.map(subject => subject.id),
        ['s18', 's27', 's36'],
        `steps of ${step}, pages of ${limit}`,
      )
    }
  }
  await store.close()
})
