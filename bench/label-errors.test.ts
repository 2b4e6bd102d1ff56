// Tests of label-errors.ts; reads the committed list, no pictures.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  findLabelErrors,
  LFW_LABEL_ERRORS,
  NO_LABEL_ERRORS,
  numberPeople,
  parseLabelErrors,
  readLabelErrors,
} from './label-errors.ts'

test('reads pictures, double names and comments', () => {
  const { pictures, names } = parseLabelErrors('# all\n\nBo_0002  # not Bo\nAnn_Lee Lee_Ann\r\n', 'errors.txt')
  assert.deepEqual([...pictures], ['Bo_0002'])
  assert.deepEqual(names, [['Ann_Lee', 'Lee_Ann']])
})

test('names a line that is neither', () => {
  assert.throws(() => parseLabelErrors('Bo_0002\nBo', 'errors.txt'), /errors\.txt, line 2: expected .*, got "Bo"/)
  assert.throws(() => parseLabelErrors('A B C', 'errors.txt'), /line 1/)
})

test('all names of a person have one number, however they are chained', () => {
  const names = ['A', 'B', 'C', 'D', 'E']
  const errors = {
    pictures: new Set<string>(),
    names: [
      ['A', 'C'],
      ['D', 'C'],
      ['C', 'A'],
    ] as [string, string][],
  }
  const [a, b, c, d, e] = numberPeople(names, errors)
  assert.ok(a === c && c === d)
  assert.equal(new Set([a, b, e]).size, 3)
})

test('the list of LFW is used for LFW alone', async () => {
  const errors = await readLabelErrors(LFW_LABEL_ERRORS)
  assert.ok(errors.pictures.size > 0 && errors.names.length > 0)
  assert.deepEqual(await findLabelErrors(new Set(errors.names.flat())), errors)
  assert.equal(await findLabelErrors(new Set(['Nan_Wang', 'Person_1'])), NO_LABEL_ERRORS)
})
