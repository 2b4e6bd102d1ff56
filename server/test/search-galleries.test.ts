// Searching several galleries, and searching with a metadata filter: on the real store and index, under a fake engine.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Context } from '../src/core/context.ts'
import { enrol } from '../src/core/enrol.ts'
import { createGallery } from '../src/core/galleries.ts'
import type { MendedIndex } from '../src/core/mended-index.ts'
import { type SearchInput, search } from '../src/core/search.ts'
import type { Metadata } from '../src/core/types.ts'
import { fakePicture, openFakeCore } from './fake-core.ts'

const core = await openFakeCore()
after(() => core.close())
const { context, region, principal } = core

const fill = async (id: string, people: Record<string, Metadata>): Promise<void> => {
  await createGallery(context, principal, { id, policy: { maxFacesPerSubject: 100 } })
  for (const [person, metadata] of Object.entries(people)) await put(id, person, person, metadata)
}
const put = (galleryId: string, person: string, subjectId: string, metadata: Metadata = {}) =>
  enrol(context, principal, { galleryId, image: fakePicture({ person }), subjectId, metadata })
const look = (person: string, rest: Partial<SearchInput>, using: Context = context) =>
  search(using, principal, {
    galleryIds: ['staff'],
    image: fakePicture({ person }),
    limit: 10,
    threshold: 80,
    ...rest,
  })
const names = async (result: ReturnType<typeof look>): Promise<string[]> =>
  (await result).candidates.map(({ galleryId, subjectId }) => `${galleryId}/${subjectId}`)

await fill('staff', {
  ann: { department: 'sales', floor: 3, badge: null },
  bob: { department: 'sales', floor: '3', remote: true },
  cleo: { department: 'legal', floor: 3 },
})
await fill('guests', { ann: { floor: 3 }, dora: {} })

describe('several galleries', () => {
  test('are searched at once, candidates with the gallery they are of', async () => {
    assert.deepEqual((await names(look('ann', { galleryIds: ['staff', 'guests'] }))).sort(), [
      'guests/ann',
      'staff/ann',
    ])
    assert.deepEqual(await names(look('dora', { galleryIds: ['staff', 'guests'] })), ['guests/dora'])
    assert.deepEqual(await names(look('dora', { galleryIds: ['staff'] })), [])
  })

  test('give one list, best first, as long as the limit', async () => {
    const galleryIds = ['staff', 'guests']
    const all = await look('dora', { galleryIds, threshold: 0 })
    assert.equal(all.candidates.length, 5)
    assert.equal(all.candidates[0].subjectId, 'dora')
    const rates = all.candidates.map(({ score }) => score.log10Fmr)
    assert.deepEqual(
      rates,
      rates.toSorted((one, other) => one - other),
    )
    assert.equal((await look('dora', { galleryIds, threshold: 0, limit: 2 })).candidates.length, 2)
  })

  test('count together for the threshold that follows from maxFpir', async () => {
    const both = await look('ann', { galleryIds: ['staff', 'guests'], threshold: undefined })
    const one = await look('ann', { threshold: undefined })
    assert.deepEqual([both.gallerySize, one.gallerySize], [5, 3])
    assert.ok(both.threshold.similarity > one.threshold.similarity)
  })

  test('are refused when there are none, too many or one twice', async () => {
    const many = Array.from({ length: 21 }, (_, index) => `g${index}`)
    for (const galleryIds of [[], many, ['staff', 'staff']])
      await assert.rejects(look('ann', { galleryIds }), { code: 'request_invalid' })
  })

  test('must all be there', async () => {
    await assert.rejects(look('ann', { galleryIds: ['staff', 'nowhere'] }), {
      code: 'gallery_not_found',
      details: { gallery: 'nowhere' },
    })
  })

  test('must all hold templates of the pack that the server runs', async () => {
    const found = await region.store.galleries.find(principal.tenantId, 'guests')
    await region.store.galleries.insert({ ...found!, uid: context.ids.next(), id: 'old', pack: 'old@1' })
    await assert.rejects(look('ann', { galleryIds: ['staff', 'old'] }), { code: 'pack_mismatch' })
  })
})

describe('a filter', () => {
  test('keeps the candidates that have all its values, of the same type', async () => {
    for (const [filter, expected] of [
      [{ department: 'sales' }, ['ann', 'bob']],
      [{ floor: 3 }, ['ann', 'cleo']],
      [{ floor: '3' }, ['bob']],
      [{ department: 'sales', floor: 3 }, ['ann']],
      [{ badge: null }, ['ann']],
      [{ remote: true }, ['bob']],
      [{ toString: 'x' }, []],
      [{}, ['ann', 'bob', 'cleo']],
    ] as const) {
      const found = await look('ann', { threshold: 0, filter: filter as unknown as Metadata })
      assert.deepEqual(found.candidates.map(({ subjectId }) => subjectId).sort(), expected)
    }
  })

  test('has at most ten keys', async () => {
    const keys = (count: number): Metadata => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]))
    assert.deepEqual((await look('ann', { filter: keys(10) })).candidates, [])
    await assert.rejects(look('ann', { filter: keys(11) }), { code: 'request_invalid' })
  })

  test('finds who matches behind many who do not', async () => {
    await fill('crowd', {})
    for (let index = 0; index < 60; index++) await put('crowd', 'ann', `s${index}`, { last: index === 59 })
    assert.deepEqual(await names(look('ann', { galleryIds: ['crowd'], limit: 2, filter: { last: true } })), [
      'crowd/s59',
    ])
  })

  test('that nobody meets looks at so many faces and no more', async () => {
    const asked: number[] = []
    const index: MendedIndex = {
      ...region.index,
      search: (gallery, probe, limit, signal) => {
        asked.push(limit)
        return region.index.search(gallery, probe, limit, signal)
      },
    }
    const bounded: Context = {
      ...context,
      limits: { ...context.limits, maxFacesPerSearch: 20 },
      regions: new Map([[region.id, { ...region, index }]]),
    }
    const wanted = { galleryIds: ['crowd'], limit: 3, threshold: 0, filter: { nobody: true } }
    assert.deepEqual((await look('ann', wanted, bounded)).candidates, [])
    assert.deepEqual(asked, [3, 12, 20])
  })
})
