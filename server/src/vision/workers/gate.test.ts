// The waiting line: how many work, how many wait and how long, in which order, and what happens to those who hang up.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createGate, type Gate } from './gate.ts'

/** Works that end when told to, and the order in which they began. */
const createWorks = () => {
  const begun: string[] = []
  const ends = new Map<string, PromiseWithResolvers<string>>()
  return {
    begun,
    work: (name: string) => (): Promise<string> => {
      begun.push(name)
      const end = Promise.withResolvers<string>()
      ends.set(name, end)
      return end.promise
    },
    async end(name: string): Promise<void> {
      await setImmediate()
      ends.get(name)!.resolve(name)
      await setImmediate()
    },
    async fail(name: string): Promise<void> {
      await setImmediate()
      ends.get(name)!.reject(new Error(name))
      await setImmediate()
    },
  }
}

const countOf = (gate: Gate): [number, number] => [gate.stats().waiting, gate.stats().working]

test('as many work as there are places; the others follow in the order they came', async () => {
  const gate = createGate(2, 10)
  const { begun, work, end } = createWorks()
  const results = ['a', 'b', 'c', 'd'].map(name => gate.enter(work(name)))
  await setImmediate()
  assert.deepEqual(begun, ['a', 'b'])
  assert.deepEqual(countOf(gate), [2, 2])
  await end('b')
  assert.deepEqual(begun, ['a', 'b', 'c'])
  await end('a')
  await end('d')
  await end('c')
  assert.deepEqual(await Promise.all(results), ['a', 'b', 'c', 'd'])
  assert.deepEqual(countOf(gate), [0, 0])
})

test('a full line refuses at once, and takes again when one has left', async () => {
  const gate = createGate(1, 2)
  const { work, end } = createWorks()
  const results = ['a', 'b', 'c'].map(name => gate.enter(work(name)))
  await assert.rejects(gate.enter(work('late')), { code: 'busy' })
  await end('a')
  const taken = gate.enter(work('d'))
  await assert.rejects(gate.enter(work('late')), { code: 'busy' })
  for (const name of ['b', 'c', 'd']) await end(name)
  assert.deepEqual(await Promise.all([...results, taken]), ['a', 'b', 'c', 'd'])
})

test('a work that fails frees its place', async () => {
  const gate = createGate(1, 1)
  const { work, end, fail } = createWorks()
  const failing = gate.enter(work('a'))
  const waiting = gate.enter(work('b'))
  const outcome = assert.rejects(failing, /a/)
  await fail('a')
  await outcome
  await end('b')
  assert.equal(await waiting, 'b')
})

test('who hangs up while waiting leaves the line and is never worked on', async () => {
  const gate = createGate(1, 2)
  const { begun, work, end } = createWorks()
  const caller = new AbortController()
  const first = gate.enter(work('a'))
  const gone = assert.rejects(gate.enter(work('gone'), caller.signal), { name: 'AbortError' })
  const last = gate.enter(work('b'))
  caller.abort()
  await gone
  const later = gate.enter(work('c'))
  for (const name of ['a', 'b', 'c']) await end(name)
  await Promise.all([first, last, later])
  assert.deepEqual(begun, ['a', 'b', 'c'])
})

test('who hung up before coming is not let in; who hangs up during the work is let go, and the work goes on', async () => {
  const gate = createGate(1, 1)
  const { begun, work, end } = createWorks()
  await assert.rejects(gate.enter(work('never'), AbortSignal.abort()), { name: 'AbortError' })
  const caller = new AbortController()
  const gone = assert.rejects(gate.enter(work('a'), caller.signal), /too late/)
  await setImmediate()
  caller.abort(new Error('too late'))
  await gone
  const next = gate.enter(work('b'))
  await setImmediate()
  assert.deepEqual([begun, countOf(gate)], [['a'], [1, 1]], 'the place is taken until the work ends')
  await end('a')
  await end('b')
  assert.equal(await next, 'b')
})

test('who waited too long is refused when the turn comes, and the next has it', async () => {
  let nowMs = 0
  const gate = createGate(1, 3, { maxWaitMs: 100, now: () => nowMs })
  const { begun, work, end } = createWorks()
  const first = gate.enter(work('a'))
  const late = assert.rejects(gate.enter(work('late')), { code: 'busy' })
  nowMs = 50
  const last = gate.enter(work('b'))
  nowMs = 101
  await end('a')
  await late
  await end('b')
  assert.deepEqual(await Promise.all([first, last]), ['a', 'b'])
  assert.deepEqual(
    [begun, countOf(gate)],
    [
      ['a', 'b'],
      [0, 0],
    ],
  )
})

test('it knows what a work takes, and says to come back when the line will be gone', async () => {
  let nowMs = 0
  const gate = createGate(1, 2, { now: () => nowMs })
  const { work, end } = createWorks()
  assert.equal(gate.stats().workMs, 0)
  const first = gate.enter(work('a'))
  await setImmediate()
  nowMs = 4000
  await end('a')
  await first
  assert.equal(gate.stats().workMs, 4000)
  const others = ['b', 'c', 'd'].map(name => gate.enter(work(name)))
  const refusal = await gate.enter(work('late')).catch(error => error)
  const { retryAfterSeconds } = refusal.details
  assert.ok(retryAfterSeconds >= 8 && retryAfterSeconds <= 17, String(retryAfterSeconds))
  nowMs = 5000
  await end('b')
  assert.equal(gate.stats().workMs, 3400)
  for (const name of ['c', 'd']) await end(name)
  await Promise.all(others)
})
