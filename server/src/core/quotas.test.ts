// Quotas: never passed, also by calls at the same time; what was accepted counts, what was refused does not; over midnight and
// over a restart.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AcceptedFilter } from './limit-ports.ts'
import { createQuotas, type Quota } from './quotas.ts'

const DAY: Quota = { perDay: 3, perMonth: null, operations: null }

const open = (start = '2031-02-28T23:59:00Z') => {
  const state = { now: new Date(start), counted: 0, flushes: 0, fails: false }
  const asked: AcceptedFilter[] = []
  const quotas = createQuotas({
    clock: { now: () => state.now },
    calls: {
      async flush() {
        state.flushes++
      },
    },
    control: {
      async countAccepted(filter) {
        asked.push(filter)
        if (state.fails) throw new Error('disk full')
        return state.counted
      },
    },
  })
  const reserve = (quota: Quota, operation = 'enrolFace') => quotas.reserve('key', quota, operation)
  return { reserve, state, asked }
}

test('as many calls are accepted as the quota has; what is refused or fails gives its share back', async () => {
  const { reserve } = open()
  for (const remaining of [2, 1, 0]) {
    const { states, exceeded, settle } = await reserve(DAY)
    assert.deepEqual([exceeded, states.map(each => each.remaining)], [null, [remaining]])
    settle(true)
  }
  const { exceeded } = await reserve(DAY)
  assert.deepEqual(exceeded, { name: 'perDay', limit: 3, remaining: 0, resetsAt: new Date('2031-03-01T00:00:00Z') })

  const other = open()
  for (let call = 0; call < 10; call++) (await other.reserve(DAY)).settle(false)
  assert.equal((await other.reserve(DAY)).exceeded, null)
})

test('calls under way hold their share, so that calls at once do not pass the quota', async () => {
  const { reserve } = open()
  const reservations = await Promise.all(Array.from({ length: 10 }, () => reserve(DAY)))
  const granted = reservations.filter(each => each.exceeded === null)
  assert.equal(granted.length, 3)
  granted[0].settle(false)
  assert.equal((await reserve(DAY)).exceeded, null)
  assert.equal((await reserve(DAY)).exceeded?.name, 'perDay')
})

test('what was accepted before is read once, after what is not written yet was written', async () => {
  const { reserve, state, asked } = open()
  state.counted = 2
  assert.equal((await reserve({ ...DAY, perMonth: 100 })).exceeded, null)
  assert.equal((await reserve({ ...DAY, perMonth: 100 })).exceeded?.name, 'perDay')
  assert.deepEqual(asked, [
    { credentialId: 'key', from: '2031-02-28', to: '2031-02-28', operations: null },
    { credentialId: 'key', from: '2031-02-01', to: '2031-02-28', operations: null },
  ])
  assert.equal(state.flushes, 2)
})

test('a new day and a new month begin with nothing, also for calls that end after midnight', async () => {
  const { reserve, state } = open()
  const quota: Quota = { perDay: 1, perMonth: 1, operations: null }
  const late = await reserve(quota)
  assert.equal((await reserve(quota)).exceeded?.name, 'perDay')
  state.now = new Date('2031-03-01T00:00:00Z')
  late.settle(true)
  const { exceeded, states } = await reserve(quota)
  assert.equal(exceeded, null)
  assert.deepEqual(
    states.map(each => each.resetsAt),
    [new Date('2031-03-02T00:00:00Z'), new Date('2031-04-01T00:00:00Z')],
  )
  state.now = new Date('2031-03-02T00:00:00Z')
  assert.equal((await reserve(quota)).exceeded?.name, 'perMonth')
})

test('only the operations that it names count', async () => {
  const { reserve, asked } = open()
  const quota: Quota = { perDay: 1, perMonth: null, operations: ['enrolFace'] }
  for (let call = 0; call < 5; call++) {
    const { exceeded, states, settle } = await reserve(quota, 'readFace')
    assert.deepEqual([exceeded, states], [null, []])
    settle(true)
  }
  assert.equal((await reserve(quota)).exceeded, null)
  assert.equal((await reserve(quota)).exceeded?.limit, 1)
  assert.deepEqual(asked[0]?.operations, ['enrolFace'])
  assert.equal((await reserve({ ...quota, operations: ['readFace'] }, 'readFace')).exceeded, null)
})

test('counts that cannot be read fail the call, and are asked for again', async () => {
  const { reserve, state } = open()
  state.fails = true
  await assert.rejects(reserve(DAY), /disk full/)
  state.fails = false
  assert.equal((await reserve(DAY)).exceeded, null)
})
