// Tests of calibration-tables.ts: the scale, the marks and the page around the tables.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureCalibration } from './calibration-figures.ts'
import { renderTables, replaceTables } from './calibration-tables.ts'
import { NO_LABEL_ERRORS } from './label-errors.ts'
import { makePeople } from './samples.ts'

test('the tables show the scale, and mark what is extrapolated', () => {
  const figures = measureCalibration(makePeople(150, 2), NO_LABEL_ERRORS)
  const text = renderTables(figures, { madeFrom: 'a test', date: '2026-01-01', pack: 'open 1.0.0' })
  assert.match(text, /\| 60 \| 1e-2 \| 0\.\d{4} \|/)
  assert.match(text, /\| 90 \| 1e-6 \| (0\.\d{4}\*|none) \|/)
  assert.match(text, /44,700 comparisons of different people/)
})

test("only the text between the pack's marks changes", () => {
  const blockOf = (id: string) =>
    `<!-- figures of ${id}: written by npm run calibrate -->\nold\n<!-- end of figures -->\n`
  const page = `Before\n${blockOf('other')}Between\n${blockOf('one')}After\n`
  const once = replaceTables(page, 'one', '| new |')
  assert.ok(once.startsWith(`Before\n${blockOf('other')}Between\n`))
  assert.match(once, /Between\n<!-- figures of one.*-->\n\n\| new \|\n\n<!-- end of figures -->\nAfter\n$/)
  assert.equal(replaceTables(once, 'one', '| new |'), once)
  assert.throws(() => replaceTables(page, 'none', ''), /lacks the marks/)
})
