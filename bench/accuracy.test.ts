// Tests of accuracy.ts on made-up people; opens no pictures.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureAccuracy } from './accuracy.ts'
import { parsePairs } from './pairs.ts'
import { makePeople } from './samples.ts'

const pictures = makePeople(40, 3)
const file = parsePairs(
  [
    ...Array.from({ length: 40 }, (_, i) => `Person_${i} 1 2`),
    ...Array.from({ length: 40 }, (_, i) => `Person_${i} 1 Person_${(i + 1) % 40} 2`),
  ].join('\n'),
  'pairs.txt',
)

test('pairs alone give accuracy and the rates that they support', async () => {
  const figures = await measureAccuracy({ pictures, failures: [] }, file, false)
  assert.ok(figures.accuracy! > 0.9)
  assert.equal(figures.pairs, 80)
  assert.equal(figures.images, 80)
  assert.deepEqual(figures.tar, { '1e-2': null, '1e-3': null, '1e-4': null })
  assert.equal(figures.allPairs, null)
})

test('all pairs support rarer rates, of the pairs file and of the folder', async () => {
  const { allPairs, tar, images } = await measureAccuracy({ pictures, failures: [] }, file, true)
  assert.equal(images, 120)
  assert.ok(allPairs)
  assert.equal(allPairs.same, 120)
  assert.equal(allPairs.different, (120 * 119) / 2 - 120)
  assert.ok(allPairs.tar['1e-3']! > 0.5 && (allPairs.tarOfFile?.['1e-3'] ?? 0) > 0.5)
  assert.equal(allPairs.tar['1e-4'], null)
  assert.deepEqual(tar, (await measureAccuracy({ pictures, failures: [] }, file, false)).tar)
  assert.equal(allPairs.tarWithoutLabelErrors, null)
})

test('a picture without a face is counted, and its pairs are errors', async () => {
  const found = pictures.filter(picture => picture.name !== 'Person_0_0001')
  const all = await measureAccuracy({ pictures, failures: [] }, file, true)
  const some = await measureAccuracy({ pictures: found, failures: ['Person_0_0001'] }, file, true)
  assert.equal(some.failures, 1)
  assert.deepEqual(some.failedPictures, ['Person_0_0001'])
  assert.equal(some.allPairs?.same, 120)
  assert.ok(some.accuracy! < all.accuracy!)
  const unused = await measureAccuracy({ pictures: found, failures: ['Person_0_0003'] }, file, false)
  assert.equal(unused.failures, 0)
})
