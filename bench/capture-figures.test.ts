import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isError, judgeWanted, sumEnrolments, sumVisits } from './capture-figures.ts'
import type { Visit } from './capture-visitor.ts'

const VISIT: Visit = {
  state: 'passed',
  reasons: [],
  startedMs: 1000,
  submittedMs: 9000,
  endedMs: 11_000,
  frames: 24,
  frameBytes: 500_000,
  anew: [],
  statuses: { 200: 5, 202: 25 },
}

test('Visits are counted by what came of them, and timed where there was a verdict', () => {
  const figures = sumVisits([
    VISIT,
    {
      ...VISIT,
      state: 'failed',
      reasons: ['not_live', 'challenge_not_met'],
      endedMs: 15_000,
      anew: ['session_attempt_stale'],
    },
    {
      ...VISIT,
      state: 'expired',
      submittedMs: null,
      endedMs: 99_000,
      frames: 2,
      statuses: { 0: 1, 429: 2, 503: 3, 409: 1 },
    },
    { ...VISIT, state: 'broken', submittedMs: null, frames: 0, anew: ['busy'] },
  ])
  assert.deepEqual(
    [figures.sessions, figures.passed, figures.failed, figures.withoutVerdict, figures.errors],
    [4, 1, 1, 2, 6],
  )
  assert.deepEqual(figures.reasons, { not_live: 1, challenge_not_met: 1 })
  assert.deepEqual(figures.anew, { session_attempt_stale: 1, busy: 1 })
  assert.equal(figures.statuses[202], 75)
  assert.deepEqual(figures.sinceStart, { p50: 10, p95: 14, max: 14 })
  assert.deepEqual(figures.sinceSubmit, { p50: 2, p95: 6, max: 6 })
  assert.equal(figures.frames, 50)
  assert.equal(figures.frameMb, 2)
  assert.equal(figures.framesPerSecond, 50 / 8)
})

test('Movements are counted by name, and the portrait is none', () => {
  const events = [
    { challenge: 'portrait', met: true },
    { challenge: 'nod', met: true },
    { challenge: 'blink', met: false },
    { challenge: 'nod', met: false },
  ]
  assert.deepEqual(sumVisits([VISIT], events).movements, { blink: { asked: 1, met: 0 }, nod: { asked: 2, met: 1 } })
})

test('Without any verdict there are no times', () => {
  const figures = sumVisits([{ ...VISIT, state: 'broken', submittedMs: null }])
  assert.equal(figures.sinceStart, null)
  assert.equal(figures.sinceSubmit, null)
  assert.equal(figures.framesPerSecond, 0)
})

test('An error is what says that the server cannot, not what says that the caller may not', () => {
  for (const status of [0, 429, 500, 503]) assert.ok(isError(status))
  for (const status of [200, 202, 404, 409, 422]) assert.ok(!isError(status))
})

const enrolments = (p50Ms: number, refused = 0) =>
  sumEnrolments({ seconds: 2, done: 3, refused: 1, failed: refused, latenciesMs: [p50Ms], doneLatenciesMs: [p50Ms] })

test('A picture without a face is work done, a call that was sent away is not', () => {
  const { perSecond, unprocessable, refused } = enrolments(20, 5)
  assert.deepEqual([perSecond, unprocessable, refused], [2, 1, 5])
})

test('Each wanted figure is told met or missed by itself', () => {
  const bounds = { growthMb: 100, slowdown: 3 }
  const visits = sumVisits([VISIT])
  const good = { visits, memory: { beforeMb: 500, mostMb: 600 }, alone: enrolments(20), beside: enrolments(60) }
  const metOf = (changed: Partial<typeof good>) => judgeWanted({ ...good, ...changed }, bounds).map(({ met }) => met)
  assert.deepEqual(metOf({}), [true, true, true, true])
  assert.deepEqual(metOf({ visits: { ...visits, errors: 1 } }), [false, true, true, true])
  assert.deepEqual(metOf({ visits: { ...visits, withoutVerdict: 1 } }), [false, true, true, true])
  assert.deepEqual(metOf({ memory: { beforeMb: 500, mostMb: 601 } }), [true, false, true, true])
  assert.deepEqual(metOf({ beside: enrolments(60, 1) }), [true, true, false, true])
  assert.deepEqual(metOf({ beside: enrolments(61) }), [true, true, true, false])
})
