// A call that waits for the line is given up with its try.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callUntilAnswered } from './retry.ts'

test('a call that was cancelled while it waits is not made again, and its notice goes', async () => {
  const cancelled = new AbortController()
  const notices: boolean[] = []
  let calls = 0
  const call = async (): Promise<never> => {
    calls++
    throw new TypeError('the line is dead')
  }
  const ports = {
    sleep: async () => cancelled.abort(),
    onWaiting: (isWaiting: boolean) => void notices.push(isWaiting),
  }
  await assert.rejects(callUntilAnswered(call, ports, cancelled.signal), { name: 'AbortError' })
  assert.deepEqual([calls, notices], [1, [true, false]])
})
