// Nonces: once each, forgotten in time and not before, bounded.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNonces } from './nonces.ts'

const WINDOW_MS = 900_000
const open = (most = 1000) => {
  let nowMs = 1_800_000_000_000
  const nonces = createNonces({ now: () => new Date(nowMs) }, most)
  return {
    use: (owner: string, nonce: string, offsetMs = 0) =>
      nonces.use(owner, nonce, new Date(nowMs + offsetMs + WINDOW_MS)),
    wait: (ms: number) => {
      nowMs += ms
    },
  }
}

test('a nonce goes once, for each owner', () => {
  const { use } = open()
  assert.equal(use('a', 'n'), 'new')
  assert.equal(use('a', 'n'), 'used')
  assert.equal(use('a', 'n', 120_000), 'used', 'also under another time')
  assert.equal(use('b', 'n'), 'new')
  assert.equal(use('a', 'N'), 'new')
})

test('it is remembered for as long as its call could come again', () => {
  const { use, wait } = open()
  use('a', 'n', WINDOW_MS)
  wait(2 * WINDOW_MS - 1)
  assert.equal(use('a', 'n'), 'used')
  wait(1 + 60_000)
  assert.equal(use('a', 'n'), 'new')
})

test('at most so many are remembered: then nothing goes until some may be forgotten', () => {
  const { use, wait } = open(10)
  for (let each = 0; each < 10; each++) assert.equal(use(each < 5 ? 'a' : 'b', String(each)), 'new')
  assert.equal(use('c', '10'), 'full')
  assert.equal(use('a', '3'), 'used')
  wait(WINDOW_MS + 60_000)
  assert.equal(use('c', '10'), 'new')
})

test('one owner fills half of them, and leaves the rest to the others', () => {
  const { use } = open(10)
  for (let each = 0; each < 5; each++) assert.equal(use('a', String(each), each * 60_000), 'new')
  assert.equal(use('a', '5'), 'full')
  assert.equal(use('b', '5'), 'new')
})
