// Entity tags as they come over the wire.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { hasSeen, readIfMatch } from './preconditions.ts'

const requestWith = (headers: Record<string, string>) => ({ headers }) as unknown as FastifyRequest

test('If-Match is a list of strong tags; without it, and with a star, anything matches', () => {
  for (const [header, expected] of [
    ['*', undefined],
    [' * ', undefined],
    ['"a"', ['a']],
    ['"a", "b,c" ,"d"', ['a', 'b,c', 'd']],
    ['W/"a"', []],
    ['W/"a", "b"', ['b']],
    ['""', ['']],
  ] as const)
    assert.deepEqual(readIfMatch(requestWith({ 'if-match': header })), expected, header)
  assert.equal(readIfMatch(requestWith({})), undefined)
})

test('what is no tag is refused', () => {
  for (const header of ['', 'a', '"a', '"a" "b"', '"a", b', '*, "a"', 'w/"a"'])
    assert.throws(() => readIfMatch(requestWith({ 'if-match': header })), { code: 'request_invalid' }, header)
})

test('If-None-Match compares weakly', () => {
  for (const [header, expected] of [
    ['*', true],
    ['"a"', true],
    ['W/"a"', true],
    ['"b", "a"', true],
    ['"b"', false],
  ] as const)
    assert.equal(hasSeen(requestWith({ 'if-none-match': header }), 'a'), expected, header)
  assert.equal(hasSeen(requestWith({}), 'a'), false)
})
