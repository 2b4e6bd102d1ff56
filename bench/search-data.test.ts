// Tests of search-data.ts: imitated templates have the length and the nearness of the packs' own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dotOf } from '../server/src/core/score.ts'
import { findSpace } from './search-data.ts'

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

for (const [pack, dimensions, strangers, own] of [
  ['open', 128, 0.88, 0.97],
  ['retail-0095', 256, 0.005, 0.69],
  ['open+retail', 384, 0.53, 0.86],
] as const)
  test(`templates as ${pack} makes them`, () => {
    const space = findSpace(pack)
    assert.equal(space.dimensions, dimensions)
    const maker = space.createMaker(1)
    const people = Array.from({ length: 100 }, () => {
      const identity = maker.makeIdentity()
      return [maker.makeTemplate(identity), maker.makeTemplate(identity)]
    })
    for (const [template] of people) assert.ok(Math.abs(Math.hypot(...template) - 1) < 1e-5)
    const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 0.03, `${value}`)
    near(mean(people.map(([one, other]) => dotOf(one, other))), own)
    near(mean(people.flatMap(([one], at) => people.slice(at + 1).map(([other]) => dotOf(one, other)))), strangers)
  })

test('a pack whose templates are not known is refused', () => {
  assert.throws(() => findSpace('other'), /The templates of "other" cannot be imitated; those of open, .* can/)
})
