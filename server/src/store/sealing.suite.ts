// The part of the store's contract on templates at rest: sealed, each for its own row.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NewFace, Store } from '../core/ports.ts'
import type { RegionConnection } from './connection.ts'
import { addFace, addGallery } from './samples.suite.ts'

export function testSealing(open: () => { readonly store: Store; readonly region: RegionConnection }): void {
  const readRow = async ({ id }: NewFace): Promise<Uint8Array> =>
    (await open().region.db.selectFrom('faces').select('template').where('id', '=', id).executeTakeFirstOrThrow())
      .template
  const writeRow = async ({ id }: NewFace, template: Uint8Array): Promise<void> => {
    await open()
      .region.db.updateTable('faces')
      .set({ template: Buffer.from(template) })
      .where('id', '=', id)
      .execute()
  }
  const readAll = async (galleryUid: string): Promise<number> => {
    let count = 0
    for await (const batch of open().store.faces.streamTemplates(galleryUid, 10)) count += batch.length
    return count
  }

  describe('templates at rest', () => {
    it('show none of their values, and are different for every row', async () => {
      const { uid } = await addGallery(open().store)
      const first = await addFace(open().store, uid, 'ann')
      const second = await addFace(open().store, uid, 'bob', { template: first.template })
      const rows = [Buffer.from(await readRow(first)), Buffer.from(await readRow(second))]
      assert.notDeepEqual(rows[0]!.subarray(5), rows[1]!.subarray(5))
      const bytes = Buffer.from(first.template.buffer)
      for (let at = 0; at + 8 <= bytes.length; at += 4)
        for (const row of rows) assert.ok(!row.includes(bytes.subarray(at, at + 8)))
    })

    it('that were altered or exchanged are refused by the name of their face', async () => {
      const { faces } = open().store
      const { uid } = await addGallery(open().store)
      const [ann, bob] = [await addFace(open().store, uid, 'ann'), await addFace(open().store, uid, 'bob')]
      const [annRow, bobRow] = [await readRow(ann), await readRow(bob)]
      const altered = Uint8Array.from(annRow)
      altered[100]! ^= 1
      for (const bad of [altered, bobRow, new Uint8Array(0), annRow.subarray(0, 20)]) {
        await writeRow(ann, bad)
        const refusal = { code: 'sealed_data_corrupt', message: new RegExp(`face:${ann.id}`) }
        await assert.rejects(faces.templatesOf([bob.id, ann.id]), refusal)
        await assert.rejects(faces.templatesOfSubject(uid, 'ann'), refusal)
        await assert.rejects(readAll(uid), refusal)
        assert.equal((await faces.templatesOf([bob.id])).length, 1)
      }
      await writeRow(ann, annRow)
      assert.equal(await readAll(uid), 2)
    })
  })
}
