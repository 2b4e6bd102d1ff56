// Which host name leads to which region.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHostTable, NO_REGION } from './host-regions.ts'

const REGIONS = [
  { id: 'default', hosts: ['api'] },
  { id: 'sg', hosts: ['sg-api', 'faces.example.com'] },
  { id: 'mx', hosts: ['mex-api', 'sg-api.example.org'] },
]

test('a name without a dot stands for the host under every domain', () => {
  const regionOf = createHostTable(REGIONS)
  for (const host of ['sg-api', 'sg-api.example.com', 'SG-API.localhost', 'sg-api.a.b.c', 'sg-api.example.com.'])
    assert.equal(regionOf(host), 'sg', host)
  assert.equal(regionOf('api.example.com'), 'default')
  assert.equal(regionOf('mex-api.test'), 'mx')
})

test('a whole name is that host alone, and goes before the beginning of one', () => {
  const regionOf = createHostTable(REGIONS)
  assert.equal(regionOf('faces.example.com'), 'sg')
  assert.equal(regionOf('sg-api.example.org'), 'mx')
  for (const host of ['faces.example.org', 'faces', 'xsg-api.example.com', 'www.sg-api.example.com', '127.0.0.1', ''])
    assert.equal(regionOf(host), null, host)
})

test('other hosts get what is configured', () => {
  assert.equal(createHostTable(REGIONS, 'credential')('localhost'), null)
  assert.equal(createHostTable(REGIONS, 'refuse')('localhost'), NO_REGION)
  assert.equal(createHostTable(REGIONS, 'default')('localhost'), 'default')
  assert.equal(createHostTable(REGIONS, 'refuse')('sg-api.localhost'), 'sg')
})
