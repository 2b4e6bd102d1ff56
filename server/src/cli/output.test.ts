// Tables, figures, progress and waiting times: the pure parts of the command line.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toFailure } from './failure.ts'
import { formatAmount, formatBytes, formatRate, formatSeconds, renderTable } from './output.ts'
import { createProgress } from './progress.ts'
import { retryDelayMs } from './retry.ts'

test('a table is as wide as its cells, figures to the right, no spaces at the ends', () => {
  const table = renderTable(
    [{ title: 'who' }, { title: 'n', align: 'right' }, { title: '' }],
    [
      ['a', '1', ''],
      ['long\nname', '100', 'x'],
    ],
  )
  assert.equal(table, 'who           n\na             1\nlong\ufffdname   100   x')
})

test('rates, amounts, sizes and times as people say them', () => {
  const rates = [1, 0.275, 0.1, 1e-5, 1.15e-10, 1e-13, 0].map(rate => formatRate(rate))
  assert.deepEqual(rates.slice(0, 4), ['100 in 100', '28 in 100', '1 in 10', '1 in 100,000'])
  assert.deepEqual(rates.slice(4, 5), ['1 in 8,700,000,000'])
  assert.deepEqual(rates.slice(5), ['rarer than 1 in 1,000,000,000,000', 'rarer than 1 in 1,000,000,000,000'])
  assert.equal(formatRate(1e-9, true), 'about 1 in 1,000,000,000')
  assert.deepEqual([formatAmount(1, 'face'), formatAmount(1200, 'face')], ['1 face', '1,200 faces'])
  assert.deepEqual([formatBytes(552_799), formatBytes(22_075_557)], ['553 kB', '22.1 MB'])
  assert.deepEqual([formatSeconds(9.96), formatSeconds(125)], ['10.0 s', '2 min 5 s'])
})

const record = (isTTY: boolean) => {
  const written: string[] = []
  const clock = { ms: 0 }
  const stream = { isTTY, columns: 100, write: (text: string) => written.push(text) }
  const progress = createProgress({ label: 'Enrolling', total: 200, stream, now: () => clock.ms })
  return { written, clock, progress }
}

test('on a terminal the bar redraws itself, no more often than it can be read, and clears itself', () => {
  const { written, clock, progress } = record(true)
  progress.update(0)
  clock.ms = 50
  progress.update(1)
  clock.ms = 10_000
  progress.update(100, '3 refused')
  progress.end()
  assert.equal(written.length, 3)
  assert.equal(written[1], '\r\u001b[KEnrolling [============            ] 100 of 200, 3 refused, 10.0 s left')
  assert.equal(written[2], '\r\u001b[K')
})

test('elsewhere there is a plain line now and then, and none for what is quickly done', () => {
  const { written, clock, progress } = record(false)
  progress.update(0)
  clock.ms = 9000
  progress.update(90)
  clock.ms = 10_000
  progress.update(100)
  clock.ms = 11_000
  progress.update(110)
  progress.end()
  assert.deepEqual(written, ['Enrolling: 100 of 200, 10.0 s left\n'])
})

test('a busy server is waited for as long as it says: seconds, a date, or a second; never for hours', () => {
  const wait = (status: number, header: string | null) => retryDelayMs(status, header, () => 0)
  assert.deepEqual([wait(503, '2'), wait(429, null), wait(503, 'soon')], [2000, 1000, 1000])
  assert.deepEqual([wait(503, '0'), wait(503, '86400')], [50, 60_000])
  const inAMinute = wait(503, new Date(Date.now() + 30_000).toUTCString())
  assert.ok(inAMinute !== null && inAMinute > 25_000 && inAMinute <= 30_000)
  assert.deepEqual([wait(500, '1'), wait(422, null)], [null, null])
})

test('what nobody foresaw is still one sentence', () => {
  const { exit, message } = toFailure(new Error('a\nb.'))
  assert.deepEqual([exit, message], ['failed', 'Something went wrong: a\ufffdb.'])
  assert.equal(toFailure('text').message, 'Something went wrong: text.')
})
