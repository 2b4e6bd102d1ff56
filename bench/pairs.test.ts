// Tests of pairs.ts: good files, and one refusal for each way a file can be bad.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOfName, parsePairs } from './pairs.ts'

/** Two folds of one pair of each kind. */
const FILE = '2\t1\nAnn_Lee\t1\t2\nAnn_Lee\t1\tBo\t12\nBo\t3\t12\nBo\t1\tAnn_Lee\t2\n'

test('reads same and different lines in their order', () => {
  const { pairs, folds } = parsePairs(FILE, 'pairs.txt')
  assert.equal(folds, 2)
  assert.deepEqual(pairs[0], { same: true, one: 'Ann_Lee_0001', other: 'Ann_Lee_0002' })
  assert.deepEqual(pairs[1], { same: false, one: 'Ann_Lee_0001', other: 'Bo_0012' })
  assert.equal(pairs.length, 4)
})

test('takes Windows line ends, spaces for tabs and empty lines', () => {
  const text = FILE.replaceAll('\n', '\r\n').replaceAll('\t', '  ')
  assert.deepEqual(parsePairs(`${text}\r\n`, 'pairs.txt'), parsePairs(FILE, 'pairs.txt'))
})

test('a file without a first line, or with one fold, is split in ten', () => {
  const lines = [...Array(12).fill('Bo 1 2'), ...Array(12).fill('Bo 1 Ann 1')].join('\n')
  assert.equal(parsePairs(lines, 'pairs.txt').folds, 10)
  assert.equal(parsePairs(`12\n${lines}`, 'pairs.txt').folds, 10)
  assert.equal(parsePairs(`4 3\n${lines}`, 'pairs.txt').folds, 4)
})

test('names what is wrong and where', () => {
  const refusals: [string, RegExp][] = [
    ['', /^Error: p\.txt holds no pairs\.$/],
    ['2\t1\n', /holds no pairs/],
    ['10\t300\nBo\t1\t2\n', /first line says 10 x 300 pairs of each kind, which makes 6000; there are 1/],
    ['Bo\t1\n', /line 1: expected "name number number" or .*, got 2 fields: "Bo 1"/],
    ['Bo\t1\t2\t3\t4\n', /line 1: .* got 5 fields/],
    ['2\t1\nBo\tone\t2\n', /line 2: expected the number of a picture of Bo, got "one"/],
    ['Bo\t1\tAnn\tx\n', /line 1: expected the number of a picture of Ann, got "x"/],
    ['Bo\t0\t2\n', /got "0"/],
    ['Bo\t1\t2\n', /10 folds need at least 10 pairs of one person; there are 1/],
    [`${'Bo\t1\t2\n'.repeat(10)}`, /at least 10 pairs of two people; there are 0/],
  ]
  for (const [text, message] of refusals) assert.throws(() => parsePairs(text, 'p.txt'), message)
})

test('a picture has one key however its number is written', () => {
  assert.equal(keyOfName('Ann_Lee_1'), 'Ann_Lee_0001')
  assert.equal(keyOfName('Ann_Lee_0001'), 'Ann_Lee_0001')
  assert.equal(keyOfName('portrait'), 'portrait')
})
