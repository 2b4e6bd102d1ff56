// Codes of galleries: their form, and that they differ.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from './gallery-codes.ts'

test('a code has the form of the vendor, stays the same, and is another for every gallery', () => {
  const codes = Array.from({ length: 10_000 }, (_, each) => codeOf(`uid-${each}`))
  for (const code of codes) assert.match(code, /^sg[0-9a-z]{10}$/)
  assert.equal(new Set(codes).size, codes.length)
  assert.equal(codeOf('uid-1'), codes[1])
})
