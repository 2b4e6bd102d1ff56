// The in-process index: the contract of every driver, and what only this one promises (zeroed memory, bytes).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createExactIndex } from './exact.ts'
import {
  assertSameHits,
  blur,
  DIMENSIONS,
  FACE_CENTRE,
  type IndexFixture,
  makeTemplates,
  rankAll,
  withIndex,
} from './index.fixture.ts'
import { testIndex } from './index.suite.ts'

testIndex('exact', createExactIndex)
testIndex('exact, two threads', options => createExactIndex({ ...options, threads: 2 }))
// The suite's templates lie all around zero: within the range of the one distribution, and beyond that of the other.
for (const largest of [0.8, 0.2]) {
  const distribution = { centre: FACE_CENTRE, largest }
  testIndex(`exact, around a centre, ${largest}`, options => createExactIndex({ ...options, distribution }))
}

type ExactIndex = ReturnType<typeof createExactIndex>

async function withExact(body: (fixture: IndexFixture, index: ExactIndex) => Promise<void>): Promise<void> {
  await withIndex(createExactIndex, fixture => body(fixture, fixture.index as ExactIndex))
}

function countBytes(segments: readonly SharedArrayBuffer[]): number {
  return segments.reduce((sum, segment) => sum + new Uint8Array(segment).filter(byte => byte !== 0).length, 0)
}

test('a removed face leaves no byte of its template in memory', () =>
  withExact(async ({ enrol, erase }, index) => {
    const [kept] = enrol('g', makeTemplates(1))
    const segments = index.segmentsOf('g')
    const before = countBytes(segments)
    const gone = enrol('g', makeTemplates(1000, 4))
    assert.ok(countBytes(segments) > 50 * before)
    erase('g', gone)
    assert.equal(countBytes(segments), before)
    erase('g', [kept!])
    assert.equal(countBytes(segments), 0)
  }))

test('dropping a gallery and closing the index leave no byte of a template in memory', () =>
  withExact(async ({ enrol }, index) => {
    enrol('g', makeTemplates(1000))
    enrol('h', makeTemplates(1000))
    const dropped = [...index.segmentsOf('g')]
    const closed = [...index.segmentsOf('h')]
    index.drop('g')
    assert.equal(countBytes(dropped), 0)
    await index.close()
    assert.equal(countBytes(closed), 0)
  }))

test('faces are found across every segment while the gallery grows', () =>
  withExact(async ({ enrol }, index) => {
    const faces = []
    for (const [i, count] of [100, 28, 1, 255, 1, 4000, 30_000].entries()) {
      faces.push(...enrol('g', makeTemplates(count, 10 + i)))
      for (const face of [faces[0]!, faces[faces.length >> 1]!, faces.at(-1)!]) {
        const probe = blur(face.template)
        assertSameHits(await index.search('g', probe, 10), rankAll(faces, probe).slice(0, 10))
      }
    }
    assert.equal(index.segmentsOf('g').length, 9)
  }))

test('freed rows are filled before new ones are taken', () =>
  withExact(async ({ enrol, erase }, index) => {
    const first = enrol('g', makeTemplates(3968))
    const before = index.segmentsOf('g').length
    erase('g', first.slice(1))
    enrol('g', makeTemplates(3967, 6))
    assert.equal(index.segmentsOf('g').length, before)
    assert.equal(index.size('g'), 3968)
  }))

test('the answer is exact with a scale so coarse that int8 alone is not', () =>
  withIndex(
    options => createExactIndex({ ...options, scale: 40 }),
    async ({ index, enrol }) => {
      const faces = enrol('g', makeTemplates(5000))
      for (let i = 0; i < 20; i += 1) {
        const probe = blur(faces[i * 31]!.template, i)
        assertSameHits(await index.search('g', probe, 10), rankAll(faces, probe).slice(0, 10))
      }
    },
  ))

test('a thousand copies of one template are a tie, not an endless search', () =>
  withExact(async ({ enrol }, index) => {
    const [template] = makeTemplates(1)
    enrol('g', Array(5000).fill(template))
    const hits = await index.search('g', template!, 10)
    assert.equal(new Set(hits.map(hit => hit.faceId)).size, 10)
  }))

test('a face id that is no UUID is a TypeError, and nothing is added', () =>
  withExact(async (_, index) => {
    const [a, b] = makeTemplates(2)
    const entries = [
      { faceId: '0190a1b2-0000-7000-8000-000000000000', template: a! },
      { faceId: 'face-2', template: b! },
    ]
    assert.throws(() => index.add('g', entries), TypeError)
    assert.equal(index.size('g'), 0)
    assert.equal(a!.length, DIMENSIONS)
  }))

test('what fails in the template source fails the search', async t => {
  const index = createExactIndex({ dimensions: DIMENSIONS, templates: () => Promise.reject(new Error('disk gone')) })
  t.after(() => index.close())
  const [template] = makeTemplates(1)
  index.add('g', [{ faceId: '0190a1b2-0000-7000-8000-000000000000', template: template! }])
  await assert.rejects(index.search('g', template!, 1), /disk gone/)
})
