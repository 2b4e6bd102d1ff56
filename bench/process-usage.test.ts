import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseProcStat, parseProcStatus, parsePsTime } from './process-usage.ts'

test('Processor time is found behind a program name with spaces and brackets', () => {
  const stat = '4242 (a (odd) name) S 1 4242 4242 0 -1 4194560 900 0 0 0 150 25 3 4 20 0 11 0 5000 1000000 2000'
  assert.equal(parseProcStat(stat), 1750)
})

test('Resident memory is in bytes, without and with mapped files', () => {
  const status = 'Name:\tnode\nVmPeak:\t 900 kB\nVmRSS:\t    300 kB\nRssAnon:\t     200 kB\nRssFile:\t 100 kB\n'
  assert.deepEqual(parseProcStatus(status), { residentBytes: 307_200, anonymousBytes: 204_800 })
})

test('The times of ps are read with and without hours and days', () => {
  assert.equal(parsePsTime('0:01.25'), 1250)
  assert.equal(parsePsTime('01:02:03'), 3_723_000)
  assert.equal(parsePsTime('2-00:00:01'), 172_801_000)
})
