// What every database must do for lists by page number and galleries by code.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeOf } from '../core/gallery-codes.ts'
import type { Store } from '../core/ports.ts'
import type { Face, Gallery } from '../core/types.ts'
import { addGallery, insertFace, makeFace } from './samples.suite.ts'

export function testRecords(opened: () => Store): void {
  describe('records', () => {
    it('finds a gallery by code, its tenant only, until it is erased', async () => {
      const { records, galleries } = opened()
      const gallery = await addGallery(opened(), { tenantId: 'records-a' })
      const code = codeOf(gallery.uid)
      assert.deepEqual(await records.findGallery('records-a', code), gallery)
      assert.equal(await records.findGallery('records-b', code), null)
      await galleries.markErased(gallery.uid, new Date())
      assert.equal(await records.findGallery('records-a', code), null)
      assert.deepEqual(await records.listGalleries('records-a', {}, { offset: 0, limit: 9 }), { items: [], total: 0 })
    })

    it('lists galleries by page, by id, by code and by a part of the name', async () => {
      const { records } = opened()
      const names = ['Door_1', 'Doors 100%', 'Gate', null]
      const made: Gallery[] = []
      for (const name of names)
        made.push(await addGallery(opened(), { tenantId: 'records-c', name, id: `g${made.length}` }))
      made.sort((one, other) => (one.uid < other.uid ? -1 : 1))
      const list = (question: Parameters<typeof records.listGalleries>[1], offset = 0, limit = 9) =>
        records.listGalleries('records-c', question, { offset, limit })
      assert.deepEqual(await list({}), { items: made, total: 4 })
      assert.deepEqual(await list({}, 1, 2), { items: made.slice(1, 3), total: 4 })
      assert.deepEqual(await list({}, 8, 2), { items: [], total: 4 })
      const namesOf = async (name: string) => (await list({ name })).items.map(each => each.name).sort()
      assert.deepEqual(await namesOf('Door'), ['Door_1', 'Doors 100%'])
      assert.deepEqual(await namesOf('_'), ['Door_1'])
      assert.deepEqual(await namesOf('0%'), ['Doors 100%'])
      assert.deepEqual(await namesOf('gate'), [])
      assert.deepEqual(await list({ code: codeOf(made[2].uid) }), { items: [made[2]], total: 1 })
      assert.deepEqual(await list({ id: made[1].id, name: 'nobody' }), { items: [], total: 0 })
    })

    it('lists the galleries that have a subject', async () => {
      const { records } = opened()
      const [one, two] = [
        await addGallery(opened(), { tenantId: 'records-d', id: 'one' }),
        await addGallery(opened(), { tenantId: 'records-d', id: 'two' }),
      ]
      await insertFace(opened(), makeFace(one.uid, 'ana'))
      await insertFace(opened(), makeFace(two.uid, 'ana'))
      await insertFace(opened(), makeFace(two.uid, 'ben'))
      const uidsOf = async (id: string) => (await records.galleriesWith('records-d', id)).map(({ uid }) => uid)
      assert.deepEqual(await uidsOf('ana'), [one.uid, two.uid].sort())
      assert.deepEqual(await uidsOf('ben'), [two.uid])
      assert.deepEqual(await uidsOf('cem'), [])
      assert.deepEqual(await records.galleriesWith('records-e', 'ana'), [])
    })

    it('lists faces by page, by id, by subject and by metadata', async () => {
      const { records } = opened()
      const gallery = await addGallery(opened(), { tenantId: 'records-f' })
      const faces: Face[] = []
      for (const [subjectId, kind] of [
        ['ana', 'AUTO'],
        ['ben', 'MANUAL'],
        ['ana', 'AUTO'],
        ['cem', 'AUTO'],
      ] as const)
        faces.push((await insertFace(opened(), makeFace(gallery.uid, subjectId, { metadata: { kind } }))).face)
      faces.sort((one, other) => (one.id < other.id ? -1 : 1))
      const list = async (question: Parameters<typeof records.listFaces>[1], offset = 0, limit = 9) => {
        const { items, total } = await records.listFaces(gallery.uid, question, { offset, limit })
        return [items.map(({ face }) => face.id), total]
      }
      const idsOf = (accepts: (subjectId: string) => boolean) =>
        faces.filter(({ subjectId }) => accepts(subjectId)).map(({ id }) => id)
      assert.deepEqual(await list({}), [faces.map(({ id }) => id), 4])
      assert.deepEqual(await list({}, 1, 2), [faces.slice(1, 3).map(({ id }) => id), 4])
      assert.deepEqual(await list({ subjectId: 'ana' }), [idsOf(id => id === 'ana'), 2])
      assert.deepEqual(await list({ subjectId: 'ana' }, 1), [idsOf(id => id === 'ana').slice(1), 2])
      assert.deepEqual(await list({ metadata: { kind: 'AUTO' } }), [idsOf(id => id !== 'ben'), 3])
      assert.deepEqual(await list({ without: { kind: 'AUTO' } }), [idsOf(id => id === 'ben'), 1])
      assert.deepEqual(await list({ without: { other: 'AUTO' } }), [idsOf(() => true), 4])
      assert.deepEqual(await list({ faceId: faces[3].id }), [[faces[3].id], 1])
      assert.deepEqual(await list({ faceId: faces[3].id, subjectId: 'nobody' }), [[], 0])
      const [{ face, metadata }] = (await records.listFaces(gallery.uid, {}, { offset: 0, limit: 1 })).items
      assert.deepEqual(face, faces[0])
      assert.ok(['AUTO', 'MANUAL'].includes(String(metadata.kind)))
    })

    it('finds faces with what is known of their subjects, of one gallery only', async () => {
      const { records, subjects } = opened()
      const gallery = await addGallery(opened(), { tenantId: 'records-g' })
      const made = await insertFace(opened(), makeFace(gallery.uid, 'ana', { metadata: { kind: 'AUTO' } }))
      const other = await insertFace(opened(), makeFace(gallery.uid, 'ben'))
      const away = await insertFace(opened(), makeFace((await addGallery(opened())).uid, 'ana'))
      const updatedAt = new Date(other.subject.updatedAt.getTime() + 1)
      await subjects.updateMetadata(gallery.uid, 'ben', { kind: 'MANUAL' }, updatedAt)
      const found = await records.findFaces(gallery.uid, [other.face.id, away.face.id, made.face.id, 'none'])
      assert.deepEqual(
        new Map(found.map(({ face, ...rest }) => [face.id, { face, ...rest }])),
        new Map([
          [made.face.id, { face: made.face, metadata: { kind: 'AUTO' }, updatedAt: made.subject.updatedAt }],
          [other.face.id, { face: other.face, metadata: { kind: 'MANUAL' }, updatedAt }],
        ]),
      )
      assert.deepEqual(await records.findFaces(gallery.uid, []), [])
    })
  })
}
