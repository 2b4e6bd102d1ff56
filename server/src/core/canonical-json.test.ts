// One spelling for each JSON value.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson } from './canonical-json.ts'

test('keys are sorted at every depth and nothing else changes', () => {
  const value = { b: [3, { z: null, y: true }], a: { d: 'é"\n', c: 1e21 }, A: -0, '': 0.1 }
  assert.equal(canonicalJson(value), '{"":0.1,"A":0,"a":{"c":1e+21,"d":"é\\"\\n"},"b":[3,{"y":true,"z":null}]}')
  assert.deepEqual(JSON.parse(canonicalJson(value)), { ...value, A: 0 })
})

test('two orders of the same fields have one spelling', () => {
  assert.equal(canonicalJson({ a: 1, b: { c: 2, d: 3 } }), canonicalJson({ b: { d: 3, c: 2 }, a: 1 }))
})

test('what JSON leaves out is left out', () => {
  assert.equal(canonicalJson({ a: undefined, b: 1 }), '{"b":1}')
  assert.equal(canonicalJson([undefined, 1]), '[null,1]')
})
