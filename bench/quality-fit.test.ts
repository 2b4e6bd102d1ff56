// The fit finds what made-up misses were made from, and the nested folds keep people apart.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, qualityOf, UNIFIED_FEATURES, type UnifiedFeatures } from '../server/src/vision/quality/unified.ts'
import { type FittedPair, fitNested, fitUnified } from './quality-fit.ts'

const createDraw = (seed: number) => {
  let state = seed
  return (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >>> 0) / 2 ** 32
  }
}

/** Pairs that miss the more often the less stable their pictures are, and the farther their contrast is from the middle. */
const makePairs = (count: number) => {
  const draw = createDraw(7)
  const pictures = Array.from(
    { length: 2 * count },
    () => Object.fromEntries(UNIFIED_FEATURES.map(name => [name, draw() * 2 - 1])) as Record<string, number>,
  ) as unknown as UnifiedFeatures[]
  const risk = ({ stability, contrast }: UnifiedFeatures): number => 2 * contrast ** 2 - 2 * stability
  const pairs = Array.from({ length: count }, (_, index): FittedPair => {
    const odds = -3 + risk(pictures[2 * index]) + risk(pictures[2 * index + 1])
    return { one: 2 * index, other: 2 * index + 1, person: index, isMiss: draw() < 1 / (1 + Math.exp(-odds)) }
  })
  return { pictures, pairs, people: Int32Array.from(pictures, (_, picture) => picture >> 1) }
}

test('the weights are those of the misses', () => {
  const { pictures, pairs } = makePairs(3000)
  const model = fitUnified(pictures, [...pictures.keys()], pairs, 3)
  const weights = new Map(model.features.map(({ name, weight, squareWeight }) => [name, { weight, squareWeight }]))
  const strongest = [...weights].toSorted((a, b) => Math.abs(b[1].weight) - Math.abs(a[1].weight))[0][0]
  assert.equal(strongest, 'stability')
  // Of deviation 0.58: 2 a unit is 1.15 a deviation, and 2 a unit squared 0.67 a deviation squared.
  assert.ok(Math.abs(weights.get('stability')!.weight - 1.15) < 0.2)
  assert.ok(Math.abs(weights.get('contrast')!.squareWeight + 0.67) < 0.2)
  const scores = pictures.map(figures => judge(figures, model).score)
  assert.ok(Math.abs(scores.reduce((sum, score) => sum + score, 0) / scores.length - 50) < 3)
  const mean = pairs.reduce(
    (sum, { one, other }) =>
      sum +
      1 / (1 + Math.exp(qualityOf(pictures[one], model) + qualityOf(pictures[other], model) - model.intercept)) / 3000,
    0,
  )
  assert.ok(Math.abs(mean - pairs.filter(({ isMiss }) => isMiss).length / 3000) < 0.005)
})

test("a fold's model does not change with what its own people do", () => {
  const { pictures, pairs, people } = makePairs(400)
  const changed = pairs.map(pair => (pair.person % 4 === 1 ? { ...pair, isMiss: !pair.isMiss } : pair))
  const [before, after] = [pairs, changed].map(each => fitNested(pictures, people, each, 4))
  assert.deepEqual(before[1], after[1])
  assert.notDeepEqual(before[0], after[0])
})
