// One at a time by key: order, errors, giving up.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createLocks } from './locks.ts'

test('one key is held by one at a time, in the order of asking; others go on', async () => {
  const { run } = createLocks()
  const events: string[] = []
  const work = (key: string, name: string) =>
    run(key, async () => {
      events.push(`+${name}`)
      await nextTurn()
      events.push(`-${name}`)
      return name
    })
  assert.deepEqual(await Promise.all([work('a', '1'), work('a', '2'), work('b', '3'), work('a', '4')]), [
    '1',
    '2',
    '3',
    '4',
  ])
  const ofA = events.filter(event => !event.endsWith('3'))
  assert.deepEqual(ofA, ['+1', '-1', '+2', '-2', '+4', '-4'])
  assert.ok(events.indexOf('+3') < events.indexOf('-1'))
})

test('a failure is its own, and lets the next one in', async () => {
  const { run } = createLocks()
  const failed = run('a', async () => {
    await nextTurn()
    throw new Error('mine')
  })
  const next = run('a', async () => 'next')
  await assert.rejects(failed, /mine/)
  assert.equal(await next, 'next')
})

test('who gives up while waiting never runs, and nobody overtakes', async () => {
  const { run } = createLocks()
  const hangUp = new AbortController()
  const gate = Promise.withResolvers<void>()
  const events: string[] = []
  const first = run('a', async () => {
    await gate.promise
    events.push('first')
  })
  const second = run('a', async () => events.push('second'), hangUp.signal)
  const third = run('a', async () => events.push('third'))
  hangUp.abort(new Error('gone'))
  await assert.rejects(second, /gone/)
  await nextTurn()
  assert.equal(events.length, 0)
  gate.resolve()
  await Promise.all([first, third])
  assert.deepEqual(events, ['first', 'third'])
  const never = run('a', async () => events.push('never'), hangUp.signal)
  await assert.rejects(never, /gone/)
  assert.deepEqual(events, ['first', 'third'])
})
