// The in-process index with a distribution: as exact as without, for templates near the centre, far from it, and both; and
// fewer templates looked up.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TemplateDistribution, TemplateSource } from '../core/ports.ts'
import { createExactIndex } from './exact.ts'
import {
  assertSameHits,
  blur,
  DIMENSIONS,
  FACE_CENTRE,
  type IndexFixture,
  makeFaces,
  makeTemplates,
  rankAll,
  withIndex,
} from './index.fixture.ts'

const DISTRIBUTION: TemplateDistribution = { centre: FACE_CENTRE, largest: 0.2 }

/** Runs `body` with an index of this distribution; `lookedUp` counts the templates that it asked the store for. */
async function withDistribution(
  distribution: TemplateDistribution | undefined,
  body: (fixture: IndexFixture, lookedUp: () => number) => Promise<void>,
): Promise<void> {
  let count = 0
  const counted =
    (templates: TemplateSource): TemplateSource =>
    faceIds => {
      count += faceIds.length
      return templates(faceIds)
    }
  await withIndex(
    options => createExactIndex({ ...options, templates: counted(options.templates), distribution }),
    fixture => body(fixture, () => count),
  )
}

/** The ten best of forty searches are those of brute force: pictures of enrolled people, then strangers. */
async function assertExact({ index, enrol }: IndexFixture, templates: Float32Array[], strangers: Float32Array[]) {
  const faces = enrol('g', templates)
  const probes = [...templates.slice(0, 20).map((template, i) => blur(template, i)), ...strangers.slice(0, 20)]
  for (const probe of probes) {
    assertSameHits(await index.search('g', probe, 10), rankAll(faces, probe).slice(0, 10))
  }
}

for (const [name, distribution] of [
  ['no distribution', undefined],
  ['a distribution', DISTRIBUTION],
  ['a centre of one component, along which no errors cancel out', { centre: centreOfOne(), largest: 0.6 }],
] as const) {
  test(`the ten best of 20,000 faces close together are exact, with ${name}`, () =>
    withDistribution(distribution, fixture => assertExact(fixture, makeFaces(20_000), makeFaces(20, 99))))

  test(`the ten best of 20,000 templates of any direction are exact, with ${name}`, () =>
    withDistribution(distribution, fixture => assertExact(fixture, makeTemplates(20_000), makeTemplates(20, 99))))
}

test('the ten best are exact among templates that fit and templates that do not', () =>
  withDistribution(DISTRIBUTION, async ({ index, enrol, erase, stored }) => {
    const near = enrol('g', makeFaces(3000))
    const far = enrol('g', makeTemplates(300, 7))
    const between = enrol(
      'g',
      makeTemplates(300, 8).map(template => unitOf(template.map((value, i) => value + FACE_CENTRE[i]!))),
    )
    let faces = [...near, ...far, ...between]
    const probes = [near[5]!, far[5]!, between[5]!].map(({ template }) => blur(template))
    for (const probe of probes) {
      for (const limit of [1, 10, 500, 3600]) {
        assertSameHits(await index.search('g', probe, limit), rankAll(faces, probe).slice(0, limit))
      }
    }
    // The store has lost one, two are erased, and one has a new template that fits.
    stored.delete(far[7]!.faceId)
    erase('g', [far[5]!, between[5]!])
    const moved = { faceId: far[6]!.faceId, template: makeFaces(1, 55)[0]! }
    stored.set(moved.faceId, moved.template)
    index.add('g', [moved])
    const gone = new Set([far[5]!, far[6]!, far[7]!, between[5]!])
    faces = [...faces.filter(face => !gone.has(face)), moved]
    for (const probe of [...probes, moved.template]) {
      assertSameHits(await index.search('g', probe, 20), rankAll(faces, probe).slice(0, 20))
    }
  }))

test('a distribution spares most of the looking up', async () => {
  const counts: number[] = []
  for (const distribution of [undefined, DISTRIBUTION]) {
    await withDistribution(distribution, async (fixture, lookedUp) => {
      await assertExact(fixture, makeFaces(5000), makeFaces(20, 99))
      counts.push(lookedUp() / 40)
    })
  }
  const [without, withOne] = counts
  assert.ok(withOne! < 20 && withOne! < without! / 3, `${withOne} instead of ${without} a search`)
})

test('templates that do not fit are searched without looking all of them up', () =>
  withDistribution(DISTRIBUTION, async (fixture, lookedUp) => {
    await assertExact(fixture, makeTemplates(2000), makeTemplates(20, 99))
    assert.ok(lookedUp() / 40 < 12)
  }))

test('a template that does not fit takes its floats’ memory, and gives it back', () =>
  withDistribution(DISTRIBUTION, async ({ index, enrol, erase }) => {
    // One more, so that the table of ids does not grow for the next.
    enrol('g', [...makeFaces(2000), ...makeTemplates(1)])
    const before = index.stats().bytes
    const far = enrol('g', makeTemplates(2, 7))
    assert.equal(index.stats().bytes, before + 2 * 4 * DIMENSIONS)
    erase('g', far)
    assert.equal(index.stats().bytes, before)
  }))

test('a removed face is not taken for one at the centre', () =>
  withDistribution(DISTRIBUTION, async ({ index, enrol, erase }) => {
    // Rows of zeros stand between the faces, in the midst of the band of uncertainty.
    const atCentre = makeTemplates(60, 5).map(template =>
      unitOf(template.map((value, i) => FACE_CENTRE[i]! + value / 200)),
    )
    const gone = enrol('g', makeFaces(6000, 6))
    const faces = enrol('g', [...atCentre, ...makeFaces(60, 3)])
    erase('g', gone)
    for (const probe of [atCentre[0]!, ...makeFaces(2, 9)]) {
      const ranking = rankAll(faces, probe)
      for (const limit of [3, 10, ...Array.from({ length: 60 }, (_, i) => 30 + i), 119, 120, 500]) {
        assertSameHits(await index.search('g', probe, limit), ranking.slice(0, limit))
      }
    }
  }))

function centreOfOne(): Float32Array {
  return Float32Array.from({ length: DIMENSIONS }, (_, i) => (i === 0 ? 0.94 : 0))
}

function unitOf(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector)
  return vector.map(value => value / length)
}
