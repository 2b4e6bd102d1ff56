// The log of calls: grouped, bounded, and nothing counted twice when writing fails.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { subjectHashOf } from './audit.ts'
import { type Call, createCallLog } from './call-log.ts'
import type { AcceptedCount, ControlStore, Transaction, UsageCount } from './ports.ts'

const AT = new Date('2031-02-03T23:59:59.999Z')

const KEY = new Uint8Array(32).fill(7)

const makeCall = (id: string, change: Partial<Call> = {}): Call => ({
  id,
  at: AT,
  tenantId: 'default',
  regionId: 'default',
  credentialId: 'credential',
  protocol: 'native',
  operation: 'enrolFace',
  galleryId: null,
  subjectId: null,
  status: 201,
  outcome: 'ok',
  durationMs: 1,
  facts: null,
  ...change,
})

const open = (maxPendingCalls = 100, callLogDelayMs = 5) => {
  const written: {
    ids: string[]
    calls: readonly Transaction[]
    counts: readonly UsageCount[]
    accepted: readonly AcceptedCount[]
  }[] = []
  const troubles: [unknown, number][] = []
  const state = { fails: false }
  const control = {
    async recordCalls(
      calls: readonly Transaction[],
      counts: readonly UsageCount[],
      accepted: readonly AcceptedCount[],
    ) {
      if (state.fails) throw new Error('disk full')
      written.push({ ids: calls.map(({ id }) => id), calls, counts, accepted })
    },
  } as unknown as ControlStore
  const log = createCallLog({
    control,
    hashKey: async () => KEY,
    limits: { maxPendingCalls, callLogDelayMs },
    onTrouble: (error, lost) => troubles.push([error, lost]),
  })
  return { log, written, troubles, state }
}

test('calls are written by themselves after a while, in one group with their counts', async () => {
  const { log, written } = open()
  log.record(makeCall('a'))
  log.record(makeCall('b'))
  log.record(makeCall('c', { outcome: 'busy' }))
  log.record(makeCall('d', { at: new Date(AT.getTime() + 1) }))
  assert.equal(written.length, 0)
  await new Promise(resolve => setTimeout(resolve, 50))
  assert.deepEqual(
    written.map(({ ids }) => ids),
    [['a', 'b', 'c', 'd']],
  )
  assert.deepEqual(
    written[0].counts.map(({ day, outcome, count }) => [day, outcome, count]),
    [
      ['2031-02-03', 'ok', 2],
      ['2031-02-03', 'busy', 1],
      ['2031-02-04', 'ok', 1],
    ],
  )
})

test('closing writes the rest at once', async () => {
  const { log, written } = open(100, 60_000)
  log.record(makeCall('a'))
  await log.close()
  assert.deepEqual(written[0].ids, ['a'])
  await log.flush()
  assert.equal(written.length, 1, 'nothing is written when nothing waits')
})

test('when more wait than are kept, the rest is counted, left out of the log, and told', async () => {
  const { log, written, troubles } = open(2, 60_000)
  for (const id of ['a', 'b', 'c', 'd']) log.record(makeCall(id))
  await log.flush()
  assert.deepEqual(written[0].ids, ['a', 'b'])
  assert.equal(written[0].counts[0].count, 4)
  assert.deepEqual(troubles, [[null, 2]])
})

test('what could not be written is written later, once', async () => {
  const { log, written, troubles, state } = open(3, 60_000)
  state.fails = true
  log.record(makeCall('a'))
  await log.flush()
  log.record(makeCall('b'))
  await log.flush()
  assert.deepEqual(
    troubles.map(([error]) => (error as Error).message),
    ['disk full', 'disk full'],
  )
  state.fails = false
  log.record(makeCall('c'))
  await log.close()
  assert.deepEqual(written[0].ids, ['a', 'b', 'c'])
  assert.equal(written[0].counts[0].count, 3)
  assert.equal(written.length, 1)
})

test('whom a call was about is written as a hash, and not at all where the gallery is unknown', async () => {
  const { log, written, state } = open(100, 60_000)
  const about = { galleryId: 'staff', subjectId: 'jane' }
  log.record(makeCall('a', about))
  log.record(makeCall('b', { subjectId: 'jane' }))
  log.record(makeCall('c', { galleryId: 'staff' }))
  state.fails = true
  await log.flush()
  state.fails = false
  await log.close()
  const expected = subjectHashOf(KEY, { tenantId: 'default', regionId: 'default', ...about })
  assert.deepEqual(
    written[0].calls.map(({ subjectHash }) => subjectHash),
    [expected, null, null],
  )
  assert.ok(!JSON.stringify(written).includes('jane'))
})

test('quotas count calls that were accepted, or their parts; a failed write counts none twice', async () => {
  const { log, written, state } = open(100, 60_000)
  state.fails = true
  log.record(makeCall('a'))
  log.record(makeCall('b', { status: 404, outcome: 'face_not_found' }))
  log.record(makeCall('c', { status: 200, outcome: 'abandoned' }))
  await log.flush()
  state.fails = false
  log.record(makeCall('batch', { operation: 'enrolBatch', status: 200 }), false)
  log.recordPart({ credentialId: 'credential', at: AT, operation: 'enrolFace' })
  log.recordPart({ credentialId: 'other', at: AT, operation: 'enrolFace' })
  await log.close()
  assert.deepEqual(written[0].accepted, [
    { credentialId: 'credential', day: '2031-02-03', operation: 'enrolFace', count: 2 },
    { credentialId: 'other', day: '2031-02-03', operation: 'enrolFace', count: 1 },
  ])
  log.recordPart({ credentialId: 'credential', at: AT, operation: 'enrolFace' })
  await log.flush()
  assert.deepEqual([written[1].ids, written[1].counts.length, written[1].accepted[0]?.count], [[], 0, 1])
})
