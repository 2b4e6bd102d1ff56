// Metadata filters as they come in addresses.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFilter } from './metadata-filter.ts'

test('values are JSON literals where they are some, else texts', () => {
  const query = {
    limit: 3,
    'metadata.a': '3',
    'metadata.b': '-0.5e3',
    'metadata.c': 'true',
    'metadata.d': 'null',
    'metadata.e': '"3"',
    'metadata.f': 'sales',
    'metadata.g': '007',
    'metadata.h': '[1]',
    'metadata.i': '',
    'metadata.j': '1e999',
    'metadata.x.y': '"true"',
    metadata: 'x',
  }
  assert.deepEqual(readFilter(query), {
    a: 3,
    b: -500,
    c: true,
    d: null,
    e: '3',
    f: 'sales',
    g: '007',
    h: '[1]',
    i: '',
    j: '1e999',
    'x.y': 'true',
  })
  assert.deepEqual(readFilter({ limit: 3 }), {})
})

test('a key is given, and once', () => {
  for (const query of [{ 'metadata.': 'x' }, { 'metadata.a': ['1', '2'] }])
    assert.throws(() => readFilter(query), { code: 'request_invalid' })
})
