// The error catalogue cannot drift: each code is documented, and each documented code is real.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CATALOGUE } from '../src/errors.ts'

const page = readFileSync(new URL('../../docs/reference/errors.md', import.meta.url), 'utf8')
const documented = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(match => match[1])

test('each code of the catalogue is documented once', () => {
  assert.deepEqual([...documented].sort(), Object.keys(CATALOGUE).sort())
})

test('each code says what it means and what to do', () => {
  for (const [code, { title, cure }] of Object.entries(CATALOGUE)) {
    assert.match(title, /^[A-Z].{10,}[^.]$/, code)
    assert.match(cure, /^[A-Z`].{5,}\.$/, code)
  }
})
