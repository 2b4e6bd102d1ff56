// What `serve` says about the addresses that others in the network find it by.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeLan } from './serve.ts'

const ADDRESSES = ['192.0.2.7', '198.51.100.3']
const own = { cert: '', key: '', file: '', isConfigured: false }
const on = (certificate: typeof own | null, host = '0.0.0.0', addresses: readonly string[] = ADDRESSES) =>
  describeLan({ address: 'http://127.0.0.1:8470', certificate }, host, addresses)

test('a server on every network card names its https addresses for phones', () => {
  const named = 'https://192.0.2.7:8470, https://198.51.100.3:8470'
  assert.deepEqual(on({ ...own, isConfigured: true }), [`In the same network, also for phones: ${named}`])
  assert.match(on(own)[0], /:8470 \(browsers warn once: they do not know the certificate\)$/)
  assert.match(on(null, '::')[0], / http:\/\/192\.0\.2\.7:8470, /)
  assert.match(on(own, '0.0.0.0', [])[0], /has no address there/)
})

test('one that listens on this machine alone, or on one address, names no other', () => {
  assert.deepEqual([on(own, '127.0.0.1'), on(own, '192.0.2.7')], [[], []])
})
