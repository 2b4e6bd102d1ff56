// Nobody is on both sides of a split, and the folds are about as large as each other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assignFolds, groupPortraits } from './folds.ts'

test('a name decides, and without one the likeness to the first of a group', () => {
  const groups = groupPortraits(
    [
      { person: 'a', template: [1, 0] },
      { template: [0, 1] },
      { person: 'a', template: [0, 1] },
      { template: [0.1, 0.995] },
      { person: 'b', template: [1, 0] },
      { template: [0.8, 0.6] },
    ],
    0.96,
  )
  assert.deepEqual(groups, [0, 1, 0, 1, 2, 3])
})

test('likeness is no chain', () => {
  const at = (degrees: number) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
  const groups = groupPortraits(
    [0, 10, 20, 30].map(degrees => ({ template: at(degrees) })),
    Math.cos((15 * Math.PI) / 180),
  )
  assert.deepEqual(groups, [0, 0, 1, 1])
})

test('groups stay whole, and the folds are filled evenly', () => {
  const groups = [0, 0, 0, 1, 1, 2, 3, 4, 4, 5]
  const folds = assignFolds(groups, 3)
  for (const group of new Set(groups)) assert.equal(new Set(folds.filter((_, i) => groups[i] === group)).size, 1)
  const sizes = [0, 1, 2].map(fold => folds.filter(each => each === fold).length)
  assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1)
})
